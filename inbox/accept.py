"""May this signed activity enter? Then it becomes a row, and the row is the queue."""

import hashlib
import logging

from federation import bridges, documents, followers_sync, hosts, origin, parse, resolve
from federation.activities import HEARD_FROM_ANYBODY, Activity, Announce, Create, Delete, Like, Undo, Update, about
from federation.errors import FederationError, Refused, Unsupported, Vanished
from federation.objects import Note
from federation.signatures import SignedRequest
from federation.verify import Peer, known_signer, signer
from inbox import synchronise
from node.context import Change, Context
from node.domain.events import InboxFilled
from node.effects import errands
from node.effects.errands import Errand
from node.errors import AllmendeError, Gone, NotFound
from node.store import accounts, posts, queues

audit = logging.getLogger("allmende.audit")


async def receive(ctx: Context, request: SignedRequest) -> None:
    """Take in one delivery: verified, read, checked against its signer, stored. Its effects come later.

    An activity that is here already, or of no use to us, changes nothing and is no error.

    Raises:
        Malformed, BadSignature, Refused: see `federation.verify` and `federation.parse`.
    """
    try:
        peer = await _sender(ctx, request)
    except Exception as error:
        audit.warning("inbox refused a request: %s", error)
        raise
    if peer is None:
        return
    ctx.rates.take(f"inbox {peer.host}", most=ctx.settings.limits.inbox_per_host)
    try:
        activity = await _store(ctx, peer, request.body or b"")
    except Exception as error:
        audit.warning("inbox refused an activity of %s: %s", peer.actor, error)
        raise
    told = followers_sync.read(request, base=ctx.settings.url)
    # A Delete may have entered without a signature that anybody can check.
    if told is not None and not isinstance(activity, Delete):
        await synchronise.compare(ctx, peer, told)


async def _sender(ctx: Context, request: SignedRequest) -> Peer | None:
    """Return who sent this; None: nobody we ever heard of, deleting itself.

    A Delete is heard from whoever we may hold copies of, and a receipt from whoever may hold ours, members or not,
    suspended or not: parting with a node ends no duty to erase (requirements E12).
    """
    try:
        return await signer(ctx, request)
    except Vanished:
        return await _last_word(ctx, request)
    except Refused:
        if not _is_about_an_erasure(ctx, request):
            raise
        return await known_signer(ctx, request)


def _is_about_an_erasure(ctx: Context, request: SignedRequest) -> bool:
    try:
        return isinstance(_read(ctx, request), HEARD_FROM_ANYBODY)
    except FederationError:
        return False


def _read(ctx: Context, request: SignedRequest) -> Activity:
    return parse.activity(documents.load(request.body or b"", ctx.settings.limits))


async def _store(ctx: Context, peer: Peer, body: bytes) -> Activity | None:
    """Queue an activity that its sender may bring; return it, None when it is nothing for us."""
    document = documents.load(body, ctx.settings.limits)
    try:
        activity = parse.activity(document)
    except Unsupported:
        return None
    if peer.host not in await ctx.policy.members():
        async with ctx.db.read() as tx:
            await bridges.admit(tx, activity, host=peer.host)
    if isinstance(activity, Delete):
        await _check_deletes(ctx, activity)
    ask = isinstance(activity, Announce) and activity.tells_a_change
    if await origin.word(ctx, peer, document, activity) is origin.Word.HEARSAY:
        if not await _was_forwarded(ctx, activity, peer):
            raise Refused("The signer is not the activity's actor.")
        if isinstance(activity, Delete) and not await _is_here(ctx, activity.object):
            # Whoever hands deletions on does so until they are taken; of what never came nothing is to delete.
            return None
        # Not under the activity's own id: that would keep the true one from entering later.
        ask = True
    if hosts.authority(activity.actor) == ctx.settings.authority:
        # Our own word, handed back to us.
        return None
    inner = await _inner(ctx, peer, document, activity) if isinstance(activity, Announce) and activity.inner else None
    async with ctx.change() as change:
        if inner is not None:
            await queues.put_inbox(change.tx, [_row(change, *inner)])
            change.tell(InboxFilled())
            if ask:
                return activity
        elif ask:
            await errands.ask(change, Errand.REFETCH, about(activity), actor=activity.actor)
            return activity
        await queues.put_inbox(change.tx, [_row(change, activity, documents.kind(document), body)])
        change.tell(InboxFilled())
    return activity


async def _check_deletes(ctx: Context, activity: Delete) -> None:
    """Check that an object may be the actor's to delete: it is of their server, in a group, or on their wall.

    Raises:
        Refused: it is not.
    """
    if activity.grouped or hosts.origin(activity.object) == hosts.origin(activity.actor):
        return
    async with ctx.db.read() as tx:
        post, actor = await posts.by_uri(tx, activity.object), await accounts.by_uri(tx, activity.actor)
    if post is None or actor is None or post.wall_id != actor.id:
        raise Refused("Only its own server deletes an object, or who looks after the group or wall it stands in.")


def _row(change: Change, activity: Activity, kind: str, body: bytes) -> queues.InboxRow:
    return queues.InboxRow(
        id=change.new_id(),
        uri=_once(activity, body),
        type=kind,
        actor=activity.actor,
        host=hosts.authority(activity.actor),
        object=about(activity),
        body=body,
        attempts=0,
        received_at=change.now,
    )


async def _inner(
    ctx: Context, peer: Peer, document: documents.Json, announce: Announce
) -> tuple[Activity, str, bytes] | None:
    """Return the activity that a group hands on (FEP-1b12), its type and bytes, when its own actor vouches for it.

    One without a proof counts as heard of: what it is about is asked for at its origin. But for the reactions of people
    who are at home where the group is: that server could as well have signed as each of them.
    """
    inner = next(iter(documents.listed(document["object"])), None)
    if not isinstance(inner, dict):
        return None
    try:
        activity = parse.activity(inner)
        if isinstance(activity, Announce) or hosts.authority(activity.actor) == ctx.settings.authority:
            return None
        heard_of = await origin.word(ctx, peer, inner, activity) is origin.Word.HEARSAY
        if heard_of and not await _of_its_own(ctx, activity, announce.actor):
            return None
    except AllmendeError as error:
        audit.warning("nothing was taken of what %s hands on: %s", peer.actor, error)
        return None
    return activity, documents.kind(inner), documents.dump(inner)


async def _of_its_own(ctx: Context, activity: Activity, group: str) -> bool:
    """Tell whether a group's server vouches for a reaction by its own people, and it is about something that is here.

    Lemmy, PieFed and Mbin make no proofs. Who reacts is asked for when nobody here knows them yet.
    """
    match activity:
        case Like(object=object) | Undo(kind="Like" | "EmojiReact", about=object):
            pass
        case _:
            return False
    if hosts.origin(activity.actor) != hosts.origin(group):
        return False
    async with ctx.db.read() as tx:
        by = await accounts.by_uri(tx, group)
        if by is None or by.kind != "Group" or await posts.by_uri(tx, object) is None:
            return False
    await resolve.actor(ctx, activity.actor)
    return True


def _once(activity: Activity, body: bytes) -> str:
    """Return the id under which an activity is taken in once.

    GoToSocial, Friendica and Mobilizon give every Update of an object the same id: their content tells them apart.
    """
    if isinstance(activity, Update):
        return f"{activity.id}#{hashlib.sha256(body).hexdigest()[:32]}"
    return activity.id


async def _is_here(ctx: Context, uri: str) -> bool:
    async with ctx.db.read() as tx:
        return await posts.by_uri(tx, uri) is not None


async def _was_forwarded(ctx: Context, activity: Activity, peer: Peer) -> bool:
    """Tell whether a third may have handed this on as ActivityPub 7.1.2 has it: to a thread or circle of its own."""
    if hosts.authority(activity.actor) == peer.host:
        return False  # the author's own server would have signed as the author
    match activity:
        case Delete():
            return True
        case Create(object=Note() as note) | Update(object=Note() as note):
            about = [*note.to, *note.cc, *([note.in_reply_to] if note.in_reply_to else [])]
            return any(uri.startswith(("http://", "https://")) and hosts.same(uri, peer.host) for uri in about)
        case _:
            return False


async def _last_word(ctx: Context, request: SignedRequest) -> Peer | None:
    """An actor that is gone cannot be asked for its key: that its origin says so proves its own Delete.

    Of an actor we do not know there is nothing to delete (federation.md 3.6).
    """
    activity = _read(ctx, request)
    if not isinstance(activity, Delete) or activity.actor != activity.object:
        raise Refused("The key's owner is gone.")
    async with ctx.db.read() as tx:
        known = await accounts.by_uri(tx, activity.actor)
    if known is None or known.host != hosts.authority(activity.actor):
        return None
    return Peer(known.id, known.uri, known.host)


async def local_inbox(ctx: Context, uri: str) -> None:
    """Check that an actor of ours has this address.

    Raises:
        NotFound: nobody here has. Gone: somebody had.
    """
    async with ctx.db.read() as tx:
        account = await accounts.by_uri(tx, uri)
    if account is None or not account.local:
        raise NotFound("There is no such inbox.")
    if account.deleted_at is not None:
        raise Gone("This account has been deleted.")
