"""Rows of notification policies, and of whose notifications wait because of them or are let through."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.domain.notifications import PERSONAL, Policy
from node.store.database import Row, Tx
from node.store.pages import Page
from node.store.recipients import policy


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody whose messages wait. count: how many; last_post_id: the newest; from when to when, in Unix ms."""

    id: int
    from_id: int
    count: int
    last_post_id: int
    first_at: int
    last_at: int


# Of a favourite that is held back nobody is asked (Mastodon).
_WAITING = f"""notification_requests r JOIN accounts a ON a.id = r.from_id
      AND a.suspended_at IS NULL AND a.hidden_at IS NULL AND a.deleted_at IS NULL
    JOIN notifications n ON n.account_id = r.account_id AND n.from_id = r.from_id AND n.filtered = 1
      AND n.kind IN ({", ".join(f"'{kind}'" for kind in PERSONAL)})"""
_REQUESTS = f"""SELECT r.id, r.from_id, COUNT(*) AS count, MAX(n.post_id) AS last_post_id,
      MIN(n.created_at) AS first_at, MAX(n.created_at) AS last_at
    FROM {_WAITING} WHERE r.account_id = :account AND r.accepted = 0 GROUP BY r.id, r.from_id"""


def _request(row: Row) -> Request:
    return Request(**{name: row[name] for name in Request.__slots__})


async def of(tx: Tx, account_id: int) -> Policy:
    """Return a member's policy."""
    row = await tx.one(
        f"SELECT {', '.join(Policy.__slots__)} FROM notification_policies WHERE account_id = :id", id=account_id
    )
    return policy(row) if row else Policy()


async def put(tx: Tx, account_id: int, policy: Policy) -> None:
    """Write a member's policy."""
    names = Policy.__slots__
    await tx.run(
        f"""INSERT INTO notification_policies (account_id, {", ".join(names)})
            VALUES (:id, {", ".join(f":{name}" for name in names)})
            ON CONFLICT (account_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in names)}""",
        id=account_id,
        **{name: getattr(policy, name).value for name in names},
    )


async def waiting(tx: Tx, account_id: int) -> tuple[int, int]:
    """Return how many people's messages wait for a member, and how many messages."""
    row = await tx.one(
        f"""SELECT COUNT(DISTINCT r.id) AS people, COUNT(*) AS messages FROM {_WAITING}
             WHERE r.account_id = :account AND r.accepted = 0""",
        account=account_id,
    )
    return (row["people"], row["messages"]) if row else (0, 0)


async def requests(tx: Tx, account_id: int, page: Page) -> list[Request]:
    """Return a member's requests."""
    rows = await tx.all(
        f"SELECT * FROM ({_REQUESTS}) AS request WHERE {page.of('id')}", account=account_id, **page.values
    )
    return page.newest_first([_request(row) for row in rows])


async def request(tx: Tx, id: int, *, account_id: int) -> Request | None:
    """Return one of a member's requests."""
    row = await tx.one(f"SELECT * FROM ({_REQUESTS}) AS request WHERE id = :id", id=id, account=account_id)
    return _request(row) if row else None


async def hold_back(tx: Tx, account_ids: Iterable[tuple[int, int]], *, from_id: int) -> None:
    """Note, as (new id, member) pairs, for whom somebody's messages wait."""
    await tx.many(
        """INSERT INTO notification_requests (id, account_id, from_id, accepted)
           VALUES (:id, :account, :sender, 0) ON CONFLICT DO NOTHING""",
        [{"id": id, "account": account, "sender": from_id} for id, account in account_ids],
    )


async def senders(tx: Tx, ids: Iterable[int], *, account_id: int) -> list[int]:
    """Return who is behind those of the requests that are this member's and wait."""
    rows = await tx.all(
        """SELECT from_id FROM notification_requests
            WHERE id IN (:ids) AND account_id = :account AND accepted = 0 ORDER BY id""",
        ids=sorted(set(ids)),
        account=account_id,
    )
    return [row["from_id"] for row in rows]


async def let_through(tx: Tx, from_ids: list[int], *, account_id: int) -> None:
    """Let these people's notifications through: those that wait, and from now on."""
    await tx.run(
        "UPDATE notification_requests SET accepted = 1 WHERE account_id = :account AND from_id IN (:senders)",
        account=account_id,
        senders=from_ids,
    )
    await tx.run(
        """UPDATE notifications SET filtered = 0
            WHERE account_id = :account AND filtered = 1 AND from_id IN (:senders)""",
        account=account_id,
        senders=from_ids,
    )


async def drop(tx: Tx, from_ids: list[int], *, account_id: int) -> None:
    """Remove what waits of these people, and the requests; what they do later makes new ones."""
    await tx.run(
        "DELETE FROM notification_requests WHERE account_id = :account AND accepted = 0 AND from_id IN (:senders)",
        account=account_id,
        senders=from_ids,
    )
    await tx.run(
        "DELETE FROM notifications WHERE account_id = :account AND filtered = 1 AND from_id IN (:senders)",
        account=account_id,
        senders=from_ids,
    )
