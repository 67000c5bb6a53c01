"""What was written for a time: erased when that is over, here and at every node, whether or not its origin is there."""

from node.context import Context
from node.domain.erasures import Ground
from node.effects import posts as effects
from node.store import accounts, posts
from outbox.posts import delete_everywhere


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
