"""What a sender of activities may know of here; the rule itself is `node.domain.visibility`."""

from node.context import Change
from node.domain.accounts import Account
from node.domain.posts import Post
from node.domain.visibility import Ties, can_see
from node.store import posts, relationships


async def may_see(change: Change, sender: Account, post: Post) -> bool:
    """Tell whether a peer's actor may see a post that is here."""
    follow = await relationships.between(change.tx, follower_id=sender.id, target_id=post.author_id)
    named = (await posts.mentioned(change.tx, [post.id])).get(post.id, [])
    ties = Ties(
        author=post.author_id == sender.id,
        organisation=True,  # a sender that got this far belongs to a host of the organisation
        follower=follow is not None and follow.accepted,
        mentioned=sender.id in named or post.wall_id == sender.id,
        parted=await relationships.are_parted(change.tx, sender.id, post.author_id),
    )
    return can_see(post.visibility, ties)
