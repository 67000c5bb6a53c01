"""Rows of notice boards: what stands on one now, what has left it, and its categories."""

from collections.abc import Iterable

from node.domain.boards import Notice
from node.domain.posts import Post
from node.domain.words import words
from node.store import visible
from node.store.database import Tx
from node.store.pages import Page
from node.store.posts import COLUMNS, post
from node.store.words import texts

_ON_BOARD = f"""p.author_id = :page AND p.boost_of IS NULL AND p.reply_to_uri = '' AND p.wall_id IS NULL
    AND {visible.MEMBER}"""
_NOW = "(n.starts_at IS NULL OR n.starts_at <= :now) AND (n.ends_at IS NULL OR n.ends_at > :now)"
_OVER = "n.ends_at <= :now"
_NOTICES = "posts p LEFT JOIN board_notices n ON n.post_id = p.id"


async def put(tx: Tx, post_id: int, notice: Notice) -> None:
    """Write what a post carries as a notice, in place of what it carried."""
    await tx.run(
        """INSERT INTO board_notices (post_id, category, starts_at, ends_at)
           VALUES (:post, :category, :starts, :ends)
           ON CONFLICT (post_id) DO UPDATE SET category = excluded.category, starts_at = excluded.starts_at,
             ends_at = excluded.ends_at""",
        post=post_id,
        category=notice.category,
        starts=notice.starts_at,
        ends=notice.ends_at,
    )


async def forget(tx: Tx, post_id: int) -> None:
    """Forget it, before an edit writes what it carries now."""
    await tx.run("DELETE FROM board_notices WHERE post_id = :post", post=post_id)


async def notices(tx: Tx, post_ids: Iterable[int]) -> dict[int, Notice]:
    """Return post id → what it carries as a notice, for those that carry anything; one query."""
    rows = await tx.all(
        "SELECT post_id, category, starts_at, ends_at FROM board_notices WHERE post_id IN (:ids)",
        ids=sorted(set(post_ids)),
    )
    return {row["post_id"]: Notice(row["category"], row["starts_at"], row["ends_at"]) for row in rows}


async def current(
    tx: Tx, page_id: int, page: Page, *, viewer_id: int, now: int, pinned: bool = False, category: str = ""
) -> list[Post]:
    """Return the notices that stand on a board at `now` (Unix ms) and that a member may see, newest first.

    pinned: those that are pinned on top, else the others. category: of one only, '' for all. The index posts_author
    answers it.
    """
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM {_NOTICES}
             WHERE {_ON_BOARD} AND {_NOW} AND (:category = '' OR n.category = :category)
               AND (CASE WHEN p.pinned_at IS NULL THEN 0 ELSE 1 END) = :pinned AND {page.of("p.id")}""",
        page=page_id,
        viewer=viewer_id,
        now=now,
        pinned=int(pinned),
        category=category,
        **page.values,
    )
    return page.newest_first([post(tx, row) for row in rows])


async def archive(tx: Tx, page_id: int, page: Page, *, viewer_id: int, now: int) -> list[Post]:
    """Return the notices that have left a board by `now` (Unix ms) and that a member may see, newest first."""
    rows = await tx.all(
        f"SELECT {COLUMNS} FROM {_NOTICES} WHERE {_ON_BOARD} AND {_OVER} AND {page.of('p.id')}",
        page=page_id,
        viewer=viewer_id,
        now=now,
        **page.values,
    )
    return page.newest_first([post(tx, row) for row in rows])


async def categories(tx: Tx, page_id: int, *, viewer_id: int, now: int) -> list[tuple[str, int]]:
    """Return the categories of what stands on a board now, as far as a member may see it, and how many have each."""
    rows = await tx.all(
        f"""SELECT n.category, COUNT(*) AS n FROM {_NOTICES}
             WHERE {_ON_BOARD} AND {_NOW} AND n.category <> '' GROUP BY n.category ORDER BY LOWER(n.category)""",
        page=page_id,
        viewer=viewer_id,
        now=now,
    )
    return [(row["category"], row["n"]) for row in rows]


async def used(tx: Tx, page_id: int) -> list[str]:
    """Return every category that a board has had, for its editors."""
    rows = await tx.all(
        """SELECT DISTINCT n.category, LOWER(n.category) AS place FROM posts p JOIN board_notices n ON n.post_id = p.id
            WHERE p.author_id = :page AND n.category <> '' ORDER BY place LIMIT 100""",
        page=page_id,
    )
    return [row["category"] for row in rows]


async def vocabulary(tx: Tx, page_id: int, *, viewer_id: int) -> set[str]:
    """Return the words, folded, of the newest 500 notices of a board that a member may see."""
    rows = await tx.all(
        f"SELECT p.id FROM posts p WHERE {_ON_BOARD} ORDER BY p.id DESC LIMIT 500", page=page_id, viewer=viewer_id
    )
    said = await texts(tx, [row["id"] for row in rows])
    return {word for text in said.values() for word in words(text)}
