"""Rows of what nodes signed for the journals of each other: the last of each epoch stands for all before it."""

from node.domain.witnesses import Head, Seen, Witness
from node.store.database import Row, Tx

_KEPT_EPOCHS = 100


def _head(row: Row) -> Head:
    return Head(row["epoch"], row["number"], row["seal"])


async def of_ours(tx: Tx) -> list[Witness]:
    """Return what others signed for our journal, by host, the latest epoch first."""
    rows = await tx.all("SELECT * FROM journal_witnesses ORDER BY host, epoch DESC")
    return [
        Witness(row["host"], _head(row), bytes(row["document"]), row["key"], row["at"], row["doubted_at"])
        for row in rows
    ]


async def put(tx: Tx, witness: Witness) -> None:
    """Keep what another node signed, unless it signed more before."""
    await tx.run(
        """INSERT INTO journal_witnesses (host, epoch, number, seal, document, key, at)
           VALUES (:host, :epoch, :number, :seal, :document, :key, :at)
           ON CONFLICT (host, epoch) DO UPDATE SET number = excluded.number, seal = excluded.seal,
              document = excluded.document, key = excluded.key, at = excluded.at
            WHERE journal_witnesses.number <= excluded.number""",
        host=witness.host,
        epoch=witness.head.epoch,
        number=witness.head.number,
        seal=witness.head.seal,
        document=witness.document,
        key=witness.key,
        at=witness.at,
    )


async def doubt(tx: Tx, witness: Witness, *, now: int) -> None:
    """Note that somebody was told that it contradicts the journal."""
    await tx.run(
        "UPDATE journal_witnesses SET doubted_at = :now WHERE host = :host AND epoch = :epoch",
        host=witness.host,
        epoch=witness.head.epoch,
        now=now,
    )


async def of_others(tx: Tx) -> list[Seen]:
    """Return what we signed for the journals of others, by host, the latest epoch first."""
    return [_seen(row) for row in await tx.all("SELECT * FROM journals_witnessed ORDER BY host, epoch DESC")]


async def last(tx: Tx, host: str) -> Seen | None:
    """Return what we signed last for a node, and let nobody else sign until the transaction ends."""
    if tx.dialect == "postgres":  # SQLite has one writer
        await tx.run("LOCK TABLE journals_witnessed IN EXCLUSIVE MODE")
    row = await tx.one("SELECT * FROM journals_witnessed WHERE host = :host ORDER BY epoch DESC LIMIT 1", host=host)
    return _seen(row) if row else None


async def sign(tx: Tx, host: str, head: Head, document: bytes, *, now: int) -> None:
    """Keep what we signed for a node; of its epochs the last hundred are known."""
    await tx.run(
        """INSERT INTO journals_witnessed (host, epoch, number, seal, document, first_at, at)
           VALUES (:host, :epoch, :number, :seal, :document, :now, :now)
           ON CONFLICT (host, epoch) DO UPDATE SET number = excluded.number, seal = excluded.seal,
              document = excluded.document, at = excluded.at""",
        host=host,
        epoch=head.epoch,
        number=head.number,
        seal=head.seal,
        document=document,
        now=now,
    )
    await tx.run(
        "DELETE FROM journals_witnessed WHERE host = :host AND epoch <= :old",
        host=host,
        old=head.epoch - _KEPT_EPOCHS,
    )


async def refuse(tx: Tx, seen: Seen, *, now: int) -> None:
    """Note that we refused to sign what came after it."""
    await tx.run(
        "UPDATE journals_witnessed SET refused_at = :now WHERE host = :host AND epoch = :epoch",
        host=seen.host,
        epoch=seen.head.epoch,
        now=now,
    )


def _seen(row: Row) -> Seen:
    return Seen(row["host"], _head(row), bytes(row["document"]), row["first_at"], row["at"], row["refused_at"])
