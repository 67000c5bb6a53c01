"""Rows of members who leave: until when they are here, and when all of theirs is erased."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.domain.times import DAY_MS
from node.store.database import Tx


@dataclass(frozen=True, slots=True)
class Departure:
    """A member who leaves. Times are Unix ms.

    until: the last moment in the house; ended_at: when that was seen to; asked: the member's erasure was asked for, and
    waits for the end of a hold.
    """

    account_id: int
    until: int
    ended_at: int | None
    asked: bool


async def of(tx: Tx, account_id: int) -> Departure | None:
    """Return a member's departure."""
    return (await among(tx, [account_id])).get(account_id)


async def among(tx: Tx, account_ids: Iterable[int]) -> dict[int, Departure]:
    """Return account id → departure, for those of the accounts that leave; one query."""
    rows = await tx.all(
        "SELECT account_id, until, ended_at, asked FROM departures WHERE account_id IN (:ids)",
        ids=sorted(set(account_ids)),
    )
    return {
        row["account_id"]: Departure(row["account_id"], row["until"], row["ended_at"], bool(row["asked"]))
        for row in rows
    }


async def plan(tx: Tx, account_id: int, *, until: int) -> bool:
    """Note until when a member is here (Unix ms), or another day; False when they have left."""
    return (
        await tx.run(
            """INSERT INTO departures (account_id, until, asked) VALUES (:id, :until, 0)
               ON CONFLICT (account_id) DO UPDATE SET until = excluded.until WHERE departures.ended_at IS NULL""",
            id=account_id,
            until=until,
        )
        == 1
    )


async def ask(tx: Tx, account_id: int, *, now: int) -> None:
    """Note that a member has left, and is to be erased as soon as no hold stands against it (Unix ms)."""
    await tx.run(
        """INSERT INTO departures (account_id, until, ended_at, asked) VALUES (:id, :now, :now, 1)
           ON CONFLICT (account_id) DO UPDATE SET asked = 1,
              ended_at = COALESCE(departures.ended_at, excluded.ended_at)""",
        id=account_id,
        now=now,
    )


async def end(tx: Tx, account_id: int, *, now: int) -> bool:
    """Note that a member's last day was seen to (Unix ms); False when somebody else did meanwhile."""
    return (
        await tx.run(
            "UPDATE departures SET ended_at = :now WHERE account_id = :id AND ended_at IS NULL",
            id=account_id,
            now=now,
        )
        == 1
    )


async def forget(tx: Tx, account_id: int) -> None:
    """Forget that a member leaves."""
    await tx.run("DELETE FROM departures WHERE account_id = :id", id=account_id)


async def ending(tx: Tx, *, now: int, limit: int = 50) -> list[int]:
    """Return the members whose last day is over (`now`: Unix ms), which nobody has seen to yet."""
    rows = await tx.all(
        "SELECT account_id FROM departures WHERE ended_at IS NULL AND until <= :now ORDER BY account_id LIMIT :limit",
        now=now,
        limit=limit,
    )
    return [row["account_id"] for row in rows]


async def due(tx: Tx, *, now: int, wait_days: int, only: int = 0, limit: int = 50) -> list[int]:
    """Return the members who left so many days ago (`now`: Unix ms), or asked for it, and are not held.

    only: this account, 0 for all.
    """
    rows = await tx.all(
        """SELECT d.account_id FROM departures d
            WHERE d.ended_at IS NOT NULL AND (d.asked = 1 OR d.ended_at <= :before)
              AND (CAST(:only AS BIGINT) = 0 OR d.account_id = :only)
              AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.account_id = d.account_id)
            ORDER BY d.account_id LIMIT :limit""",
        before=now - wait_days * DAY_MS,
        only=only,
        limit=limit,
    )
    return [row["account_id"] for row in rows]
