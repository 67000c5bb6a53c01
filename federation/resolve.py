"""From a uri or a handle to something stored: fetched at most once, from its own origin, signed by the node.

Nothing here runs inside a transaction while it waits for the network.
"""

from collections.abc import Callable
from urllib.parse import quote

import orjson

from federation import arrivals, documents, hosts, parse_actor, parse_note
from federation.errors import Malformed, Refused, Vanished
from federation.objects import ACTOR_KINDS, Actor
from node.context import Context
from node.domain import uris
from node.domain.accounts import Account
from node.domain.posts import Post
from node.effects import posts as post_effects
from node.errors import Throttled
from node.ports import Sign
from node.store import accounts, posts, tombstones

HOUR = 3_600_000


async def node_signature(ctx: Context) -> Sign:
    """Return what signs in the name of the node itself: for requests that belong to no person."""
    async with ctx.db.read() as tx:
        node = await accounts.by_uri(tx, uris.node(ctx.settings.url))
        assert node is not None, "a started node has its own actor"
        return await ctx.keys.sign_as(tx, node.id)


async def document(ctx: Context, uri: str, *, allowed: frozenset[str] | None = None) -> documents.Json:
    """Fetch an ActivityPub document whose id is `uri`, or whose id names the same origin once more.

    `allowed`: hosts that may be asked; the organisation's and its partners' by default. An id that differs from the
    final address is fetched once itself, from the same origin, then it must agree (threat I02).

    Raises:
        Refused: not a host we speak to. Vanished, Unreachable, Malformed: what the peer made of it.
    """
    speaking = allowed if allowed is not None else await ctx.policy.speaking()
    sign = await node_signature(ctx)
    may_contact: Callable[[str], bool] = speaking.__contains__
    address = uri.partition("#")[0]
    for _ in range(2):
        if hosts.authority(address) not in speaking:
            raise Refused("That server does not belong to the organisation.")
        final, body = await ctx.wire.get_document(address, sign=sign, may_contact=may_contact)
        found = documents.load(body, ctx.settings.limits)
        id = found.get("id")
        if not isinstance(id, str) or hosts.origin(id) != hosts.origin(final):
            raise Malformed("The document claims an id of another server.")
        if id in (final, address, uri):
            return found
        address = id.partition("#")[0]
    raise Malformed("The document's id is not where it was found.")


async def actor(ctx: Context, uri: str, *, again: bool = False, allowed: frozenset[str] | None = None) -> Account:
    """Return the account with this actor id, fetched when it is new or `again` is asked.

    Raises:
        Gone: it was deleted here or there. Refused, Unreachable, Malformed: see `document`.
    """
    async with ctx.db.read() as tx:
        known = await accounts.by_uri(tx, uri)
    if known is not None and (known.local or not again):
        return known
    found = parse_actor.actor(await document(ctx, uri, allowed=allowed))
    if found.id != uri:
        raise Malformed("The actor's id is not where it was found.")
    return await _store_actor(ctx, found)


async def anew(ctx: Context, uri: str) -> Account:
    """Return the account with this actor id as its origin shows it now."""
    return await actor(ctx, uri, again=True)


async def _store_actor(ctx: Context, found: Actor) -> Account:
    host = hosts.authority(found.id)
    async with ctx.change() as change:
        if await accounts.by_uri(change.tx, found.id) is None:
            fresh = await accounts.count_new_from(change.tx, host, since=change.now - HOUR)
            if fresh >= ctx.settings.limits.new_actors_per_hour:
                raise Throttled("Too many new accounts from that server. Try again later.")
        return await arrivals.actor(change, found, host=host, fetched=True)


async def key_owner(ctx: Context, key_id: str, *, allowed: frozenset[str] | None = None) -> Account:
    """Fetch the actor behind a key id and store it with its keys.

    The document may be the actor, or a key document that names its owner (GoToSocial); either way the
    actor itself must list this very key (threat S08).

    Raises:
        Refused: the key's owner lives elsewhere, or does not list it.
    """
    found = await document(ctx, key_id, allowed=allowed)
    owner = found.get("owner") or found.get("id")
    nested = found.get("publicKey")
    if isinstance(nested, dict) and isinstance(nested.get("owner"), str):
        owner = nested["owner"]
    if not isinstance(owner, str) or hosts.origin(owner) != hosts.origin(key_id):
        raise Refused("The key belongs to an actor of another server.")
    if owner == found.get("id") and "inbox" in found and "outbox" in found:
        described = parse_actor.actor(found)
    else:
        described = parse_actor.actor(await document(ctx, owner, allowed=allowed))
    listed = {key.id for key in described.keys if key.owner == described.id}
    if key_id not in listed | {id for id, _ in described.assertion_keys}:
        raise Refused("The actor does not list that key.")
    return await _store_actor(ctx, described)


async def handle(ctx: Context, username: str, host: str) -> Account | None:
    """Return the account `username@host`, asked for by WebFinger when it is not known; None: no such person.

    The answer must lead to an actor of that very host whose name is the one asked for (threat I11).
    """
    local = "" if host in ("", ctx.settings.authority) else hosts.authority(host)
    async with ctx.db.read() as tx:
        known = await accounts.by_handle(tx, username, local)
    if known is not None or not local:
        return known if known is None or known.deleted_at is None else None
    if local not in await ctx.policy.members():
        return None
    scheme = "http" if ctx.settings.node.development else "https"
    resource = quote(f"acct:{username}@{local}", safe="")
    reply = await ctx.wire.get(
        f"{scheme}://{local}/.well-known/webfinger?resource={resource}",
        accept="application/jrd+json, application/json",
        max_bytes=ctx.settings.limits.fetched_document,
        may_contact=lambda authority: authority == local,
    )
    if reply.status != 200:
        return None
    uri = _self_link(reply.body)
    if uri is None or hosts.authority(uri) != local:
        return None
    found = await actor(ctx, uri)
    return found if found.username.lower() == username.lower() else None


def _self_link(body: bytes) -> str | None:
    try:
        links = orjson.loads(body).get("links", [])
        for link in links:
            kind = str(link.get("type", ""))
            if link.get("rel") == "self" and ("activity+json" in kind or "ld+json" in kind):
                return str(link["href"])
    except (ValueError, AttributeError, TypeError, KeyError):
        return None
    return None


async def post(ctx: Context, uri: str) -> Post | None:
    """Return the post with this id, fetched from its origin when it is new here.

    None: it is gone, was deleted here, or is nothing that we may keep.
    """
    known, buried = await _known(ctx, uri)
    if known is None and not buried:
        await refresh(ctx, uri)
        known, _ = await _known(ctx, uri)
    return known


async def _known(ctx: Context, uri: str) -> tuple[Post | None, bool]:
    async with ctx.db.read() as tx:
        return await posts.by_uri(tx, uri), await tombstones.of(tx, uri) is not None


async def refresh(ctx: Context, uri: str) -> None:
    """Ask an object's origin how it stands: a new or newer version is stored, one that is gone is deleted.

    Gone is what answers 410, or a Tombstone; a 404 may be a fault that passes (requirements E8). Of actors, those that
    are known here are refreshed.

    Raises:
        Refused, Unreachable, Malformed: see `document`.
    """
    try:
        found = await document(ctx, uri)
    except Vanished as error:
        if error.gone:
            await _delete(ctx, uri)
        return
    if documents.kind(found) == "Tombstone":
        await _delete(ctx, uri)
        return
    if documents.kind(found) in ACTOR_KINDS:
        await _refresh_actor(ctx, parse_actor.actor(found), uri)
        return
    note = parse_note.note(found)
    if hosts.origin(note.author) != hosts.origin(note.id):
        raise Malformed("The object's author is on another server.")
    try:
        author = await actor(ctx, note.author)
    except Vanished:
        return
    async with ctx.change() as change:
        await tombstones.readmit(change.tx, note.id)
        await arrivals.note(change, note, author=author)


async def _refresh_actor(ctx: Context, found: Actor, uri: str) -> None:
    async with ctx.db.read() as tx:
        known = await accounts.by_uri(tx, uri)
    if found.id == uri and known is not None and not known.local and known.deleted_at is None:
        await _store_actor(ctx, found)


async def _delete(ctx: Context, uri: str) -> None:
    async with ctx.change() as change:
        post = await posts.by_uri(change.tx, uri)
        author = await accounts.by_id(change.tx, post.author_id) if post is not None and not post.local else None
        if post is not None and author is not None:
            await post_effects.delete(change, [post], author=author)
