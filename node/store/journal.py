"""Rows of the journal: added, read, and never changed."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.store.database import Tx
from node.store.pages import Page


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was done. `moderation.journal` says what stands in each; at: Unix ms."""

    number: int
    at: int
    kind: str
    subject: str
    by_id: int | None
    digest: str
    former: str
    seal: str


async def last(tx: Tx) -> Line | None:
    """Return the newest line, and let nobody else add one until the transaction ends."""
    if tx.dialect == "postgres":  # SQLite has one writer
        await tx.run("LOCK TABLE journal IN EXCLUSIVE MODE")
    row = await tx.one("SELECT * FROM journal ORDER BY number DESC LIMIT 1")
    return Line(**dict(row)) if row else None


async def insert(tx: Tx, line: Line) -> None:
    """Add a line."""
    await tx.run(
        """INSERT INTO journal (number, at, kind, subject, by_id, digest, former, seal)
           VALUES (:number, :at, :kind, :subject, :by_id, :digest, :former, :seal)""",
        number=line.number,
        at=line.at,
        kind=line.kind,
        subject=line.subject,
        by_id=line.by_id,
        digest=line.digest,
        former=line.former,
        seal=line.seal,
    )


async def page(tx: Tx, *, after: int = 0, limit: int = 1_000) -> list[Line]:
    """Return lines in their order; `after` is a number, exclusive."""
    rows = await tx.all(
        "SELECT * FROM journal WHERE number > :after ORDER BY number LIMIT :limit", after=after, limit=limit
    )
    return [Line(**dict(row)) for row in rows]


async def latest(tx: Tx, asked: Page) -> list[Line]:
    """Return a page of lines by their numbers, the newest first."""
    rows = await tx.all(f"SELECT * FROM journal WHERE {asked.of('number')}", **asked.values)
    return asked.newest_first([Line(**dict(row)) for row in rows])


async def head(tx: Tx) -> tuple[int, str]:
    """Return number and seal of the newest line; 0 and '' when there is none."""
    row = await tx.one("SELECT number, seal FROM journal ORDER BY number DESC LIMIT 1")
    return (row["number"], row["seal"]) if row else (0, "")


async def seals(tx: Tx, numbers: Iterable[int]) -> dict[int, str]:
    """Return number → seal of these lines, as far as they are there; one query."""
    rows = await tx.all("SELECT number, seal FROM journal WHERE number IN (:numbers)", numbers=sorted(set(numbers)))
    return {row["number"]: row["seal"] for row in rows}


async def of_kind(tx: Tx, kind: str) -> list[Line]:
    """Return every line of a kind in their order: for kinds of which there are few."""
    rows = await tx.all("SELECT * FROM journal WHERE kind = :kind ORDER BY number", kind=kind)
    return [Line(**dict(row)) for row in rows]
