"""How much waits for a member: the number beside an entry of the menu."""

from dataclasses import dataclass

from node.store import markers, notifications
from node.store.database import Tx

MOST = 100
"""No more are counted: the menu says "99+"."""


@dataclass(frozen=True, slots=True)
class Badges:
    """Unread notifications."""

    notifications: int = 0


NONE = Badges()


async def of(tx: Tx, account_id: int) -> Badges:
    """Return what waits for a member, at most `MOST`."""
    read = await markers.last_read(tx, account_id, "notifications")
    return Badges(await notifications.count(tx, account_id, after=read, most=MOST))
