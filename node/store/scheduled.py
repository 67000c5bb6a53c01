"""Rows of posts that are to be published later."""

from dataclasses import dataclass

from node.store import sealed
from node.store.database import Row, Tx
from node.store.pages import Page


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned post: `draft` as JSON, empty when nobody can open it any more; `due_at` in Unix ms.

    account_id: in whose name; editor_id: who wrote it, when that is a page.
    """

    id: int
    account_id: int
    draft: str
    due_at: int
    editor_id: int | None = None


def _planned(tx: Tx, row: Row) -> Planned:
    draft = sealed.read_text(tx, row["draft"])
    return Planned(row["id"], row["account_id"], draft, row["due_at"], row["editor_id"])


async def insert(tx: Tx, planned: Planned) -> None:
    """Add a planned post."""
    await tx.run(
        """INSERT INTO scheduled_posts (id, account_id, editor_id, draft, due_at)
           VALUES (:id, :account, :editor, :draft, :due)""",
        id=planned.id,
        account=planned.account_id,
        editor=planned.editor_id,
        draft=await sealed.text(tx, sealed.of_account(planned.account_id), planned.draft),
        due=planned.due_at,
    )


async def of_account(tx: Tx, account_id: int, page: Page) -> list[Planned]:
    """Return what is planned in the name of a member, or a page, and can be read."""
    rows = await tx.all(
        f"""SELECT s.id, s.account_id, s.editor_id, s.draft, s.due_at FROM scheduled_posts s
             WHERE s.account_id = :account AND {page.of("s.id")}""",
        account=account_id,
        **page.values,
    )
    return [one for one in page.newest_first([_planned(tx, row) for row in rows]) if one.draft]


async def by_id(tx: Tx, id: int) -> Planned | None:
    """Return a planned post, whoever asks."""
    row = await tx.one("SELECT id, account_id, editor_id, draft, due_at FROM scheduled_posts WHERE id = :id", id=id)
    return _planned(tx, row) if row else None


async def due(tx: Tx, *, now: int, limit: int = 20) -> list[Planned]:
    """Return what is to be published now, the longest due first."""
    rows = await tx.all(
        """SELECT id, account_id, editor_id, draft, due_at FROM scheduled_posts WHERE due_at <= :now
            ORDER BY due_at LIMIT :limit""",
        now=now,
        limit=limit,
    )
    return [_planned(tx, row) for row in rows]


async def count(tx: Tx, account_id: int) -> int:
    """Return how many posts are planned in the name of a member, or a page."""
    row = await tx.one("SELECT COUNT(*) AS n FROM scheduled_posts WHERE account_id = :account", account=account_id)
    return row["n"] if row else 0


async def move(tx: Tx, id: int, *, due_at: int) -> None:
    """Plan a post for another moment."""
    await tx.run("UPDATE scheduled_posts SET due_at = :due WHERE id = :id", id=id, due=due_at)


async def delete(tx: Tx, id: int) -> bool:
    """Remove a planned post; False when it is gone."""
    return await tx.run("DELETE FROM scheduled_posts WHERE id = :id", id=id) == 1
