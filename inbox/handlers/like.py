"""Like: somebody favours a post."""

from federation.activities import Like
from federation.errors import Retry
from inbox.rights import may_see
from node.context import Change
from node.domain.accounts import Account
from node.effects import reactions as effects
from node.errors import Forbidden
from node.store import posts, reactions, tombstones


async def handle(change: Change, activity: Like, sender: Account) -> None:
    """Count it, once for each account, when the sender may see the post.

    Raises:
        Retry: the post is not here yet. Forbidden: the sender may not know of it.
    """
    if await tombstones.is_buried(change.tx, activity.id, by=sender.uri):
        return
    post = await posts.by_uri(change.tx, activity.object)
    if post is None:
        if await tombstones.of(change.tx, activity.object) is None:
            raise Retry("The post is not here yet.", waits_for=activity.object)
        return
    if not await may_see(change, sender, post):
        raise Forbidden("The sender may not see that post.")
    mark = reactions.Favourite(change.new_id(), activity.id, sender.id, post.id)
    await effects.favourite(change, mark, by=sender, post=post)
