"""Rows of markers: how far a member has read."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.store.database import Tx


@dataclass(frozen=True, slots=True)
class Marker:
    """How far a member has read a timeline. version: grows with every change; updated_at: Unix ms."""

    last_read_id: int
    version: int
    updated_at: int


async def of(tx: Tx, account_id: int, timelines: Iterable[str]) -> dict[str, Marker]:
    """Return timeline → its marker, for those that have one; one query."""
    rows = await tx.all(
        """SELECT timeline, last_read_id, version, updated_at FROM markers
            WHERE account_id = :account AND timeline IN (:timelines)""",
        account=account_id,
        timelines=sorted(set(timelines)),
    )
    return {row["timeline"]: Marker(row["last_read_id"], row["version"], row["updated_at"]) for row in rows}


async def put(tx: Tx, account_id: int, timeline: str, marker: Marker) -> bool:
    """Write a marker as the version that follows on the one last seen; False when another one was written since."""
    values = {
        "account": account_id,
        "timeline": timeline,
        "read": marker.last_read_id,
        "version": marker.version,
        "now": marker.updated_at,
    }
    if marker.version > 1:
        changed = await tx.run(
            """UPDATE markers SET last_read_id = :read, version = :version, updated_at = :now
                WHERE account_id = :account AND timeline = :timeline AND version = :version - 1""",
            **values,
        )
    else:
        changed = await tx.run(
            """INSERT INTO markers (account_id, timeline, last_read_id, version, updated_at)
               VALUES (:account, :timeline, :read, :version, :now) ON CONFLICT DO NOTHING""",
            **values,
        )
    return changed == 1


async def move_on(tx: Tx, account_id: int, timeline: str, *, last_read_id: int, now: int) -> None:
    """Write that a member has read a timeline up to an id; what is read stays read.

    Should another client move the marker at the same moment, its word stands.
    """
    before = (await of(tx, account_id, [timeline])).get(timeline)
    if before is None or before.last_read_id < last_read_id:
        await put(tx, account_id, timeline, Marker(last_read_id, before.version + 1 if before else 1, now))


async def last_read(tx: Tx, account_id: int, timeline: str) -> int:
    """Return the id up to which a member has read a timeline, 0 for nothing."""
    return marker.last_read_id if (marker := (await of(tx, account_id, [timeline])).get(timeline)) else 0
