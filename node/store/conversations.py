"""Rows of conversations: a thread's direct messages, as one of its members sees them."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.store import visible
from node.store.database import Row, Tx
from node.store.pages import Page

_COLUMNS = "id, account_id, thread_id, last_id, unread"

# A direct message to or from the member whose conversation it is, but for some.
_OTHERS = """FROM posts p WHERE p.thread_id = conversations.thread_id AND p.visibility = 'direct'
    AND p.boost_of IS NULL AND p.id NOT IN (:posts)
    AND (p.author_id = conversations.account_id OR p.wall_id = conversations.account_id
       OR EXISTS (SELECT 1 FROM mentions m WHERE m.post_id = p.id AND m.account_id = conversations.account_id))"""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A member's conversation. last_id: its newest message, and its place in the list."""

    id: int
    account_id: int
    thread_id: int
    last_id: int
    unread: bool


def _conversation(row: Row) -> Conversation:
    return Conversation(row["id"], row["account_id"], row["thread_id"], row["last_id"], bool(row["unread"]))


async def page(tx: Tx, account_id: int, page: Page) -> list[Conversation]:
    """Return a member's conversations; they are paged by the ids of their newest messages."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM conversations WHERE account_id = :account AND {page.of('last_id')}",
        account=account_id,
        **page.values,
    )
    return page.newest_first([_conversation(row) for row in rows])


async def by_id(tx: Tx, id: int, *, account_id: int) -> Conversation | None:
    """Return one of a member's conversations."""
    row = await tx.one(
        f"SELECT {_COLUMNS} FROM conversations WHERE id = :id AND account_id = :account", id=id, account=account_id
    )
    return _conversation(row) if row else None


async def people(tx: Tx, thread_ids: Iterable[int], *, viewer_id: int) -> dict[int, list[int]]:
    """Return thread → who else wrote, or was sent, the direct messages in it that a member may see; one query."""
    seen = f"p.thread_id IN (:threads) AND p.visibility = 'direct' AND p.boost_of IS NULL AND {visible.MEMBER}"
    rows = await tx.all(
        f"""SELECT thread_id, account_id FROM (
              SELECT p.thread_id, p.author_id AS account_id FROM posts p WHERE {seen}
              UNION SELECT p.thread_id, p.wall_id FROM posts p WHERE p.wall_id IS NOT NULL AND {seen}
              UNION SELECT p.thread_id, n.account_id FROM posts p JOIN mentions n ON n.post_id = p.id WHERE {seen}
            ) AS person WHERE account_id <> :viewer ORDER BY thread_id, account_id""",
        threads=sorted(set(thread_ids)),
        viewer=viewer_id,
    )
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row["thread_id"], []).append(row["account_id"])
    return found


async def put(tx: Tx, conversations: Iterable[Conversation]) -> None:
    """Note a message in its members' conversations. Noted again it changes nothing.

    One that comes late does not take the newest one's place; it makes the conversation unread all the same.
    """
    await tx.many(
        """INSERT INTO conversations (id, account_id, thread_id, last_id, unread)
           VALUES (:id, :account, :thread, :last, :unread)
           ON CONFLICT (thread_id, account_id) DO UPDATE SET
              unread = CASE WHEN excluded.last_id > conversations.last_id THEN excluded.unread
                       WHEN excluded.last_id < conversations.last_id AND excluded.unread = 1 THEN 1
                       ELSE conversations.unread END,
              last_id = CASE WHEN excluded.last_id > conversations.last_id
                        THEN excluded.last_id ELSE conversations.last_id END""",
        [
            {
                "id": one.id,
                "account": one.account_id,
                "thread": one.thread_id,
                "last": one.last_id,
                "unread": int(one.unread),
            }
            for one in conversations
        ],
    )


async def ids(tx: Tx, conversations: list[Conversation]) -> list[tuple[int, int]]:
    """Return (member, conversation) of those that are kept for these members and threads; one query."""
    rows = await tx.all(
        "SELECT id, account_id FROM conversations WHERE thread_id IN (:threads) AND account_id IN (:accounts)",
        threads=sorted({one.thread_id for one in conversations}),
        accounts=sorted({one.account_id for one in conversations}),
    )
    return [(row["account_id"], row["id"]) for row in rows]


async def mark_read(tx: Tx, id: int, *, account_id: int) -> bool:
    """Mark a member's conversation as read; False when it is not there."""
    return (
        await tx.run(
            "UPDATE conversations SET unread = 0 WHERE id = :id AND account_id = :account", id=id, account=account_id
        )
        == 1
    )


async def remove(tx: Tx, id: int, *, account_id: int) -> bool:
    """Take a conversation off a member's list; False when it is not there. The next message brings it back."""
    return (
        await tx.run("DELETE FROM conversations WHERE id = :id AND account_id = :account", id=id, account=account_id)
        == 1
    )


async def forget(tx: Tx, post_ids: list[int], *, threads: list[int]) -> None:
    """Messages in these threads are, or will be, deleted: what ends with one ends with the one before, or is over."""
    ending = "thread_id IN (:threads) AND last_id IN (:posts)"
    await tx.run(
        f"""UPDATE conversations SET last_id = (SELECT MAX(p.id) {_OTHERS})
             WHERE {ending} AND EXISTS (SELECT 1 {_OTHERS})""",
        posts=post_ids,
        threads=threads,
    )
    await tx.run(f"DELETE FROM conversations WHERE {ending}", posts=post_ids, threads=threads)


async def held_back(tx: Tx, from_ids: list[int], *, account_id: int) -> dict[int, int]:
    """Return thread → its newest direct message from these people that waits among a member's requests."""
    rows = await tx.all(
        """SELECT p.thread_id, MAX(p.id) AS last_id FROM notifications n JOIN posts p ON p.id = n.post_id
            WHERE n.account_id = :account AND n.filtered = 1 AND n.from_id IN (:senders)
              AND n.kind IN ('mention', 'wall') AND p.visibility = 'direct'
            GROUP BY p.thread_id ORDER BY p.thread_id""",
        account=account_id,
        senders=from_ids,
    )
    return {row["thread_id"]: row["last_id"] for row in rows}


async def join_threads(tx: Tx, thread_ids: list[int], *, into: int) -> None:
    """Threads turn out to be parts of one: each member's conversations in them become one, and so do their mutes."""
    values = {"threads": [*thread_ids, into], "into": into}
    await tx.run(
        """UPDATE conversations SET unread = 1 WHERE unread = 0 AND thread_id IN (:threads) AND EXISTS (
              SELECT 1 FROM conversations c WHERE c.account_id = conversations.account_id
                 AND c.thread_id IN (:threads) AND c.unread = 1)""",
        threads=values["threads"],
    )
    await tx.run(
        """DELETE FROM conversations WHERE thread_id IN (:threads) AND EXISTS (
              SELECT 1 FROM conversations c WHERE c.account_id = conversations.account_id
                 AND c.thread_id IN (:threads) AND c.last_id > conversations.last_id)""",
        threads=values["threads"],
    )
    await tx.run("UPDATE conversations SET thread_id = :into WHERE thread_id IN (:threads)", **values)
    await tx.run(
        """INSERT INTO thread_mutes (account_id, thread_id)
           SELECT DISTINCT t.account_id, CAST(:into AS BIGINT) FROM thread_mutes t WHERE t.thread_id IN (:threads)
           ON CONFLICT DO NOTHING""",
        **values,
    )
    await tx.run("DELETE FROM thread_mutes WHERE thread_id IN (:threads)", threads=thread_ids)
