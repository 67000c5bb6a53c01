"""What would come of an activity that was let in: its handler is run, and undone."""

from federation import resolve
from federation.activities import Accept, Activity, Announce, Create, Delete, Update, about
from federation.errors import Refused, Retry, Unsupported
from federation.objects import Note
from federation.origin import Word
from inbox import dispatch
from node.context import Context
from node.domain import uris
from node.domain.accounts import Account
from node.domain.posts import Post
from node.errors import AllmendeError
from node.inspection.rehearsal import Rehearsal
from node.inspection.steps import Report
from node.store import posts


async def tell(report: Report, rehearsal: Rehearsal, activity: Activity, word: Word, *, taken: bool) -> bool:
    """Tell what this node would do; return whether it would do anything. `taken`: the door takes the request."""
    condition = "" if taken else "If it were let in: "
    if word is Word.HEARSAY and not taken:
        return False
    asked = _asked_instead(activity, word)
    try:
        if asked:
            text = await rehearsal.run(lambda ctx: _answered(ctx, asked))
        else:
            text = await rehearsal.run(lambda ctx: _done(ctx, activity))
    except AllmendeError as error:
        handler = "its origin" if asked else f"the handler {_handler(activity)}"
        report.add("effect", f"{condition}none. By {handler}: {error.message}", ok=False)
        return False
    report.add("effect", f"{condition}{text}")
    return True


def _handler(activity: Activity) -> str:
    return f"inbox/handlers/{type(activity).__name__.lower()}.py"


def _asked_instead(activity: Activity, word: Word) -> str:
    """Return the object whose origin is asked, instead of believing the activity (`node.effects.errands`)."""
    ask = isinstance(activity, Announce) and activity.tells_a_change
    return about(activity) if ask or word is Word.HEARSAY else ""


async def _answered(ctx: Context, uri: str) -> str:
    """Ask an object's origin how it stands, as `inbox.fetches` does.

    Raises:
        AllmendeError: why nothing comes of it.
    """
    before = await _post(ctx, uri)
    await resolve.refresh(ctx, uri)
    after = await _post(ctx, uri)
    if before is None and after is None:
        raise Unsupported(f"{uri} is nothing that this node keeps.")
    return f"The origin is asked. {'It has it.' if after else 'It is gone there, and would be deleted here.'}"


async def _done(ctx: Context, activity: Activity) -> str:
    """Do what the inbox's worker does with a row.

    Raises:
        AllmendeError: why nothing comes of it.
    """
    if isinstance(activity, Accept) and activity.object.startswith(
        f"{uris.organisation(ctx.settings.url)}/invitations/"
    ):
        return "inbox/membership.py lets the node into the organisation."
    sender = await resolve.actor(ctx, activity.actor)
    if sender.deleted_at is not None:
        raise Refused("The sender was deleted.")
    if not sender.may_act and not isinstance(activity, Delete):
        raise Refused("The sender is suspended.")
    try:
        await _handled(ctx, activity, sender)
    except Retry as error:
        return f"{_handler(activity)} lets it wait for {error.waits_for or 'a while'}. {error.message}"
    if isinstance(activity, Create | Update) and isinstance(activity.object, Note):
        return await _kept(ctx, activity, activity.object)
    return f"{_handler(activity)} does what it says."


async def _handled(ctx: Context, activity: Activity, sender: Account) -> None:
    """Run the handler, once more when what it lacks could be fetched.

    Raises:
        AllmendeError: what the handler raises.
    """
    try:
        await _handle(ctx, activity, sender)
    except Retry as error:
        missing = error.waits_for or ""
        fetch = dispatch.needs(activity).get(missing)
        if fetch is None:
            raise
        await fetch(ctx, missing)
        await _handle(ctx, activity, sender)


async def _handle(ctx: Context, activity: Activity, sender: Account) -> None:
    async with ctx.change() as change:
        await dispatch.handle(change, activity, sender, received_at=change.now)


async def _kept(ctx: Context, activity: Activity, note: Note) -> str:
    post = await _post(ctx, note.id)
    if post is None:
        raise Unsupported("It is not kept: nobody here is meant by it, or it was deleted here.")
    return f"{_handler(activity)} keeps it as a post for readers of the kind: {post.visibility}."


async def _post(ctx: Context, uri: str) -> Post | None:
    async with ctx.db.read() as tx:
        return await posts.by_uri(tx, uri)
