"""Reject: a follow of one of ours was refused, or ended by the followed; a quote, or a bridge, is not wanted."""

from federation.activities import Reject
from inbox.handlers.accept import followed
from node.context import Change
from node.domain.accounts import Account
from node.effects import relationships as effects
from outbox import bridges, quotes


async def handle(change: Change, activity: Reject, sender: Account) -> None:
    """End the follow, or the quote. Only the one who was asked may do so."""
    if await bridges.declined(change, activity.object, sender):
        return
    found = await followed(change, activity, sender)
    if found is not None:
        await effects.end(change, found[0])
    else:
        await quotes.refused(change, activity.object, by=sender)
