"""Write a notification and its event."""

from node.context import Change
from node.domain.accounts import Account
from node.domain.events import Notified
from node.domain.notifications import Kind, Notification
from node.store import notifications, relationships


async def notify(change: Change, kind: Kind, *, account: Account, sender: Account, post_id: int | None = None) -> None:
    """Tell a member of this node what somebody did; nobody is told of their own acts."""
    if not account.local or not account.active or account.kind != "Person" or account.id == sender.id:
        return
    if await relationships.are_parted(change.tx, account.id, sender.id):
        return
    notification = Notification(
        id=change.new_id(),
        account_id=account.id,
        kind=kind,
        from_id=sender.id,
        post_id=post_id,
        created_at=change.now,
    )
    await notifications.insert(change.tx, notification)
    change.tell(Notified(account.id, notification.id))
