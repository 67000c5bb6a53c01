"""Rows of what a client has tried: the same attempt leads to the same post (Idempotency-Key)."""

from node.store.database import Tx

_KEPT_MS = 3_600_000
_LONGEST = 200


async def note(tx: Tx, account_id: int, key: str, *, id: int, now: int) -> int | None:
    """Note that a client's attempt leads to the post `id`; return the id it led to within the last hour, if it did."""
    key = key[:_LONGEST]
    noted = await tx.run(
        """INSERT INTO attempts (account_id, key, status_id, at) VALUES (:account, :key, :id, :now)
           ON CONFLICT (account_id, key) DO UPDATE SET status_id = excluded.status_id, at = excluded.at
            WHERE attempts.at < :expired""",
        account=account_id,
        key=key,
        id=id,
        now=now,
        expired=now - _KEPT_MS,
    )
    if noted:
        return None
    row = await tx.one(
        "SELECT status_id FROM attempts WHERE account_id = :account AND key = :key",
        account=account_id,
        key=key,
    )
    return row["status_id"] if row else None


async def forget_old(tx: Tx, *, now: int) -> None:
    """Drop attempts that count no more."""
    await tx.run("DELETE FROM attempts WHERE at < :expired", expired=now - _KEPT_MS)
