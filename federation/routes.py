"""What peers may read: actors, posts, activities, collections. Every answer but two needs a signature.

Members of the organisation may ask for everything; partners only for what the groups they share consist of, and
`federation.bridges` says what that is. Open are the node's own actor and the organisation's: without them no two nodes
could ever check each other's first signature (threat S17).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from quart import Blueprint, Response, request

from federation import actors, bridges, documents, followers_sync, render, verify
from federation.errors import BadSignature
from federation.notes import notes
from federation.signatures import SignedRequest
from federation.verify import Peer
from node.context import Context, recognised, running
from node.domain import uris
from node.domain.accounts import Account
from node.domain.bridges import SPEAKING, Side
from node.errors import Gone, NotFound
from node.store import accounts, copies, erasures, groups, nodes, posts, queues, quotes, relationships, tombstones
from node.store import bridges as bridge_rows
from node.store.database import Tx
from node.store.pages import NEWEST

federation = Blueprint("federation", __name__)

_PAGE = 20
_MOST_REPLIES = 100
_ORDERS = 100


def wants_document(accept: str) -> bool:
    """Tell whether an Accept header asks for ActivityPub rather than a page."""
    return "application/activity+json" in accept or "application/ld+json" in accept


def answer(body: render.Json, *, status: int = 200) -> Response:
    """Return a document as ActivityPub. It may differ by reader, so nothing in between keeps it."""
    return raw_answer(documents.dump(body), status=status)


def raw_answer(body: bytes, *, status: int = 200) -> Response:
    """Return a document that is bytes already."""
    response = Response(body, status=status, content_type="application/activity+json; charset=utf-8")
    response.headers["Vary"] = "Accept, Signature, Signature-Input"
    response.headers["Cache-Control"] = "private, no-store"
    return response


async def reader(ctx: Context, *, partners: bool = False) -> Peer:
    """Return which peer asks: a member of the organisation, or a partner where those may ask.

    Raises:
        BadSignature, Malformed, Refused: unsigned, wrongly signed, or of a host that may not ask.
    """
    if "Signature" not in request.headers:
        raise BadSignature("Sign the request: this node shows its content to members of its organisation only.")
    raw = request.scope.get("raw_path") or request.path.encode()
    query = request.scope["query_string"]
    target = raw.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.scope["headers"]]
    allowed = None if partners else await ctx.policy.members()
    peer = await verify.signer(ctx, SignedRequest(request.method, target, headers, None), allowed=allowed)
    recognised()
    return peer


@federation.get("/actor")
async def node_actor() -> Response:
    """The node itself, open to everybody."""
    return await _open(uris.node(running().settings.url))


@federation.get("/organization")
async def organisation_actor() -> Response:
    """The organisation this node founded, open: a node that is invited reads its key here."""
    return await _open(uris.organisation(running().settings.url))


async def _open(uri: str) -> Response:
    ctx = running()
    async with ctx.db.read() as tx:
        account = await accounts.by_uri(tx, uri)
        if account is None:
            raise NotFound("There is no such actor.")
        body = await actors.described(tx, account, base=ctx.settings.url)
        organisation = await nodes.organisation(tx)
    if organisation is not None and organisation.uri == uri:
        body["members"] = organisation.members
    return answer(render.document(body))


@federation.get("/actor/outbox")
async def node_outbox() -> Response:
    """What the node itself published: nothing. Other nodes knock here to be recognised."""
    ctx = running()
    await reader(ctx)
    uri = f"{uris.node(ctx.settings.url)}/outbox"
    return answer(render.document(render.collection(uri, total=0, first=None)))


@federation.get("/erasures")
async def erasure_orders() -> Response:
    """Orders that the asking node has to know, oldest first: ours about what it held, and its own we carried out.

    `next` always leads on, so that the asker knows where to begin another time; after an empty page nothing is left.
    """
    ctx = running()
    peer = await reader(ctx, partners=True)
    after = min(max(request.args.get("after", default=0, type=int), 0), NEWEST)
    async with ctx.db.read() as tx:
        found = await erasures.concerning(tx, peer.host, after=after, limit=_ORDERS)
    address = f"{ctx.settings.url}/erasures"
    last = found[-1][0] if found else after
    items = [documents.reload(document) for _, document in found]
    page = render.page(f"{address}?after={after}", part_of=address, items=items, next=f"{address}?after={last}")
    return answer(render.document(page))


@federation.get("/organization/members")
async def members() -> Response:
    """The signed list of members, as the founding node keeps it."""
    ctx = running()
    await reader(ctx)
    async with ctx.db.read() as tx:
        organisation = await nodes.organisation(tx)
    if organisation is None or organisation.host != ctx.settings.authority:
        raise NotFound("This node founded no organisation.")
    return raw_answer(organisation.document)


@federation.get("/users/<username>")
async def user(username: str) -> Response:
    """A person, or the way to their page for a browser."""
    ctx = running()
    if not wants_document(request.headers.get("Accept", "")):
        return Response(status=303, headers={"Location": uris.profile_page(ctx.settings.url, username)})
    return await actor_document(username)


@federation.get("/users/<username>/posts/<int:post_id>")
async def post(username: str, post_id: int) -> Response:
    """A post, or the way to its page for a browser."""
    ctx = running()
    if not wants_document(request.headers.get("Accept", "")):
        return Response(status=303, headers={"Location": uris.post_page(ctx.settings.url, username, post_id)})
    return await post_document(username, post_id)


@dataclass(frozen=True, slots=True)
class Handed:
    """What a peer gets to read, and the uris of the objects of `owner` (an actor's uri) that leave with it."""

    body: render.Json
    status: int = 200
    carries: tuple[str, ...] = ()
    owner: str = ""


async def _hand_over(ctx: Context, peer: Peer, read: Callable[[Tx], Awaitable[Handed]]) -> Response:
    """Answer with what `read` finds for this peer; see `handed`."""
    shown = await handed(ctx, peer, read)
    return answer(render.document(shown.body), status=shown.status)


async def handed(ctx: Context, peer: Peer, read: Callable[[Tx], Awaitable[Handed]]) -> Handed:
    """Return what `read` finds for this peer; what it did not hold before goes into the copy ledger.

    Then it is read again in the transaction of the ledger's row: a deletion that comes in between finds either
    the new holder or a reader who finds nothing.
    """
    async with ctx.db.read() as tx:
        shown = await read(tx)
        new = set(shown.carries) - await copies.held_by(tx, shown.carries, host=peer.host)
    if new:
        async with ctx.change() as change:
            shown = await read(change.tx)
            await copies.record(
                change.tx,
                objects=shown.carries,
                owner=shown.owner,
                holders=[(peer.host, await _inbox(change.tx, peer))],
                how="fetch",
                now=change.now,
            )
    return shown


async def _inbox(tx: Tx, peer: Peer) -> str:
    signer = await accounts.by_id(tx, peer.account_id)
    member = await nodes.member(tx, peer.host)
    return (member.shared_inbox if member else "") or (signer.shared_inbox or signer.inbox if signer else "")


async def actor_document(username: str) -> Response:
    """Return a person's actor document; of one that is hidden, that it is.

    One that was deleted shows its key until everybody has its Delete, then nothing (federation.md 3.6).
    """
    ctx = running()
    peer = await reader(ctx, partners=True)
    member = await is_member(ctx, peer)

    async def read(tx: Tx) -> Handed:
        account = await accounts.by_handle(tx, username, "")
        if account is None or not account.shown:
            raise NotFound("There is no such actor.")
        if account.suspended_at is not None and account.hidden_at is None and account.deleted_at is None:
            raise NotFound("There is no such actor.")
        if not member and not await bridges.may_know(tx, account, peer.host):
            raise NotFound("There is no such actor.")
        if account.deleted_at is not None:
            if not await queues.has_due_from(tx, account.id):
                raise Gone("This account has been deleted.")
            return Handed(render.key_stub(account, keys=await accounts.keys_of(tx, account.id)))
        body = await actors.described(tx, account, base=ctx.settings.url, beyond=not member)
        return Handed(body, carries=(account.uri,), owner=account.uri)

    return await _hand_over(ctx, peer, read)


async def post_document(username: str, post_id: int) -> Response:
    """Return a post the peer may hold a copy of; what it may not see is not there."""
    ctx = running()
    peer = await reader(ctx, partners=True)
    member = await is_member(ctx, peer)

    async def read(tx: Tx) -> Handed:
        author = await _person(tx, username)
        found = await posts.visible_to_peer(tx, post_id, host=peer.host, organisation=member)
        if found is None or found.author_id != author.id or found.boost_of is not None:
            return await _grave(tx, uris.post(author.uri, post_id), peer)
        note = (await notes(tx, [found], author=author, base=ctx.settings.url))[0]
        return Handed(note, carries=(found.uri,), owner=author.uri)

    return await _hand_over(ctx, peer, read)


@federation.get("/users/<username>/quotes/<int:stamp_id>")
async def quote_stamp(username: str, stamp_id: int) -> Response:
    """Return the permission to quote a post of ours (FEP-044f), to whom may see that post."""
    ctx = running()
    peer = await reader(ctx)

    async def read(tx: Tx) -> Handed:
        author = await _person(tx, username)
        stamp = await quotes.by_id(tx, stamp_id)
        post = await posts.visible_to_peer(tx, stamp.post_id, host=peer.host, organisation=True) if stamp else None
        if stamp is None or post is None or post.author_id != author.id:
            raise NotFound("There is no such permission.")
        uri = uris.quote_stamp(author.uri, stamp.id)
        return Handed(render.quote_authorization(uri, author=author.uri, quoting=stamp.quoting, quoted=post.uri))

    return await _hand_over(ctx, peer, read)


async def _grave(tx: Tx, uri: str, peer: Peer) -> Handed:
    """What remains of a post, for those who had it; to others it was never there."""
    grave = await tombstones.of(tx, uri)
    known = grave is not None and (
        await copies.held_by(tx, [uri], host=peer.host) or await erasures.was_held_by(tx, [uri, grave.by], peer.host)
    )
    if grave is None or not known:
        raise NotFound("There is no such post.")
    body = render.tombstone(grave.uri, former_type=grave.former_type, deleted_at=grave.deleted_at)
    return Handed(body, status=410)


async def is_member(ctx: Context, peer: Peer) -> bool:
    """Tell whether a peer belongs to the organisation; else it is a partner."""
    return peer.host in await ctx.policy.members()


async def _known_person(tx: Tx, username: str, peer: Peer, *, member: bool) -> Account:
    account = await _person(tx, username)
    if not member and not await bridges.may_know(tx, account, peer.host):
        raise NotFound("There is no such actor.")
    return account


async def _person(tx: Tx, username: str) -> Account:
    account = await accounts.by_handle(tx, username, "")
    if account is None or not account.shown or not account.active:
        raise NotFound("There is no such actor.")
    return account


@federation.get("/users/<username>/outbox")
async def outbox(username: str) -> Response:
    """What a person published, as far as the asking peer may see it, newest first."""
    ctx = running()
    peer = await reader(ctx)
    before = request.args.get("before", type=int)

    async def read(tx: Tx) -> Handed:
        author = await _person(tx, username)
        if before is None:
            first = f"{author.outbox}?before={NEWEST}"
            return Handed(render.collection(author.outbox, total=None, first=first))
        page = await posts.outbox_page(tx, author.id, host=peer.host, organisation=True, before=before, limit=_PAGE)
        written = [post for post in page if post.boost_of is None]
        bodies = await notes(tx, written, author=author, base=ctx.settings.url)
        creates = await queues.creates_of(tx, [post.uri for post in written])
        items: list[Any] = [render.create(body, id=creates.get(body["id"], f"{body['id']}#create")) for body in bodies]
        older = f"{author.outbox}?before={page[-1].id}" if len(page) == _PAGE else None
        here = f"{author.outbox}?before={before}"
        body = render.page(here, part_of=author.outbox, items=items, next=older)
        return Handed(body, carries=tuple(post.uri for post in written), owner=author.uri)

    return await _hand_over(ctx, peer, read)


@federation.get("/users/<username>/posts/<int:post_id>/replies")
async def replies(username: str, post_id: int) -> Response:
    """The ids of the answers to a post that the organisation may read; what they say is asked for at their origins."""
    ctx = running()
    peer = await reader(ctx, partners=True)
    member = await is_member(ctx, peer)

    async def read(tx: Tx) -> Handed:
        author = await _person(tx, username)
        found = await posts.visible_to_peer(tx, post_id, host=peer.host, organisation=member)
        if found is None or found.author_id != author.id:
            raise NotFound("There is no such post.")
        answers = await posts.public_replies(tx, found.id, limit=_MOST_REPLIES) if member else []
        body = render.collection(uris.replies(found.uri), total=None, first=None)
        return Handed(body | {"orderedItems": answers})

    return await _hand_over(ctx, peer, read)


@federation.get("/users/<username>/featured")
async def featured(username: str) -> Response:
    """The posts a person pinned, as far as the asking peer may see them."""
    ctx = running()
    peer = await reader(ctx, partners=True)
    member = await is_member(ctx, peer)

    async def read(tx: Tx) -> Handed:
        author = await _known_person(tx, username, peer, member=member)
        found = await posts.pinned_page(tx, author.id, host=peer.host, organisation=member, limit=_PAGE)
        body = render.collection(author.featured, total=len(found), first=None)
        items = await notes(tx, found, author=author, base=ctx.settings.url)
        return Handed(body | {"orderedItems": items}, carries=tuple(post.uri for post in found), owner=author.uri)

    return await _hand_over(ctx, peer, read)


@federation.get("/users/<username>/<any(followers,following,wall):name>")
async def collection(username: str, name: str) -> Response:
    """A person's circle: that it exists, not who or how many are in it (threat L05)."""
    ctx = running()
    await reader(ctx)
    async with ctx.db.read() as tx:
        account = await _person(tx, username)
    return answer(render.document(render.collection(f"{account.uri}/{name}", total=None, first=None)))


@federation.get("/users/<username>/moderators")
async def moderators(username: str) -> Response:
    """Who looks after a group (FEP-1b12), to nodes of its members, and to all if it is listed."""
    ctx = running()
    peer = await reader(ctx, partners=True)
    member = await is_member(ctx, peer)
    async with ctx.db.read() as tx:
        account = await _known_person(tx, username, peer, member=member)
        group = await groups.by_id(tx, account.id)
        if group is None or not (group.listed or await relationships.followers_at(tx, [account.id], hosts=[peer.host])):
            raise NotFound("There is no such group.")
        officers = [one.account for one in await groups.officers(tx, account.id, now=ctx.clock())]
        shown = [one.uri for one in officers if member or await bridges.may_know(tx, one, peer.host)]
    body = render.collection(group.moderators, total=len(shown), first=None)
    return answer(render.document(body | {"orderedItems": shown}))


@federation.get("/users/<username>/followers_synchronization")
async def followers_synchronization(username: str) -> Response:
    """Those of a person's followers who live where the question comes from, nobody else (FEP-8fcf, threat L05)."""
    ctx = running()
    peer = await reader(ctx, partners=True)
    member = await is_member(ctx, peer)
    async with ctx.db.read() as tx:
        author = await _known_person(tx, username, peer, member=member)
        found = await relationships.followers_at(tx, [author.id], hosts=[peer.host])
    followers = sorted(found.get((author.id, peer.host), []))
    body = render.collection(followers_sync.address(author.uri), total=len(followers), first=None)
    return answer(render.document(body | {"orderedItems": followers}))


@federation.get("/bridges/<int:bridge_id>")
async def contract(bridge_id: int) -> Response:
    """Return the contract of a bridge to the nodes that take part, from the offer on; a browser gets its page."""
    ctx = running()
    if not wants_document(request.headers.get("Accept", "")):
        return Response(status=303, headers={"Location": f"{ctx.settings.url}/partners/{bridge_id}"})
    peer = await reader(ctx, partners=True)
    async with ctx.db.read() as tx:
        found = await bridge_rows.by_id(tx, bridge_id)
        parts = {one.host for one in await bridge_rows.hosts(tx, bridge_id)}
    if found is None or found.side is not Side.HOME or found.state not in SPEAKING or peer.host not in parts:
        raise NotFound("There is no such contract.")
    return raw_answer(found.document)


@federation.get("/activities/<int:activity_id>")
async def activity(activity_id: int) -> Response:
    """An activity, for a peer it was sent to."""
    ctx = running()
    peer = await reader(ctx, partners=True)
    async with ctx.db.read() as tx:
        found = await queues.activity(tx, uris.activity(ctx.settings.url, activity_id))
        if found is None or not await queues.activity_went_to(tx, found.id, peer.host):
            raise NotFound("There is no such activity.")
    return raw_answer(found.body)
