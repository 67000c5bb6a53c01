"""How contact with other nodes stands, for administrators: what waits, what was given up, what was set aside."""

from dataclasses import dataclass

from node.store.database import Tx
from node.store.pages import Page


@dataclass(frozen=True, slots=True)
class Contact:
    """A node of the organisation. queued: deliveries that wait for it, the oldest since `waiting_since`.

    failures: attempts that failed in a row; last_ok_at: when it last took a delivery, None for never; last_error: why
    it did not. Times are Unix ms.
    """

    host: str
    name: str
    kind: str
    queued: int
    waiting_since: int | None
    failures: int
    last_ok_at: int | None
    last_error: str


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A delivery that is not tried any more. state: unreachable, refused or gone; status: the last of HTTP, or 0."""

    id: int
    host: str
    type: str
    state: str
    attempts: int
    status: int
    error: str
    created_at: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """An activity of a peer that could not be handled, and why."""

    id: int
    host: str
    type: str
    attempts: int
    error: str
    received_at: int


async def of_members(tx: Tx, *, own: str) -> list[Contact]:
    """Return contact with every node of the organisation but `own` (a host); one query."""
    rows = await tx.all(
        """SELECT m.host, m.name, m.kind, COALESCE(d.queued, 0) AS queued, d.waiting_since,
                  COALESCE(h.failures, 0) AS failures, h.last_ok_at, COALESCE(h.last_error, '') AS last_error
             FROM organisation_members m
             LEFT JOIN hosts h ON h.host = m.host
             LEFT JOIN (SELECT host, COUNT(*) AS queued, MIN(created_at) AS waiting_since
                          FROM deliveries WHERE state = 'due' GROUP BY host) d ON d.host = m.host
            WHERE m.host <> :own ORDER BY m.host""",
        own=own,
    )
    return [Contact(**dict(row)) for row in rows]


async def given_up(tx: Tx, asked: Page) -> list[GivenUp]:
    """Return a page of deliveries that were given up, the latest first."""
    rows = await tx.all(
        f"""SELECT d.id, d.host, a.type, d.state, d.attempts, d.status, d.error, d.created_at
              FROM deliveries d JOIN activities a ON a.id = d.activity_id
             WHERE d.state IN ('unreachable', 'refused', 'gone') AND {asked.of("d.id")}""",
        **asked.values,
    )
    return asked.newest_first([GivenUp(**dict(row)) for row in rows])


async def set_aside(tx: Tx, asked: Page) -> list[SetAside]:
    """Return a page of what peers sent and was set aside, the latest first."""
    rows = await tx.all(
        f"""SELECT i.id, i.host, i.type, i.attempts, i.error, i.received_at FROM inbox_rows i
             WHERE i.state = 'failed' AND {asked.of("i.id")}""",
        **asked.values,
    )
    return asked.newest_first([SetAside(**dict(row)) for row in rows])
