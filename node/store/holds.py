"""Rows of legal holds: whose account must not be erased, and until when."""

from dataclasses import dataclass

from node.store import sealed
from node.store.database import Row, Tx
from node.store.pages import Page

_COLUMNS = "h.account_id, h.reason, h.until, h.placed_at"


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold on an account. Times are Unix ms; asked: its erasure was asked for meanwhile, and waits.

    That of somebody of another node is asked for when that node erases them.
    """

    account_id: int
    reason: str
    until: int
    placed_at: int
    asked: bool


def _hold(tx: Tx, row: Row) -> Hold:
    reason = sealed.read_text(tx, row["reason"])
    return Hold(row["account_id"], reason, row["until"], row["placed_at"], bool(row["asked"]))


_FROM = f"""SELECT {_COLUMNS}, CASE WHEN h.gone = 1
    OR EXISTS (SELECT 1 FROM departures d WHERE d.account_id = h.account_id AND d.asked = 1) THEN 1 ELSE 0 END
    AS asked FROM holds h"""


async def of(tx: Tx, account_id: int) -> Hold | None:
    """Return the hold on an account; one that is over is here until its end was seen to."""
    row = await tx.one(f"{_FROM} WHERE h.account_id = :id", id=account_id)
    return _hold(tx, row) if row else None


async def page(tx: Tx, asked: Page) -> list[Hold]:
    """Return a page of the holds, the latest account first."""
    rows = await tx.all(f"{_FROM} WHERE {asked.of('h.account_id')}", **asked.values)
    return asked.newest_first([_hold(tx, row) for row in rows])


async def put(tx: Tx, account_id: int, *, reason: str, until: int, now: int) -> None:
    """Place a hold, or change the one that is there (Unix ms)."""
    await tx.run(
        """INSERT INTO holds (account_id, reason, until, placed_at) VALUES (:id, :reason, :until, :now)
           ON CONFLICT (account_id) DO UPDATE SET reason = excluded.reason, until = excluded.until""",
        id=account_id,
        reason=await sealed.text(tx, sealed.of_account(account_id), reason),
        until=until,
        now=now,
    )


async def ask(tx: Tx, account_id: int) -> None:
    """Note that the node of somebody who is held here has erased them."""
    await tx.run("UPDATE holds SET gone = 1 WHERE account_id = :id", id=account_id)


async def lift(tx: Tx, account_id: int, *, now: int) -> bool:
    """Take a hold away; False when there is none. The steps it has stopped are measured anew from now (Unix ms)."""
    await tx.run("UPDATE absences SET at = :now WHERE account_id = :id", id=account_id, now=now)
    return await tx.run("DELETE FROM holds WHERE account_id = :id", id=account_id) == 1


async def over(tx: Tx, *, now: int, limit: int = 50) -> list[int]:
    """Return the accounts whose hold is over (`now`: Unix ms)."""
    rows = await tx.all(
        "SELECT account_id FROM holds WHERE until <= :now ORDER BY account_id LIMIT :limit", now=now, limit=limit
    )
    return [row["account_id"] for row in rows]
