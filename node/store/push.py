"""Rows of push subscriptions: one at most for each access token, and for each session of a browser."""

from dataclasses import dataclass

from node.domain.push import Circle, Holder, Subscription, Way
from node.store.database import Row, Tx
from node.store.guests import STAYS
from node.store.people import ACTIVE

_COLUMNS = """s.id, s.token_hash, s.session_hash, s.account_id, s.endpoint, s.p256dh, s.auth, s.standard,
    s.alerts, s.policy, s.created_at"""
_HELD = {Way.APP: "token_hash = :holder", Way.BROWSER: "session_hash = :holder"}
_LASTS = """(s.session_hash IS NULL
    OR EXISTS (SELECT 1 FROM sessions b WHERE b.hash = s.session_hash AND b.seen_at > :seen_after))"""


def _subscription(row: Row) -> Subscription:
    return Subscription(
        id=row["id"],
        holder=_holder(row),
        account_id=row["account_id"],
        endpoint=row["endpoint"],
        p256dh=row["p256dh"],
        auth=row["auth"],
        standard=bool(row["standard"]),
        alerts=frozenset(row["alerts"].split()),
        policy=Circle(row["policy"]),
        created_at=row["created_at"],
    )


def _holder(row: Row) -> Holder:
    if row["token_hash"] is not None:
        return Holder(Way.APP, row["token_hash"])
    return Holder(Way.BROWSER, row["session_hash"])


async def put(tx: Tx, subscription: Subscription) -> None:
    """Keep a subscription in place of the one that its holder had.

    A browser is told things for one session only: those that were signed in at it before are not told there.
    """
    holder = subscription.holder
    await remove_of(tx, holder)
    if holder.way is Way.BROWSER:
        await tx.run(
            "DELETE FROM push_subscriptions WHERE endpoint = :endpoint AND session_hash IS NOT NULL",
            endpoint=subscription.endpoint,
        )
    await tx.run(
        """INSERT INTO push_subscriptions
              (id, token_hash, session_hash, account_id, endpoint, p256dh, auth, standard, alerts, policy, created_at)
           VALUES (:id, :token, :session, :account, :endpoint, :p256dh, :auth, :standard, :alerts, :policy, :at)""",
        id=subscription.id,
        token=holder.hash if holder.way is Way.APP else None,
        session=holder.hash if holder.way is Way.BROWSER else None,
        account=subscription.account_id,
        endpoint=subscription.endpoint,
        p256dh=subscription.p256dh,
        auth=subscription.auth,
        standard=int(subscription.standard),
        alerts=" ".join(sorted(subscription.alerts)),
        policy=subscription.policy.value,
        at=subscription.created_at,
    )


async def of(tx: Tx, holder: Holder) -> Subscription | None:
    """Return the subscription of an access token or session."""
    row = await tx.one(f"SELECT {_COLUMNS} FROM push_subscriptions s WHERE s.{_HELD[holder.way]}", holder=holder.hash)
    return _subscription(row) if row else None


async def choose(tx: Tx, holder: Holder, *, alerts: frozenset[str], policy: Circle) -> None:
    """Change what is pushed to the client of an access token or session."""
    await tx.run(
        f"UPDATE push_subscriptions SET alerts = :alerts, policy = :policy WHERE {_HELD[holder.way]}",
        holder=holder.hash,
        alerts=" ".join(sorted(alerts)),
        policy=policy.value,
    )


async def remove_of(tx: Tx, holder: Holder) -> None:
    """End the subscription of an access token or session."""
    await tx.run(f"DELETE FROM push_subscriptions WHERE {_HELD[holder.way]}", holder=holder.hash)


async def remove(tx: Tx, id: int, *, account_id: int) -> None:
    """End a subscription of an account."""
    await tx.run("DELETE FROM push_subscriptions WHERE id = :id AND account_id = :account", id=id, account=account_id)


@dataclass(frozen=True, slots=True)
class Device:
    """Where a member is told. app: the name of an app, or of a member's token; '' for a browser."""

    id: int
    holder: Holder
    app: str
    created_at: int


async def devices(tx: Tx, account_id: int, *, seen_after: int, limit: int) -> list[Device]:
    """Return where an account is told, the newest first; browsers only whose session was used since (Unix ms)."""
    rows = await tx.all(
        f"""SELECT s.id, s.token_hash, s.session_hash, s.created_at, COALESCE(a.name, t.name, '') AS app
              FROM push_subscriptions s LEFT JOIN tokens t ON t.hash = s.token_hash
              LEFT JOIN applications a ON a.id = t.application_id
             WHERE s.account_id = :account AND {_LASTS} ORDER BY s.id DESC LIMIT :limit""",
        account=account_id,
        seen_after=seen_after,
        limit=limit,
    )
    return [Device(row["id"], _holder(row), row["app"], row["created_at"]) for row in rows]


@dataclass(frozen=True, slots=True)
class Telling:
    """A member's subscriptions, the language they are told in, and how they stand to who caused a notification."""

    subscriptions: list[Subscription]
    language: str
    followed: bool
    follower: bool


async def telling(tx: Tx, account_id: int, *, from_id: int, seen_after: int, now: int) -> Telling | None:
    """Return how a member is told of something that `from_id` caused; None: they subscribed nowhere. One query.

    seen_after, now: Unix ms; browsers whose session was not used since are told nothing.
    """
    rows = await tx.all(
        f"""SELECT {_COLUMNS}, u.language,
                   EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = :account AND f.target_id = :sender
                              AND f.accepted = 1) AS followed,
                   EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = :sender AND f.target_id = :account
                              AND f.accepted = 1) AS follower
              FROM push_subscriptions s JOIN users u ON u.account_id = s.account_id
              JOIN accounts a ON a.id = s.account_id
             WHERE s.account_id = :account AND {ACTIVE} AND {STAYS} AND {_LASTS}
             ORDER BY s.id""",
        account=account_id,
        sender=from_id,
        seen_after=seen_after,
        now=now,
    )
    if not rows:
        return None
    found = rows[0]
    return Telling(
        [_subscription(row) for row in rows], found["language"], bool(found["followed"]), bool(found["follower"])
    )
