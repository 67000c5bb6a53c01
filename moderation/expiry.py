"""What is kept for a time: posts, erased at every node, with or without their origin, and what they were before."""

from node.context import Context
from node.domain.erasures import Ground
from node.domain.events import ContentErased
from node.domain.times import DAY_MS
from node.effects import posts as effects
from node.store import accounts, posts, versions
from outbox.posts import delete_everywhere

_AT_ONCE = 100


async def erase_due(ctx: Context) -> None:
    """Erase what is over by now: our own with an order to all who have it, copies of others by ourselves."""
    while True:
        async with ctx.db.read() as tx:
            if not await posts.expired(tx, now=ctx.clock(), limit=1):
                return
        async with ctx.change() as change:
            due = await posts.expired(change.tx, now=change.now)
            authors = await accounts.by_ids(change.tx, [post.author_id for post in due])
            for post in due:
                if post.local:
                    await delete_everywhere(change, post, author=authors[post.author_id], ground=Ground.TIME)
            await effects.erase_copies(change, [post for post in due if not post.local])


async def forget_versions(ctx: Context) -> None:
    """Forget what posts were before an edit, once the time is over that this is kept; backups lose it, too."""
    days = ctx.settings.retention.version_days
    if not days:
        return
    before, forgot = ctx.clock() - days * DAY_MS, True
    while forgot:
        async with ctx.change() as change:
            found = await versions.outdated(change.tx, before=before, limit=_AT_ONCE)
            await versions.forget_outdated(change.tx, found, before=before)
            await posts.cut(change.tx, found)
            forgot = bool(found)
            if forgot:
                change.tell(ContentErased())
