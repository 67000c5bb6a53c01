"""Rows of what moderators did about accounts."""

from node.domain.measures import Kind, Measure
from node.store import sealed
from node.store.database import Row, Tx

_COLUMNS = "id, account_id, kind, reason, by_id, at, ended_at"

LIMITED = "l.kind = 'limited' AND l.ended_at IS NULL"
"""The measure `l` limits its account now."""


def _measure(tx: Tx, row: Row) -> Measure:
    return Measure(**{**row, "kind": Kind(row["kind"]), "reason": sealed.read_text(tx, row["reason"])})


async def put(tx: Tx, measure: Measure) -> None:
    """Add a measure."""
    await tx.run(
        f"""INSERT INTO measures ({_COLUMNS}) VALUES (:id, :account, :kind, :reason, :by, :at, :ended)""",
        id=measure.id,
        account=measure.account_id,
        kind=measure.kind.value,
        reason=await sealed.text(tx, sealed.of_account(measure.account_id), measure.reason),
        by=measure.by_id,
        at=measure.at,
        ended=measure.ended_at,
    )


async def of(tx: Tx, account_id: int, *, limit: int) -> list[Measure]:
    """Return what was done about an account, the last first."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM measures WHERE account_id = :id ORDER BY id DESC LIMIT :limit",
        id=account_id,
        limit=limit,
    )
    return [_measure(tx, row) for row in rows]


async def standing(tx: Tx, account_id: int, kind: Kind) -> Measure | None:
    """Return the measure of a kind that stands against an account."""
    row = await tx.one(
        f"""SELECT {_COLUMNS} FROM measures WHERE account_id = :id AND kind = :kind AND ended_at IS NULL
             ORDER BY id DESC LIMIT 1""",
        id=account_id,
        kind=kind.value,
    )
    return _measure(tx, row) if row else None


async def end(tx: Tx, account_id: int, kind: Kind, *, now: int) -> int:
    """End the measures of a kind that stand against an account (now: Unix ms); return how many."""
    return await tx.run(
        "UPDATE measures SET ended_at = :now WHERE account_id = :id AND kind = :kind AND ended_at IS NULL",
        id=account_id,
        kind=kind.value,
        now=now,
    )
