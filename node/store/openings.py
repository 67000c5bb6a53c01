"""Rows of what members opened to more people, for themselves to look at."""

from collections.abc import Iterable

from node.domain.openings import Opening, What
from node.store.database import Tx


async def note(tx: Tx, account_id: int, opened: Iterable[tuple[int, What]], *, now: int) -> None:
    """Write down what was opened (now: Unix ms), each with an id."""
    await tx.many(
        "INSERT INTO openings (id, account_id, what, at) VALUES (:id, :account, :what, :now)",
        [{"id": id, "account": account_id, "what": what.value, "now": now} for id, what in opened],
    )


async def close(tx: Tx, account_id: int, closed: Iterable[What], *, now: int) -> None:
    """Write down what was closed again (now: Unix ms)."""
    await tx.run(
        """UPDATE openings SET closed_at = :now
            WHERE account_id = :account AND closed_at IS NULL AND what IN (:closed)""",
        account=account_id,
        closed=[what.value for what in closed],
        now=now,
    )


async def of(tx: Tx, account_id: int, *, limit: int) -> list[Opening]:
    """Return what a member opened, the last first."""
    rows = await tx.all(
        "SELECT what, at, closed_at FROM openings WHERE account_id = :id ORDER BY id DESC LIMIT :limit",
        id=account_id,
        limit=limit,
    )
    return [Opening(What(row["what"]), row["at"], row["closed_at"]) for row in rows]
