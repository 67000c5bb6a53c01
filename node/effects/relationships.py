"""What follows, blocks, mutes, endorsements and notes change here, from beginning to end."""

from dataclasses import replace

from node.context import Change, Context
from node.domain.accounts import Account
from node.domain.notifications import Kind
from node.domain.relationships import Block, Follow, Mute
from node.effects import circles
from node.effects.notifications import notify
from node.errors import Invalid
from node.store import endorsements, groups, homes, lists, mutes, notes, notifications, people, relationships


async def request(change: Change, follow: Follow, *, follower: Account, target: Account) -> bool:
    """Store a follow, or a request for one; False when these two have one already."""
    if not await relationships.insert(change.tx, follow):
        return False
    kind = Kind.FOLLOW if follow.accepted else Kind.FOLLOW_REQUEST
    await notify(change, kind, account=target, sender=follower)
    if follow.accepted and follower.local:
        await homes.settle_authors(change.tx, follower.id, [target.id])
    return True


async def accept(change: Change, follow: Follow, *, follower: Account, target: Account) -> None:
    """The request is granted; the follower's home gets the target's latest posts."""
    if not await relationships.accept(change.tx, follow.id):
        return
    await notifications.withdraw(
        change.tx, kind=Kind.FOLLOW_REQUEST, from_id=follower.id, post_id=None, account_id=target.id
    )
    if follower.local:
        await homes.settle_authors(change.tx, follower.id, [target.id])


async def wish(
    change: Change,
    follow: Follow,
    *,
    boosts: bool | None = None,
    notify: bool | None = None,
    languages: tuple[str, ...] | None = None,
) -> Follow:
    """Change what a member wants of a follow; None leaves it as it is. The home stream is right at once."""
    wanted = replace(
        follow,
        boosts=follow.boosts if boosts is None else boosts,
        notify=follow.notify if notify is None else notify,
        languages=follow.languages if languages is None else languages,
    )
    if wanted != follow:
        await relationships.set_wishes(change.tx, wanted)
        await homes.settle_authors(change.tx, follow.follower_id, [follow.target_id])
    return wanted


async def end(change: Change, follow: Follow) -> None:
    """The follow or request is over, by whichever side; what the follower built on it is over too.

    The home stream and the lists forget the target, and so does the profile. What was here for the target's followers
    or members only goes with the last of them.
    """
    await relationships.delete(change.tx, follow.id)
    for kind in (Kind.FOLLOW, Kind.FOLLOW_REQUEST):
        await notifications.withdraw(
            change.tx, kind=kind, from_id=follow.follower_id, post_id=None, account_id=follow.target_id
        )
    await lists.remove_from_all(change.tx, owner_id=follow.follower_id, account_id=follow.target_id)
    await endorsements.delete(change.tx, account_id=follow.follower_id, target_id=follow.target_id)
    await homes.settle_authors(change.tx, follow.follower_id, [follow.target_id])
    await groups.take(change.tx, follow.target_id, follow.follower_id)
    await circles.clear(change, follow.target_id)


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
    await relationships.forget_news(change.tx, block.account_id, block.target_id)


async def unblock(change: Change, block: Block) -> None:
    """The block is over; what it ended stays ended."""
    await relationships.delete_block(change.tx, block.id)


async def mute(change: Change, account: Account, target: Account, *, notifications: bool, seconds: int) -> None:
    """Let a member read somebody no more, for so many seconds, or until they say otherwise (0).

    Raises:
        Invalid: oneself.
    """
    if target.id == account.id:
        raise Invalid("You cannot mute yourself.")
    ends = change.now + seconds * 1000 if seconds else None
    await mutes.put(change.tx, Mute(change.new_id(), account.id, target.id, notifications, ends))


async def unmute(change: Change, account: Account, target_id: int) -> None:
    """Let a member read somebody again."""
    await mutes.delete(change.tx, account_id=account.id, target_id=target_id)


async def end_due_mutes(ctx: Context) -> int:
    """End the mutes whose time is over; return how many. Without one nothing is written."""
    async with ctx.db.read() as tx:
        if not await mutes.any_due(tx, now=ctx.clock()):
            return 0
    async with ctx.change() as change:
        return await mutes.end_due(change.tx, now=change.now)


async def endorse(change: Change, account: Account, target: Account) -> None:
    """Let a member show somebody in the profile.

    Raises:
        Invalid: the member does not follow them.
    """
    follow = await relationships.between(change.tx, follower_id=account.id, target_id=target.id)
    if follow is None or not follow.accepted:
        raise Invalid("You show only people whom you follow. Follow this person first.")
    await endorsements.put(change.tx, id=change.new_id(), account_id=account.id, target_id=target.id)


async def unendorse(change: Change, account: Account, target_id: int) -> None:
    """Show somebody in a member's profile no more."""
    await endorsements.delete(change.tx, account_id=account.id, target_id=target_id)


async def dismiss(change: Change, account: Account, target: Account) -> None:
    """Suggest somebody to a member no more."""
    await people.dismiss(change.tx, account.id, target.id)


async def note(change: Change, account: Account, target: Account, text: str) -> None:
    """Keep what a member notes about somebody for themselves; '' for nothing.

    Raises:
        Invalid: it is too long.
    """
    longest = change.settings.limits.account_note_length
    if len(text) > longest:
        raise Invalid("The note is too long. Keep it to %(longest)d characters.", longest=longest)
    await notes.put(change.tx, account_id=account.id, target_id=target.id, text=text.strip())
