"""What happened in one process of the node, for the open streams that another one holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import orjson

from node.domain.events import Event, PostDeleted, Streamed
from node.store.database import Tx

_KINDS: dict[str, Any] = {kind.__name__: kind for kind in get_args(Streamed)}


@dataclass(frozen=True, slots=True)
class Notice:
    """What one transaction told; `at` is Unix ms."""

    id: int
    at: int
    events: list[Event]


async def put(tx: Tx, *, id: int, process: str, events: Sequence[Event], now: int) -> None:
    """Leave a notice of what this transaction tells, unless no open stream would hear of it."""
    streamed = [event for event in events if type(event).__name__ in _KINDS]
    if streamed:
        await tx.run(
            "INSERT INTO notices (id, process, events, at) VALUES (:id, :process, :events, :now)",
            id=id,
            process=process,
            events=orjson.dumps([[type(event).__name__, event] for event in streamed]).decode(),
            now=now,
        )


async def since(tx: Tx, at: int, *, process: str) -> list[Notice]:
    """Return what other processes than `process` told since then (Unix ms), in order of time."""
    rows = await tx.all(
        "SELECT id, events, at FROM notices WHERE at >= :at AND process <> :process ORDER BY at, id",
        at=at,
        process=process,
    )
    return [Notice(row["id"], row["at"], [_event(*told) for told in orjson.loads(row["events"])]) for row in rows]


async def forget(tx: Tx, *, before: int) -> None:
    """Drop old notices: every process has read them, or does not run."""
    await tx.run("DELETE FROM notices WHERE at < :before", before=before)


def _event(kind: str, values: dict[str, Any]) -> Event:
    if _KINDS[kind] is PostDeleted:
        values["had"] = tuple(values["had"])
    event: Event = _KINDS[kind](**values)
    return event
