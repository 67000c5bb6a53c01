"""Streams of posts: home (written as posts arrive), unit, organisation, walls."""

from node.domain.posts import Post
from node.store import visible
from node.store.database import Tx
from node.store.posts import COLUMNS, post


async def home(tx: Tx, account_id: int, *, before: int, limit: int) -> list[Post]:
    """Return a member's home stream, newest first; `before` is an id, exclusive.

    Visibility is checked again as it is read: a follow may have ended, an author been suspended (L04, I13).
    """
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM home_entries h JOIN posts p ON p.id = h.id
             WHERE h.account_id = :viewer AND h.id < :before AND {visible.MEMBER} AND {visible.BOOSTED}
             ORDER BY h.id DESC LIMIT :limit""",
        viewer=account_id,
        before=before,
        limit=limit,
    )
    return [post(row) for row in rows]


async def unit(tx: Tx, *, viewer_id: int, before: int, limit: int) -> list[Post]:
    """Return what people of this node wrote for unit or organisation, newest first (index posts_unit)."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM posts p
             WHERE p.local = 1 AND p.visibility IN ('unit', 'organisation') AND p.boost_of IS NULL
               AND p.id < :before AND {visible.MEMBER}
             ORDER BY p.id DESC LIMIT :limit""",
        viewer=viewer_id,
        before=before,
        limit=limit,
    )
    return [post(row) for row in rows]


async def organisation(tx: Tx, *, viewer_id: int, before: int, limit: int) -> list[Post]:
    """Return what people of every node wrote for the organisation, newest first (index posts_organisation)."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM posts p
             WHERE p.visibility IN ('organisation', 'public') AND p.boost_of IS NULL
               AND p.id < :before AND {visible.MEMBER}
             ORDER BY p.id DESC LIMIT :limit""",
        viewer=viewer_id,
        before=before,
        limit=limit,
    )
    return [post(row) for row in rows]


async def tag(tx: Tx, name: str, *, viewer_id: int, before: int, limit: int) -> list[Post]:
    """Return what was written with a hashtag (lower-case, without the sign), newest first."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM hashtags t JOIN posts p ON p.id = t.post_id
             WHERE t.name = :name AND t.post_id < :before AND {visible.MEMBER}
             ORDER BY t.post_id DESC LIMIT :limit""",
        name=name,
        viewer=viewer_id,
        before=before,
        limit=limit,
    )
    return [post(row) for row in rows]


async def wall(tx: Tx, account_id: int, *, viewer_id: int, before: int, limit: int) -> list[Post]:
    """Return what stands on somebody's wall: their own posts and boosts, and what others wrote there.

    Each half is read by its own index and no further than the page: one query for both would read the whole wall.
    """
    seen = f"p.id < :before AND {visible.MEMBER} AND {visible.BOOSTED} ORDER BY p.id DESC LIMIT :limit"
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM posts p WHERE p.id IN (
               SELECT id FROM (SELECT p.id FROM posts p
                  WHERE p.author_id = :account AND p.wall_id IS NULL AND {seen}) AS own
               UNION ALL
               SELECT id FROM (SELECT p.id FROM posts p
                  WHERE p.wall_id = :account AND (p.wall_shown = 1 OR p.author_id = :viewer) AND {seen}) AS others)
             ORDER BY p.id DESC LIMIT :limit""",
        account=account_id,
        viewer=viewer_id,
        before=before,
        limit=limit,
    )
    return [post(row) for row in rows]


async def add_to_followers(tx: Tx, *, id: int, author_id: int) -> None:
    """Write a post into the home of its author and of every follower here; one statement."""
    await tx.run(
        """INSERT INTO home_entries (account_id, id)
           SELECT f.follower_id, CAST(:id AS BIGINT) FROM follows f JOIN accounts a ON a.id = f.follower_id
            WHERE f.target_id = :author AND f.accepted = 1 AND a.host = '' AND a.deleted_at IS NULL
           UNION
           SELECT a.id, CAST(:id AS BIGINT) FROM accounts a WHERE a.id = :author AND a.host = ''
           ON CONFLICT DO NOTHING""",
        id=id,
        author=author_id,
    )


async def add_to(tx: Tx, *, id: int, account_ids: list[int]) -> None:
    """Write a post into the homes of these members."""
    await tx.many(
        "INSERT INTO home_entries (account_id, id) VALUES (:account, :id) ON CONFLICT DO NOTHING",
        [{"account": account, "id": id} for account in account_ids],
    )


async def backfill(tx: Tx, *, account_id: int, author_id: int, limit: int = 20) -> None:
    """Give a new follower the author's latest posts."""
    await tx.run(
        """INSERT INTO home_entries (account_id, id)
           SELECT CAST(:account AS BIGINT), p.id FROM posts p
            WHERE p.author_id = :author AND p.visibility <> 'direct' AND p.wall_id IS NULL
            ORDER BY p.id DESC LIMIT :limit
           ON CONFLICT DO NOTHING""",
        account=account_id,
        author=author_id,
        limit=limit,
    )


async def forget_author(tx: Tx, *, account_id: int, author_id: int) -> None:
    """Take an author's posts out of a home stream, when the follow ends."""
    await tx.run(
        """DELETE FROM home_entries WHERE account_id = :account
              AND id IN (SELECT id FROM posts WHERE author_id = :author)""",
        account=account_id,
        author=author_id,
    )
