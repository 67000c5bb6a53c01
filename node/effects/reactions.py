"""What a favourite or a boost changes here, and its undoing."""

from node.context import Change
from node.domain.accounts import Account
from node.domain.events import PostAdded
from node.domain.notifications import Kind
from node.domain.posts import Post
from node.effects import posts as post_effects
from node.effects.notifications import notify
from node.store import accounts, notifications, posts, reactions, timelines, tombstones


async def favourite(change: Change, favourite: reactions.Favourite, *, by: Account, post: Post) -> bool:
    """Store a favourite and tell the author; False when this account gave one before."""
    if not await reactions.insert(change.tx, favourite):
        return False
    await posts.count(change.tx, post.id, favourites=1)
    author = await accounts.by_id(change.tx, post.author_id)
    if author is not None:
        await notify(change, Kind.FAVOURITE, account=author, sender=by, post_id=post.id)
    return True


async def unfavourite(change: Change, favourite: reactions.Favourite) -> None:
    """Take a favourite back."""
    if await reactions.delete(change.tx, favourite.id):
        await posts.count(change.tx, favourite.post_id, favourites=-1)
        await notifications.withdraw(
            change.tx, kind=Kind.FAVOURITE, from_id=favourite.account_id, post_id=favourite.post_id
        )


async def boost(change: Change, boost: Post, *, by: Account, post: Post) -> bool:
    """Store a boost, show it to the booster's followers here, tell the author; False when it is there."""
    if await tombstones.is_buried(change.tx, boost.uri, by=by.uri) or not await posts.insert(change.tx, boost):
        return False
    await posts.count(change.tx, post.id, boosts=1)
    await timelines.add_to_followers(change.tx, id=boost.id, author_id=by.id, boost=True)
    author = await accounts.by_id(change.tx, post.author_id)
    if author is not None:
        await notify(change, Kind.BOOST, account=author, sender=by, post_id=post.id)
    change.tell(PostAdded(boost.id))
    return True


async def unboost(change: Change, boost: Post, *, by: Account) -> None:
    """Take a boost back."""
    await post_effects.delete(change, [boost], author=by)
    await notifications.withdraw(change.tx, kind=Kind.BOOST, from_id=by.id, post_id=boost.boost_of)
