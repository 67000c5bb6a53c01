"""What is remembered of deleted objects, so that they never enter again."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.domain.uris import node_of
from node.store.database import Tx


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What remains of a deleted object: its uri, who said so, what it was and when (Unix ms).

    withdrawn: only versions from before that moment do not enter; somebody here may be in its audience again.
    """

    uri: str
    by: str
    former_type: str
    deleted_at: int
    withdrawn: bool = False


async def of(tx: Tx, uri: str) -> Tombstone | None:
    """Return what remains of an object that is deleted for good: the first word that it is."""
    row = await tx.one(
        """SELECT uri, by, former_type, deleted_at FROM tombstones WHERE uri = :uri AND withdrawn = 0
            ORDER BY deleted_at LIMIT 1""",
        uri=uri,
    )
    return Tombstone(row["uri"], row["by"], row["former_type"], row["deleted_at"]) if row else None


async def bury(tx: Tx, tombstones: Iterable[Tombstone]) -> None:
    """Remember deletions: of each object, by each who says so, the first one stands, or what was withdrawn last."""
    await tx.many(
        """INSERT INTO tombstones (uri, by, former_type, deleted_at, withdrawn)
           VALUES (:uri, :by, :former_type, :deleted_at, :withdrawn)
           ON CONFLICT (uri, by) DO UPDATE SET former_type = excluded.former_type,
                  deleted_at = excluded.deleted_at, withdrawn = excluded.withdrawn
            WHERE tombstones.withdrawn = 1
              AND (excluded.withdrawn = 0 OR excluded.deleted_at > tombstones.deleted_at)""",
        [
            {name: getattr(one, name) for name in Tombstone.__slots__} | {"withdrawn": int(one.withdrawn)}
            for one in tombstones
        ],
    )


async def is_buried(tx: Tx, uri: str, *, by: str) -> bool:
    """Tell whether this uri was deleted by this actor, or by their node: it never enters again, on any path.

    A node orders erasures for all its people, and of what is not here yet nobody else knows whose it is.
    """
    found = await tx.one(
        "SELECT 1 AS found FROM tombstones WHERE uri = :uri AND by IN (:actors) AND withdrawn = 0 LIMIT 1",
        uri=uri,
        actors=[by, node_of(by)],
    )
    return found is not None


async def is_withdrawn(tx: Tx, uri: str, *, version: int) -> bool:
    """Tell whether a version of an object (when it was written, Unix ms) was taken back by its node before it came."""
    found = await tx.one(
        "SELECT 1 AS found FROM tombstones WHERE uri = :uri AND withdrawn = 1 AND deleted_at >= :version",
        uri=uri,
        version=version,
    )
    return found is not None


async def readmit(tx: Tx, uri: str) -> None:
    """Let an object that was withdrawn come again: its origin shows it to us."""
    await tx.run("DELETE FROM tombstones WHERE uri = :uri AND withdrawn = 1", uri=uri)
