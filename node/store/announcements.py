"""Rows of announcements, of who has read them and how they react."""

from collections.abc import Sequence

from node.domain.announcements import Announcement, Reaction
from node.store.database import Row, Tx

_COLUMNS = "id, text, content, starts_at, ends_at, all_day, published_at, updated_at"
_NOW = "(ends_at IS NULL OR ends_at > :now)"


def _announcement(row: Row) -> Announcement:
    return Announcement(**{**dict(row), "all_day": bool(row["all_day"])})


async def present(tx: Tx, *, now: int, limit: int = 40) -> list[Announcement]:
    """Return what is not over at `now` (Unix ms), the latest at last."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM announcements WHERE {_NOW} ORDER BY id DESC LIMIT :limit", now=now, limit=limit
    )
    return [_announcement(row) for row in reversed(rows)]


async def by_id(tx: Tx, id: int, *, now: int) -> Announcement | None:
    """Return an announcement that is not over at `now` (Unix ms)."""
    row = await tx.one(f"SELECT {_COLUMNS} FROM announcements WHERE id = :id AND {_NOW}", id=id, now=now)
    return _announcement(row) if row else None


async def insert(tx: Tx, announcement: Announcement) -> None:
    """Add an announcement."""
    await tx.run(
        """INSERT INTO announcements (id, text, content, starts_at, ends_at, all_day, published_at, updated_at)
           VALUES (:id, :text, :content, :starts_at, :ends_at, :all_day, :published_at, :updated_at)""",
        **{name: getattr(announcement, name) for name in Announcement.__slots__ if name != "all_day"},
        all_day=int(announcement.all_day),
    )


async def delete(tx: Tx, id: int) -> bool:
    """Remove an announcement; False when there is none."""
    return await tx.run("DELETE FROM announcements WHERE id = :id", id=id) == 1


async def mark_read(tx: Tx, id: int, *, account_id: int) -> None:
    """Note that a member has read an announcement."""
    await tx.run(
        """INSERT INTO announcement_reads (announcement_id, account_id) VALUES (:id, :account)
           ON CONFLICT DO NOTHING""",
        id=id,
        account=account_id,
    )


async def read_by(tx: Tx, ids: Sequence[int], *, account_id: int) -> set[int]:
    """Return which of these a member has read; one query."""
    rows = await tx.all(
        """SELECT announcement_id FROM announcement_reads WHERE account_id = :account
              AND announcement_id IN (:ids)""",
        account=account_id,
        ids=ids,
    )
    return {row["announcement_id"] for row in rows}


async def react(tx: Tx, id: int, name: str, *, account_id: int) -> bool:
    """Add a member's reaction; False when it is there."""
    changed = await tx.run(
        """INSERT INTO announcement_reactions (announcement_id, name, account_id) VALUES (:id, :name, :account)
           ON CONFLICT DO NOTHING""",
        id=id,
        name=name,
        account=account_id,
    )
    return changed == 1


async def take_back(tx: Tx, id: int, name: str, *, account_id: int) -> bool:
    """Remove a member's reaction; False when there is none."""
    changed = await tx.run(
        "DELETE FROM announcement_reactions WHERE announcement_id = :id AND name = :name AND account_id = :account",
        id=id,
        name=name,
        account=account_id,
    )
    return changed == 1


async def reactions(tx: Tx, ids: Sequence[int], *, account_id: int) -> dict[int, list[Reaction]]:
    """Return announcement id → how it is reacted to, and whether this member did; one query."""
    rows = await tx.all(
        """SELECT announcement_id, name, COUNT(*) AS n, MAX(CASE WHEN account_id = :account THEN 1 ELSE 0 END) AS mine
             FROM announcement_reactions WHERE announcement_id IN (:ids)
            GROUP BY announcement_id, name ORDER BY announcement_id, COUNT(*) DESC, name""",
        account=account_id,
        ids=ids,
    )
    found: dict[int, list[Reaction]] = {}
    for row in rows:
        found.setdefault(row["announcement_id"], []).append(Reaction(row["name"], row["n"], bool(row["mine"])))
    return found
