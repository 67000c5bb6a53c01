"""What a follow changes here, from request to end, and a block."""

from node.context import Change
from node.domain.accounts import Account
from node.domain.notifications import Kind
from node.domain.relationships import Block, Follow
from node.effects.notifications import notify
from node.store import notifications, relationships, timelines


async def request(change: Change, follow: Follow, *, follower: Account, target: Account) -> bool:
    """Store a follow, or a request for one; False when these two have one already."""
    if not await relationships.insert(change.tx, follow):
        return False
    kind = Kind.FOLLOW if follow.accepted else Kind.FOLLOW_REQUEST
    await notify(change, kind, account=target, sender=follower)
    if follow.accepted and follower.local:
        await timelines.backfill(change.tx, account_id=follower.id, author_id=target.id)
    return True


async def accept(change: Change, follow: Follow, *, follower: Account, target: Account) -> None:
    """The request is granted; the follower's home gets the target's latest posts."""
    if not await relationships.accept(change.tx, follow.id):
        return
    await notifications.withdraw(
        change.tx, kind=Kind.FOLLOW_REQUEST, from_id=follower.id, post_id=None, account_id=target.id
    )
    if follower.local:
        await timelines.backfill(change.tx, account_id=follower.id, author_id=target.id)


async def end(change: Change, follow: Follow) -> None:
    """The follow or request is over, by whichever side; the home stream forgets the target."""
    await relationships.delete(change.tx, follow.id)
    for kind in (Kind.FOLLOW, Kind.FOLLOW_REQUEST):
        await notifications.withdraw(
            change.tx, kind=kind, from_id=follow.follower_id, post_id=None, account_id=follow.target_id
        )
    await timelines.forget_author(change.tx, account_id=follow.follower_id, author_id=follow.target_id)


async def block(change: Change, block: Block) -> None:
    """One account wants nothing to do with another: their follows end, and neither sees the other any more.

    Nobody is told: the blocked one least of all (federation.md 3.10).
    """
    if not await relationships.insert_block(change.tx, block):
        return
    for follower, target in ((block.account_id, block.target_id), (block.target_id, block.account_id)):
        follow = await relationships.between(change.tx, follower_id=follower, target_id=target)
        if follow is not None:
            await end(change, follow)


async def unblock(change: Change, block: Block) -> None:
    """The block is over; what it ended stays ended."""
    await relationships.delete_block(change.tx, block.id)
