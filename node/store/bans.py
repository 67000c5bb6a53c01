"""Rows of bans: hashes of the names of who was banned, and until when (Unix ms). They say neither who nor why."""

from node.store.database import Tx


async def put(tx: Tx, *, name: str, address: str | None, ends_at: int) -> None:
    """Add a ban. name, address: the marks of a user name and of a mail address, if there was one."""
    await tx.run(
        "INSERT INTO bans (name, address, ends_at) VALUES (:name, :address, :ends)",
        name=name,
        address=address,
        ends=ends_at,
    )


async def stands(tx: Tx, mark: str, *, now: int) -> bool:
    """Whether what has this mark is banned now (Unix ms)."""
    found = await tx.one(
        "SELECT 1 AS found FROM bans WHERE (name = :mark OR address = :mark) AND ends_at > :now LIMIT 1",
        mark=mark,
        now=now,
    )
    return found is not None


async def count(tx: Tx, *, now: int) -> int:
    """Return how many bans stand now (Unix ms)."""
    row = await tx.one("SELECT COUNT(*) AS n FROM bans WHERE ends_at > :now", now=now)
    return row["n"] if row else 0


async def lift(tx: Tx, mark: str, *, now: int) -> bool:
    """End every ban that has this mark; False when none stands (Unix ms)."""
    ended = await tx.run(
        "DELETE FROM bans WHERE (name = :mark OR address = :mark) AND ends_at > :now", mark=mark, now=now
    )
    return ended > 0


async def forget(tx: Tx, *, now: int) -> None:
    """Drop what is over by now (Unix ms)."""
    await tx.run("DELETE FROM bans WHERE ends_at <= :now", now=now)
