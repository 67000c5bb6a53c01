"""Rows of notifications: one list for each member, newest first, of what they may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from node.domain.notifications import KINDS, Kind, Notification
from node.domain.reports import Report
from node.store import sealed, visible
from node.store.database import Row, Tx
from node.store.pages import Page

COLUMNS = "n.id, n.account_id, n.kind, n.from_id, n.post_id, n.created_at, n.group_key, n.filtered, n.report_id"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which notifications are asked for. sender_id: by whom, 0 for anybody; filtered: those held back as well."""

    kinds: Sequence[str] = KINDS
    sender_id: int = 0
    filtered: bool = False

    @property
    def values(self) -> dict[str, object]:
        """The parameters that `SHOWN` needs."""
        return {"kinds": list(self.kinds), "sender": self.sender_id, "filtered": int(self.filtered)}


ALL = Choice()
HELD_BACK_TOO = Choice(filtered=True)


ROWS = """notifications n JOIN accounts a ON a.id = n.from_id
      AND a.suspended_at IS NULL AND a.hidden_at IS NULL AND a.deleted_at IS NULL
    LEFT JOIN posts p ON p.id = n.post_id"""
"""Notifications whose senders are active, each with the post it is about."""

SHOWN = f"""n.account_id = :viewer AND n.kind IN (:kinds) AND (:filtered = 1 OR n.filtered = 0)
    AND (CAST(:sender AS BIGINT) = 0 OR n.from_id = :sender) AND (n.post_id IS NULL OR {visible.MEMBER})
    AND {visible.known("n.from_id")}"""
"""The member `:viewer` is shown `n` of `ROWS`, and it is of a `Choice`: they may see what it is about, and know of whom
it comes."""


def notification(row: Row) -> Notification:
    """Build the notification from a row with `COLUMNS`."""
    return Notification(
        row["id"],
        row["account_id"],
        Kind(row["kind"]),
        row["from_id"],
        row["post_id"],
        row["created_at"],
        row["group_key"],
        bool(row["filtered"]),
        row["report_id"],
    )


async def insert(tx: Tx, notifications: Iterable[Notification]) -> None:
    """Add notifications."""
    await tx.many(
        """INSERT INTO notifications
              (id, account_id, kind, from_id, post_id, report_id, group_key, filtered, created_at)
           VALUES (:id, :account, :kind, :sender, :post, :report, :group, :filtered, :at)""",
        [
            {
                "id": one.id,
                "account": one.account_id,
                "kind": one.kind.value,
                "sender": one.from_id,
                "post": one.post_id,
                "report": one.report_id,
                "group": one.group_key,
                "filtered": int(one.filtered),
                "at": one.created_at,
            }
            for one in notifications
        ],
    )


async def page(tx: Tx, account_id: int, page: Page, choice: Choice = ALL) -> list[Notification]:
    """Return a member's notifications."""
    rows = await tx.all(
        f"SELECT {COLUMNS} FROM {ROWS} WHERE {SHOWN} AND {page.of('n.id')}",
        viewer=account_id,
        **choice.values,
        **page.values,
    )
    return page.newest_first([notification(row) for row in rows])


async def one(tx: Tx, id: int, *, account_id: int) -> Notification | None:
    """Return one of a member's notifications, held back or not."""
    row = await tx.one(
        f"SELECT {COLUMNS} FROM {ROWS} WHERE n.id = :id AND {SHOWN}",
        id=id,
        viewer=account_id,
        **HELD_BACK_TOO.values,
    )
    return notification(row) if row else None


async def count(tx: Tx, account_id: int, choice: Choice = ALL, *, after: int, most: int) -> int:
    """Return how many notifications of a member are newer than an id; no more than `most` are counted."""
    row = await tx.one(
        f"""SELECT COUNT(*) AS n FROM (
              SELECT 1 FROM {ROWS} WHERE {SHOWN} AND n.id > :after LIMIT :most) AS unread""",
        viewer=account_id,
        after=after,
        most=most,
        **choice.values,
    )
    return row["n"] if row else 0


async def remove(tx: Tx, id: int, *, account_id: int) -> bool:
    """Remove one of a member's notifications; False when it is not there."""
    return (
        await tx.run("DELETE FROM notifications WHERE id = :id AND account_id = :account", id=id, account=account_id)
        == 1
    )


async def clear(tx: Tx, account_id: int) -> None:
    """Remove everything a member was told."""
    await tx.run("DELETE FROM notifications WHERE account_id = :id", id=account_id)


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


async def forget_kind(tx: Tx, kind: Kind, *, post_ids: Iterable[int]) -> None:
    """Remove what was told before of these posts, so that it can be told anew."""
    await tx.run(
        "DELETE FROM notifications WHERE post_id IN (:posts) AND kind = :kind",
        posts=sorted(set(post_ids)),
        kind=kind.value,
    )


async def told_of(tx: Tx, post_id: int) -> set[int]:
    """Return the members who were told that a post names them or stands on their wall, and need not be asked first."""
    rows = await tx.all(
        """SELECT account_id FROM notifications
            WHERE post_id = :post AND kind IN ('mention', 'wall') AND filtered = 0""",
        post=post_id,
    )
    return {row["account_id"] for row in rows}


async def complaints(tx: Tx, ids: Iterable[int]) -> dict[int, tuple[Report, bool]]:
    """Return id → (complaint, whether the other node was told of it) for what moderators are told of; two queries."""
    wanted = sorted(set(ids))
    posts: dict[int, list[int]] = {}
    for row in await tx.all(
        "SELECT report_id, post_id FROM report_posts WHERE report_id IN (:ids) ORDER BY post_id", ids=wanted
    ):
        posts.setdefault(row["report_id"], []).append(row["post_id"])
    rows = await tx.all(
        """SELECT r.id, r.uri, r.from_id, r.target_id, r.content, r.state, r.created_at, f.id AS forwarded
             FROM reports r LEFT JOIN activities f ON f.id = r.id AND f.type = 'Flag' WHERE r.id IN (:ids)""",
        ids=wanted,
    )
    return {
        row["id"]: (
            Report(
                id=row["id"],
                uri=row["uri"],
                from_id=row["from_id"],
                target_id=row["target_id"],
                content=sealed.read_text(tx, row["content"]),
                state=row["state"],
                created_at=row["created_at"],
                post_ids=tuple(posts.get(row["id"], ())),
            ),
            row["forwarded"] is not None,
        )
        for row in rows
    }
