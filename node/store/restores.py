"""How often this node's database came back from a backup: each time a new epoch begins."""

from node.store.database import Tx


async def epoch(tx: Tx) -> int:
    """Return the epoch of this database; the first is 1."""
    row = await tx.one("SELECT COALESCE(MAX(epoch), 1) AS epoch FROM restores")
    return row["epoch"] if row else 1


async def begun(tx: Tx) -> bool:
    """Tell whether this database ever had a log of erasures beside it."""
    return await tx.one("SELECT 1 AS found FROM restores LIMIT 1") is not None


async def begin(tx: Tx, epoch: int, *, replayed: int, now: int) -> None:
    """Write down that a restore was found, and how many erasures were carried out again (now: Unix ms)."""
    await tx.run(
        "INSERT INTO restores (epoch, replayed, at) VALUES (:epoch, :replayed, :at) ON CONFLICT (epoch) DO NOTHING",
        epoch=epoch,
        replayed=replayed,
        at=now,
    )


async def mark(tx: Tx, now: int) -> None:
    """Write down the moment (Unix ms) up to which the keys know this database."""
    await tx.run(
        "INSERT INTO database_marks (one, at) VALUES (1, :at) ON CONFLICT (one) DO UPDATE SET at = excluded.at", at=now
    )


async def marked(tx: Tx) -> int:
    """Return that moment (Unix ms); 0: there was none yet."""
    row = await tx.one("SELECT at FROM database_marks")
    return row["at"] if row else 0


async def seen(tx: Tx, host: str) -> int:
    """Return the number up to which the orders of another node were read; 0 at first."""
    row = await tx.one("SELECT seen FROM erasure_cursors WHERE host = :host", host=host)
    return row["seen"] if row else 0


async def put_seen(tx: Tx, host: str, number: int) -> None:
    await tx.run(
        """INSERT INTO erasure_cursors (host, seen) VALUES (:host, :seen)
           ON CONFLICT (host) DO UPDATE SET seen = excluded.seen""",
        host=host,
        seen=number,
    )
