"""Rows of notifications."""

from node.domain.notifications import Kind, Notification
from node.store.database import Tx


async def insert(tx: Tx, notification: Notification) -> None:
    """Add a notification."""
    await tx.run(
        """INSERT INTO notifications (id, account_id, kind, from_id, post_id, created_at)
           VALUES (:id, :account, :kind, :sender, :post, :at)""",
        id=notification.id,
        account=notification.account_id,
        kind=notification.kind.value,
        sender=notification.from_id,
        post=notification.post_id,
        at=notification.created_at,
    )


async def page(tx: Tx, account_id: int, *, before: int, limit: int) -> list[Notification]:
    """Return a member's notifications, newest first; `before` is an id, exclusive."""
    rows = await tx.all(
        """SELECT n.id, n.account_id, n.kind, n.from_id, n.post_id, n.created_at
             FROM notifications n JOIN accounts a ON a.id = n.from_id
            WHERE n.account_id = :account AND n.id < :before
              AND a.suspended_at IS NULL AND a.deleted_at IS NULL
            ORDER BY n.id DESC LIMIT :limit""",
        account=account_id,
        before=before,
        limit=limit,
    )
    return [
        Notification(row["id"], row["account_id"], Kind(row["kind"]), row["from_id"], row["post_id"], row["created_at"])
        for row in rows
    ]


async def withdraw(tx: Tx, *, kind: Kind, from_id: int, post_id: int | None, account_id: int | None = None) -> None:
    """Remove the notification of something that was undone."""
    await tx.run(
        """DELETE FROM notifications WHERE from_id = :sender AND kind = :kind
              AND (post_id = :post OR (post_id IS NULL AND account_id = :account))""",
        sender=from_id,
        kind=kind.value,
        post=post_id or 0,
        account=account_id or 0,
    )


async def delete_all_of(tx: Tx, account_id: int) -> None:
    """Remove what an account was told and what it caused."""
    await tx.run("DELETE FROM notifications WHERE account_id = :id OR from_id = :id", id=account_id)
