"""How much waits for a member: the numbers beside the entries of the menu."""

from dataclasses import dataclass

from node.store import markers, notifications
from node.store.database import Tx

MOST = 100
"""No more are counted: the menu says "99+"."""


@dataclass(frozen=True, slots=True)
class Badges:
    """Unread notifications, conversations with unread messages, and what waits for those who look after it.

    complaints: the open ones, for moderators; cases: those that the desk has to answer.
    """

    notifications: int = 0
    conversations: int = 0
    complaints: int = 0
    cases: int = 0


NONE = Badges()


async def of(tx: Tx, account_id: int, *, moderates: bool, guards: bool) -> Badges:
    """Return what waits for a member, each number at most `MOST`."""
    read = await markers.last_read(tx, account_id, "notifications")
    row = await tx.one(
        """SELECT (SELECT COUNT(*) FROM (
                     SELECT 1 FROM conversations WHERE account_id = :account AND unread = 1 LIMIT :most) AS c)
                       AS unread,
                  (SELECT COUNT(*) FROM (
                     SELECT 1 FROM reports WHERE :moderates = 1 AND state = 'open' LIMIT :most) AS r) AS open,
                  (SELECT COUNT(*) FROM (
                     SELECT 1 FROM cases WHERE :guards = 1 AND state IN ('open', 'appealed') LIMIT :most) AS k)
                       AS cases""",
        account=account_id,
        moderates=int(moderates),
        guards=int(guards),
        most=MOST,
    )
    assert row is not None
    news = await notifications.count(tx, account_id, after=read, most=MOST)
    return Badges(news, row["unread"], row["open"], row["cases"])
