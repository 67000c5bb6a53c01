"""Rows of push subscriptions: one for each access token."""

from dataclasses import dataclass

from node.domain.push import Circle, Subscription
from node.store.database import Row, Tx

_COLUMNS = """s.id, s.token_hash, s.account_id, s.endpoint, s.p256dh, s.auth, s.standard, s.alerts, s.policy,
    s.created_at"""


def _subscription(row: Row) -> Subscription:
    return Subscription(
        id=row["id"],
        token_hash=row["token_hash"],
        account_id=row["account_id"],
        endpoint=row["endpoint"],
        p256dh=row["p256dh"],
        auth=row["auth"],
        standard=bool(row["standard"]),
        alerts=frozenset(row["alerts"].split()),
        policy=Circle(row["policy"]),
        created_at=row["created_at"],
    )


async def put(tx: Tx, subscription: Subscription) -> None:
    """Keep a subscription in place of the one that its token had."""
    await remove_of(tx, subscription.token_hash)
    await tx.run(
        """INSERT INTO push_subscriptions
              (id, token_hash, account_id, endpoint, p256dh, auth, standard, alerts, policy, created_at)
           VALUES (:id, :token, :account, :endpoint, :p256dh, :auth, :standard, :alerts, :policy, :at)""",
        id=subscription.id,
        token=subscription.token_hash,
        account=subscription.account_id,
        endpoint=subscription.endpoint,
        p256dh=subscription.p256dh,
        auth=subscription.auth,
        standard=int(subscription.standard),
        alerts=" ".join(sorted(subscription.alerts)),
        policy=subscription.policy.value,
        at=subscription.created_at,
    )


async def of(tx: Tx, token_hash: str) -> Subscription | None:
    """Return the subscription of an access token."""
    row = await tx.one(f"SELECT {_COLUMNS} FROM push_subscriptions s WHERE s.token_hash = :token", token=token_hash)
    return _subscription(row) if row else None


async def choose(tx: Tx, token_hash: str, *, alerts: frozenset[str], policy: Circle) -> None:
    """Change what is pushed to the client of an access token."""
    await tx.run(
        "UPDATE push_subscriptions SET alerts = :alerts, policy = :policy WHERE token_hash = :token",
        token=token_hash,
        alerts=" ".join(sorted(alerts)),
        policy=policy.value,
    )


async def remove_of(tx: Tx, token_hash: str) -> None:
    """End the subscription of an access token."""
    await tx.run("DELETE FROM push_subscriptions WHERE token_hash = :token", token=token_hash)


async def remove(tx: Tx, id: int) -> None:
    """End a subscription."""
    await tx.run("DELETE FROM push_subscriptions WHERE id = :id", id=id)


@dataclass(frozen=True, slots=True)
class Telling:
    """A member's subscriptions, the language they are told in, and how they stand to who caused a notification."""

    subscriptions: list[Subscription]
    language: str
    followed: bool
    follower: bool


async def telling(tx: Tx, account_id: int, *, from_id: int) -> Telling | None:
    """Return how a member is told of something that `from_id` caused; None: they subscribed nowhere. One query."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS}, u.language,
                   EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = :account AND f.target_id = :sender
                              AND f.accepted = 1) AS followed,
                   EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = :sender AND f.target_id = :account
                              AND f.accepted = 1) AS follower
              FROM push_subscriptions s JOIN users u ON u.account_id = s.account_id
              JOIN accounts a ON a.id = s.account_id
             WHERE s.account_id = :account AND a.suspended_at IS NULL AND a.deleted_at IS NULL ORDER BY s.id""",
        account=account_id,
        sender=from_id,
    )
    if not rows:
        return None
    found = rows[0]
    return Telling(
        [_subscription(row) for row in rows], found["language"], bool(found["followed"]), bool(found["follower"])
    )
