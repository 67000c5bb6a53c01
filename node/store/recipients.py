"""Who of the members here is told of something: their follows, blocks, mutes and policies, asked for all at once."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.domain.notifications import Policy, Standing, Verdict
from node.store import visible
from node.store.database import Row, Tx
from node.store.measures import LIMITED

_OLD_MS = 86_400_000
_MEMBER_HERE = "a.host = '' AND a.kind = 'Person' AND a.suspended_at IS NULL AND a.deleted_at IS NULL"

# The member is `a`, the sender `s`, the post `p`; without a post no conversation is muted, and all is seen.
_UNWANTED = """(EXISTS (SELECT 1 FROM blocks b WHERE (b.account_id = a.id AND b.target_id = s.id)
       OR (b.account_id = s.id AND b.target_id = a.id))
    OR EXISTS (SELECT 1 FROM mutes u WHERE u.account_id = a.id AND u.target_id = s.id AND u.notifications = 1
       AND (u.expires_at IS NULL OR u.expires_at > :now))
    OR EXISTS (SELECT 1 FROM host_mutes h WHERE h.account_id = a.id AND h.host = s.host)
    OR EXISTS (SELECT 1 FROM thread_mutes t WHERE t.account_id = a.id AND t.thread_id = p.thread_id))"""
_SEEN = f"((p.id IS NULL OR {visible.MEMBER}) AND {visible.known('s.id')})".replace(":viewer", "a.id")


@dataclass(frozen=True, slots=True)
class Told:
    """A member who is to be told: of which post, and by whom."""

    account_id: int
    sender_id: int
    post_id: int


async def standings(
    tx: Tx, account_ids: Iterable[int], *, sender_id: int, post_id: int | None, groups: list[str], now: int
) -> list[Standing]:
    """Return how each of these members stands to a sender and a post; who is no active member here is left out.

    One query. groups: which groups of notifications are looked for; now: Unix ms.
    """
    rows = await tx.all(
        f"""SELECT a.id, {_UNWANTED} AS unwanted, {_SEEN} AS seen, p.visibility,
              EXISTS (SELECT 1 FROM follows f WHERE f.target_id = s.id AND f.follower_id = a.id AND f.accepted = 1)
                AS following,
              (SELECT f.id FROM follows f WHERE f.target_id = a.id AND f.follower_id = s.id AND f.accepted = 1)
                AS followed_by,
              EXISTS (SELECT 1 FROM notification_requests r
                 WHERE r.account_id = a.id AND r.from_id = s.id AND r.accepted = 1) AS admitted,
              EXISTS (SELECT 1 FROM posts q JOIN mentions m ON m.post_id = q.id
                 WHERE q.thread_id = p.thread_id AND q.author_id = a.id AND q.visibility = 'direct'
                   AND m.account_id = s.id) AS answered,
              EXISTS (SELECT 1 FROM users u WHERE u.account_id = s.id AND u.role IN ('moderator', 'admin'))
                AS official,
              EXISTS (SELECT 1 FROM measures l WHERE l.account_id = s.id AND {LIMITED}) AS sender_limited,
              (SELECT MAX(n.group_key) FROM notifications n
                WHERE n.account_id = a.id AND n.group_key <> '' AND n.group_key IN (:groups)) AS joins,
              {", ".join(f"d.{name}" for name in Policy.__slots__)}
            FROM accounts a JOIN accounts s ON s.id = :sender LEFT JOIN posts p ON p.id = :post
              LEFT JOIN notification_policies d ON d.account_id = a.id
            WHERE a.id IN (:accounts) AND {_MEMBER_HERE}""",
        accounts=sorted(set(account_ids)),
        sender=sender_id,
        post=post_id or 0,
        groups=groups,
        now=now,
    )
    return [
        Standing(
            account_id=row["id"],
            unwanted=bool(row["unwanted"]),
            seen=bool(row["seen"]),
            following=bool(row["following"]),
            followed_by=row["followed_by"],
            admitted=bool(row["admitted"]),
            private=row["visibility"] == "direct",
            answered=bool(row["answered"]),
            official=bool(row["official"]),
            limited=bool(row["sender_limited"]),
            group=row["joins"],
            policy=policy(row),
        )
        for row in rows
    ]


def policy(row: Row) -> Policy:
    """Build the policy from a row with its columns; the usual one when they are empty."""
    if row["limited"] is None:
        return Policy()
    return Policy(**{name: Verdict(row[name]) for name in Policy.__slots__})


async def _told(tx: Tx, candidates: str, *, now: int, posts: list[int]) -> list[Told]:
    """Return who of the candidates (account_id, sender_id, post_id) is an active member here and wants to be told."""
    rows = await tx.all(
        f"""SELECT a.id, s.id AS sender, p.id AS post FROM ({candidates}) candidate
              JOIN accounts a ON a.id = candidate.account_id JOIN accounts s ON s.id = candidate.sender_id
              JOIN posts p ON p.id = candidate.post_id
             WHERE {_MEMBER_HERE} AND {_SEEN} AND NOT {_UNWANTED} ORDER BY p.id, a.id""",
        posts=posts,
        now=now,
    )
    return [Told(row["id"], row["sender"], row["post"]) for row in rows]


async def subscribers(tx: Tx, post_id: int, *, now: int) -> list[Told]:
    """Return who wants to be told of everything a post's author writes, and may see this one; one query.

    Of boosts and answers to others nobody is told, nor of what is old and came with its thread; nor is who is told
    already, as one who is named or whose wall it is. `now`: Unix ms.
    """
    return await _told(
        tx,
        f"""SELECT f.follower_id AS account_id, q.author_id AS sender_id, q.id AS post_id
             FROM posts q JOIN follows f ON f.target_id = q.author_id
            WHERE q.id IN (:posts) AND q.boost_of IS NULL AND q.visibility <> 'direct'
              AND q.published_at > CAST(:now AS BIGINT) - {_OLD_MS}
              AND f.accepted = 1 AND f.notify = 1 AND f.follower_id <> COALESCE(q.wall_id, 0)
              AND (f.languages = '' OR q.language = '' OR ' ' || f.languages || ' ' LIKE '% ' || q.language || ' %')
              AND (q.reply_to_uri = '' OR EXISTS (
                 SELECT 1 FROM posts r WHERE r.id = q.reply_to_id AND r.author_id = q.author_id))
              AND NOT EXISTS (SELECT 1 FROM mentions m WHERE m.post_id = q.id AND m.account_id = f.follower_id)""",
        now=now,
        posts=[post_id],
    )


async def boosters(tx: Tx, post_id: int, *, now: int) -> list[Told]:
    """Return who passed a post on, but its author; one query. `now`: Unix ms."""
    return await _told(
        tx,
        """SELECT b.author_id AS account_id, q.author_id AS sender_id, q.id AS post_id
             FROM posts q JOIN posts b ON b.boost_of = q.id
            WHERE q.id IN (:posts) AND b.author_id <> q.author_id""",
        now=now,
        posts=[post_id],
    )


async def quoters(tx: Tx, post_id: int, *, now: int) -> list[Told]:
    """Return who quotes a post, but its author, with their own post; one query. `now`: Unix ms."""
    return await _told(
        tx,
        """SELECT b.author_id AS account_id, q.author_id AS sender_id, b.id AS post_id
             FROM posts q JOIN posts b ON b.quote_id = q.id
            WHERE q.id IN (:posts) AND b.author_id <> q.author_id""",
        now=now,
        posts=[post_id],
    )


async def voters(tx: Tx, post_ids: list[int], *, now: int) -> list[Told]:
    """Return who asked in these polls, and who voted in them; one query. `now`: Unix ms."""
    return await _told(
        tx,
        """SELECT q.author_id AS account_id, q.author_id AS sender_id, q.id AS post_id
             FROM posts q WHERE q.id IN (:posts)
           UNION SELECT v.account_id, q.author_id, q.id
             FROM poll_votes v JOIN posts q ON q.id = v.post_id WHERE v.post_id IN (:posts)""",
        now=now,
        posts=post_ids,
    )


async def administrators(tx: Tx) -> list[int]:
    """Return the administrators of this node."""
    rows = await tx.all("SELECT account_id FROM users WHERE role = 'admin' ORDER BY account_id")
    return [row["account_id"] for row in rows]


async def take_ended_polls(tx: Tx, *, now: int, limit: int) -> list[int]:
    """Return the posts of polls that have ended (`now`: Unix ms) and of which nobody was told; they count as told."""
    lock = "FOR UPDATE SKIP LOCKED" if tx.dialect == "postgres" else ""
    rows = await tx.all(
        # Materialised: see `queues.claim_inbox`.
        f"""WITH ended AS MATERIALIZED (
              SELECT post_id FROM polls WHERE told = 0 AND ends_at IS NOT NULL AND ends_at <= :now
               ORDER BY ends_at LIMIT :limit {lock})
            UPDATE polls SET told = 1 WHERE post_id IN (SELECT post_id FROM ended) AND told = 0 RETURNING post_id""",
        now=now,
        limit=limit,
    )
    return sorted(row["post_id"] for row in rows)
