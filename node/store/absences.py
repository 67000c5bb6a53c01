"""Rows of members who have not been here for long, or are suspended, and the day of the last sign of each."""

from dataclasses import dataclass

from node.domain.inactivity import Rung, Step
from node.domain.times import DAY_MS, days
from node.store.database import Tx

_HERE = "a.deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.account_id = a.id)"
# Guests have an end of their own, groups and pages have no user behind them, and who is suspended cannot give a sign.
_MEMBER = f"a.guest = 0 AND a.persona = 0 AND a.suspended_at IS NULL AND {_HERE}"
_SUSPENDED = f"a.host = '' AND a.kind = 'Person' AND a.suspended_at IS NOT NULL AND {_HERE}"
_UNMAILED = "NOT EXISTS (SELECT 1 FROM mails w WHERE w.account_id = a.id AND w.kind = 'inactive')"


_UNUSED = "users s ON s.seen_day <= :since"
_STANDING = "measures s ON s.kind = 'suspended' AND s.ended_at IS NULL AND s.at <= :since"


@dataclass(frozen=True, slots=True)
class Absence:
    """What was done last about a member who is away; at: when they were told (Unix ms)."""

    step: Step
    at: int


async def seen(tx: Tx, account_id: int, *, day: int) -> None:
    """Note that a member gave a sign on this day: what was done about their absence is over."""
    await tx.run("UPDATE users SET seen_day = :day WHERE account_id = :id", id=account_id, day=day)
    await forget(tx, account_id)


async def of_member(tx: Tx, username: str) -> Absence | None:
    """Return the absence of the member with this name, whatever its case; None: they are here."""
    row = await tx.one(
        """SELECT b.step, b.at FROM absences b JOIN accounts a ON a.id = b.account_id
            WHERE a.host = '' AND LOWER(a.username) = LOWER(:name)""",
        name=username,
    )
    return Absence(Step(row["step"]), row["at"]) if row else None


async def due(tx: Tx, rung: Rung, *, now: int, mails: bool, after: int, limit: int = 50) -> list[int]:
    """Return the members for whom a step is due (`now`: Unix ms), by id from `after` on.

    mails: nobody for whom a warning still waits in the queue.
    """
    waiting, whose = _UNMAILED if mails else "1 = 1", _SUSPENDED if rung.suspended else _MEMBER
    if rung.after is None:
        first, since = _first(rung, now=now)
        rows = await tx.all(
            f"""SELECT a.id FROM accounts a JOIN {first} AND a.id = s.account_id
                 WHERE a.id > :after AND {whose} AND NOT EXISTS (SELECT 1 FROM absences b WHERE b.account_id = a.id)
                 ORDER BY a.id LIMIT :limit""",
            since=since,
            after=after,
            limit=limit,
        )
    else:
        rows = await tx.all(
            f"""SELECT a.id FROM absences b JOIN accounts a ON a.id = b.account_id
                 WHERE b.step = :step AND b.at <= :before AND a.id > :after AND {whose} AND {waiting}
                 ORDER BY a.id LIMIT :limit""",
            step=rung.after.value,
            before=now - rung.days * DAY_MS,
            after=after,
            limit=limit,
        )
    return [row["id"] for row in rows]


def _first(rung: Rung, *, now: int) -> tuple[str, int]:
    """Return the rows `s` of accounts for whom a first step is due, and the `:since` of those: a day, or Unix ms."""
    return (_STANDING, now - rung.days * DAY_MS) if rung.suspended else (_UNUSED, days(now) - rung.days)


async def take(tx: Tx, account_id: int, rung: Rung, *, now: int) -> bool:
    """Take a step for a member; False when somebody else did meanwhile, or the member is back."""
    if rung.after is None:
        first, since = _first(rung, now=now)
        return (
            await tx.run(
                f"""INSERT INTO absences (account_id, step, at)
                   SELECT s.account_id, CAST(:step AS TEXT), CAST(:now AS BIGINT)
                     FROM accounts a JOIN {first} AND a.id = s.account_id WHERE a.id = :id
                   ON CONFLICT DO NOTHING""",
                id=account_id,
                step=rung.step.value,
                now=now,
                since=since,
            )
            == 1
        )
    return (
        await tx.run(
            "UPDATE absences SET step = :step, at = :now WHERE account_id = :id AND step = :before AND at <= :at",
            id=account_id,
            step=rung.step.value,
            now=now,
            before=rung.after.value,
            at=now - rung.days * DAY_MS,
        )
        == 1
    )


async def forget(tx: Tx, account_id: int) -> None:
    """Forget what was done about an account: it is suspended, or restored, and what follows begins anew."""
    await tx.run("DELETE FROM absences WHERE account_id = :id", id=account_id)


async def told(tx: Tx, account_id: int, *, now: int) -> None:
    """Note that the mail about the last step has gone out (Unix ms): the next one is measured from then."""
    await tx.run("UPDATE absences SET at = :now WHERE account_id = :id", id=account_id, now=now)


async def untold(tx: Tx, account_id: int, *, now: int) -> None:
    """Note that the last warning reached nobody (now: Unix ms): it is given again in its time."""
    await tx.run(
        "UPDATE absences SET step = :hidden, at = :now WHERE account_id = :id AND step = :warned",
        id=account_id,
        hidden=Step.HIDDEN.value,
        warned=Step.WARNED.value,
        now=now,
    )


async def forget_returned(tx: Tx, *, seen_after: int) -> None:
    """Drop those who are back, or need not be told yet: nothing but a mail has happened."""
    await tx.run(
        """DELETE FROM absences WHERE step = 'told'
              AND account_id IN (SELECT account_id FROM users WHERE seen_day > :day)""",
        day=seen_after,
    )


# Rounds


async def last_round(tx: Tx) -> int | None:
    """Return when the loop last went round (Unix ms)."""
    row = await tx.one("SELECT at FROM rounds WHERE id = 1")
    return row["at"] if row else None


async def note_round(tx: Tx, *, now: int) -> None:
    """Note that the loop goes round (Unix ms)."""
    await tx.run(
        "INSERT INTO rounds (id, at) VALUES (1, :now) ON CONFLICT (id) DO UPDATE SET at = excluded.at", now=now
    )


async def skip(tx: Tx, lost: int, *, now: int) -> None:
    """Let so many days without the node count for nobody; nothing comes to lie after `now` (Unix ms)."""
    for table, column, by, most in (
        ("users", "seen_day", lost, days(now)),
        ("absences", "at", lost * DAY_MS, now),
        ("departures", "ended_at", lost * DAY_MS, now),
    ):
        await tx.run(
            f"UPDATE {table} SET {column} = CASE WHEN {column} + :by > :most THEN :most ELSE {column} + :by END",
            by=by,
            most=most,
        )
