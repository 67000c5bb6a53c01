"""Answer those whose notifications wait: let them through, or not."""

from collections.abc import Iterable

from node.context import Change
from node.domain.events import NotificationsMerged
from node.effects import conversations as conversation_effects
from node.store import conversations, notification_policies


async def accept(change: Change, account_id: int, ids: Iterable[int]) -> int:
    """Tell a member what waited among these requests, and from now on at once; return how many there were."""
    senders = await notification_policies.senders(change.tx, ids, account_id=account_id)
    if senders:
        waited = await conversations.held_back(change.tx, senders, account_id=account_id)
        await notification_policies.let_through(change.tx, senders, account_id=account_id)
        await conversation_effects.admit(change, account_id, waited)
        change.tell(NotificationsMerged(account_id))
    return len(senders)


async def dismiss(change: Change, account_id: int, ids: Iterable[int]) -> int:
    """Drop these requests of a member with what waits among them; return how many there were."""
    senders = await notification_policies.senders(change.tx, ids, account_id=account_id)
    await notification_policies.drop(change.tx, senders, account_id=account_id)
    return len(senders)
