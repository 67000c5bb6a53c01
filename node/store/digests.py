"""What mails tell one member: read when they leave."""

from node.domain import ids
from node.domain.accounts import Account
from node.domain.announcements import Announcement
from node.domain.notifications import Notification
from node.domain.posts import Post
from node.store import accounts, announcements, notifications, posts, visible
from node.store.database import Tx
from node.store.people import ACTIVE, SHOWN


async def unread(tx: Tx, account_id: int, *, since: int, read: int, limit: int) -> list[Notification]:
    """Return what a member was notified of since then (Unix ms) and has not read, newest first; `read`: the marker."""
    rows = await tx.all(
        f"""SELECT {notifications.COLUMNS} FROM {notifications.ROWS}
             WHERE {notifications.SHOWN} AND n.id > :read AND n.created_at > :since ORDER BY n.id DESC LIMIT :limit""",
        viewer=account_id,
        read=read,
        since=since,
        limit=limit,
        **notifications.ALL.values,
    )
    return [notifications.notification(row) for row in rows]


async def chosen(tx: Tx, account_id: int, notification_ids: list[int]) -> list[Notification]:
    """Return those of a member's notifications that are still there, and that the member may see, oldest first."""
    rows = await tx.all(
        f"""SELECT {notifications.COLUMNS} FROM {notifications.ROWS}
             WHERE {notifications.SHOWN} AND n.id IN (:ids) ORDER BY n.id""",
        viewer=account_id,
        ids=notification_ids,
        **notifications.ALL.values,
    )
    return [notifications.notification(row) for row in rows]


async def talked_about(tx: Tx, account_id: int, *, since: int, limit: int) -> list[Post]:
    """Return the most answered posts since then (Unix ms) that everybody of unit or organisation may read.

    Of others than the member, whom the member has not muted. The cost grows with what was written since.
    """
    rows = await tx.all(
        f"""SELECT {posts.COLUMNS} FROM posts p
             WHERE p.visibility IN ('unit', 'organisation', 'public') AND p.boost_of IS NULL AND p.replies > 0
               AND p.reply_to_uri = '' AND p.id > :first AND p.author_id <> :viewer
               AND {visible.MEMBER} AND {visible.UNMUTED}
             ORDER BY p.replies DESC, p.id DESC LIMIT :limit""",
        viewer=account_id,
        first=ids.at(since),
        limit=limit,
    )
    return [posts.post(tx, row) for row in rows]


async def new_colleagues(tx: Tx, account_id: int, *, since: int, limit: int) -> list[Account]:
    """Return who became a member of this node since then (Unix ms), the latest first; guests and personas are none."""
    rows = await tx.all(
        f"""SELECT {accounts.COLUMNS} FROM users u JOIN accounts a ON a.id = u.account_id
             WHERE u.created_at > :since AND a.id <> :viewer AND a.guest = 0 AND a.persona = 0 AND {ACTIVE} AND {SHOWN}
             ORDER BY u.created_at DESC, a.id DESC LIMIT :limit""",
        viewer=account_id,
        since=since,
        limit=limit,
    )
    return [accounts.account(tx, row) for row in rows]


async def announced(tx: Tx, *, since: int, now: int) -> list[Announcement]:
    """Return what was announced since then and is not over (Unix ms)."""
    return [one for one in await announcements.present(tx, now=now) if one.published_at > since]
