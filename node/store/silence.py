"""Rows of the silence of other nodes: on how many days in a row nothing was heard of those whose copies are here."""

from collections.abc import Sequence

from node.store.database import Tx

_KEPT_HERE = """a.host <> '' AND a.kind <> 'Application' AND a.deleted_at IS NULL"""
"""Of the account `a` there are copies here that its node may order to erase; a node's own actor is no person."""


async def to_ask(tx: Tx, *, day: int, since: int) -> list[str]:
    """Return the hosts with copies here that took nothing since then (Unix ms), and were not asked on this day."""
    rows = await tx.all(
        f"""SELECT DISTINCT a.host FROM accounts a LEFT JOIN hosts h ON h.host = a.host
             WHERE {_KEPT_HERE}
               AND (h.host IS NULL OR (h.asked_day < :day AND COALESCE(h.last_ok_at, 0) < :since))
             ORDER BY a.host""",
        day=day,
        since=since,
    )
    return [row["host"] for row in rows]


async def note(tx: Tx, hosts: Sequence[str], *, day: int, heard: bool) -> None:
    """Note that on this day something was heard of these hosts, or nothing."""
    await tx.many(
        """INSERT INTO hosts (host, failures, open_until, last_error, silent_days, asked_day)
           VALUES (:host, 0, 0, '', :silent, :day)
           ON CONFLICT (host) DO UPDATE SET asked_day = excluded.asked_day,
              silent_days = CASE WHEN excluded.silent_days = 0 THEN 0 ELSE hosts.silent_days + 1 END""",
        [{"host": host, "silent": 0 if heard else 1, "day": day} for host in hosts],
    )


async def of_days(tx: Tx, least: int) -> list[tuple[str, int]]:
    """Return (host, days) of those that were silent for so many days at least, and have copies here."""
    rows = await tx.all(
        f"""SELECT h.host, h.silent_days FROM hosts h WHERE h.silent_days >= :least
              AND EXISTS (SELECT 1 FROM accounts a WHERE a.host = h.host AND {_KEPT_HERE})
            ORDER BY h.silent_days DESC, h.host""",
        least=least,
    )
    return [(row["host"], row["silent_days"]) for row in rows]


async def left_behind(tx: Tx, *, least: int) -> int | None:
    """Return an account of a host that was silent for so many days, if no legal hold stands on it; None: no more."""
    row = await tx.one(
        f"""SELECT a.id FROM hosts h JOIN accounts a ON a.host = h.host
             WHERE h.silent_days >= :least AND {_KEPT_HERE}
               AND NOT EXISTS (SELECT 1 FROM holds l WHERE l.account_id = a.id)
             LIMIT 1""",
        least=least,
    )
    return row["id"] if row else None
