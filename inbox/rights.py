"""What a sender of activities may know of here; the rule itself is `node.domain.visibility`."""

from federation import bridges
from node.context import Change
from node.domain.accounts import Account
from node.domain.posts import Post
from node.domain.visibility import Ties, Visibility, can_see
from node.store import accounts, mentions, posts, relationships


async def may_see(change: Change, sender: Account, post: Post) -> bool:
    """Tell whether a peer's actor may see a post that is here."""
    if await bridges.is_partner(change.tx, sender.host):
        return await _shared(change, sender, post)
    follow = await relationships.between(change.tx, follower_id=sender.id, target_id=post.author_id)
    named = (await mentions.of_posts(change.tx, [post.id])).get(post.id, [])
    ties = Ties(
        author=post.author_id == sender.id,
        organisation=True,
        follower=follow is not None and follow.accepted,
        group=await _in_group(change, sender, post),
        mentioned=sender.id in named or post.wall_id == sender.id,
        parted=await relationships.are_parted(change.tx, sender.id, post.author_id),
    )
    return can_see(post.visibility, ties)


async def _shared(change: Change, sender: Account, post: Post) -> bool:
    """Whether a partner's actor sees a post: it stands in a group that is shared with their host and has them in it."""
    if not await bridges.shares(change.tx, post.group_id, host=sender.host):
        return False
    parted = await relationships.are_parted(change.tx, sender.id, post.author_id)
    return not parted and await _in_group(change, sender, post)


async def _in_group(change: Change, sender: Account, post: Post) -> bool:
    """Whether it stands in a group that the sender is a member of; of a peer's group only its node knows that."""
    if post.visibility not in (Visibility.GROUP, Visibility.ORGANISATION) or post.group_id is None:
        return False
    group = await accounts.by_id(change.tx, post.group_id)
    if group is None or await posts.boost_by(change.tx, author_id=group.id, post_id=post.id) is None:
        return False
    if not group.local:
        return True
    follow = await relationships.between(change.tx, follower_id=sender.id, target_id=group.id)
    return follow is not None and follow.accepted
