"""Accept: a follow of one of ours was granted, or that one of ours quotes a post; or a node knows of a bridge."""

from federation.activities import Accept, Reject
from node.context import Change
from node.domain.accounts import Account
from node.domain.relationships import Follow
from node.effects import relationships as effects
from node.errors import Forbidden
from node.store import accounts, relationships
from outbox import bridges, quotes


async def handle(change: Change, activity: Accept, sender: Account) -> None:
    """Mark the follow, or the quote, as granted. Only the one who was asked may do so (threats I06, I12)."""
    if await bridges.answered(change, activity.object, sender):
        return
    found = await followed(change, activity, sender)
    if found is not None:
        follow, follower = found
        await effects.accept(change, follow, follower=follower, target=sender)
    else:
        await quotes.granted(change, activity.object, by=sender, stamp=activity.result)


async def followed(change: Change, activity: Accept | Reject, sender: Account) -> tuple[Follow, Account] | None:
    """Return the follow an answer is about, found by its id or by who and whom; None: not, or no more.

    Raises:
        Forbidden: the sender is not who was asked.
    """
    follow = await relationships.by_uri(change.tx, activity.object)
    if follow is None and activity.follow is not None and activity.follow.object == sender.uri:
        who = await accounts.by_uri(change.tx, activity.follow.actor)
        if who is not None and who.local:
            follow = await relationships.between(change.tx, follower_id=who.id, target_id=sender.id)
    if follow is None:
        return None
    follower = await accounts.by_id(change.tx, follow.follower_id)
    if follow.target_id != sender.id or follower is None or not follower.local:
        raise Forbidden("Only who was asked answers a follow.")
    return follow, follower
