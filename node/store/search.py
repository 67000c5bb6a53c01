"""Finding posts and hashtags by words. People are found in `node.store.people`.

Nobody's posts are found by others unless the author wants that (`indexable`, FEP-5feb; off by default), not even within
the unit: that somebody may read a post as it passes does not mean that it may be dug out at any time. One's own posts,
and those that one was named in, or gave a favourite, a boost, a bookmark or a vote, one has had in hand before. What
stands on a notice board is there to be found.
"""

from collections.abc import Sequence
from dataclasses import replace

from node.domain.posts import Post
from node.domain.words import Query
from node.store import visible
from node.store.database import Tx
from node.store.pages import Page
from node.store.posts import COLUMNS, post
from node.store.words import matching

_FINDABLE = """(p.author_id = :viewer
    OR (p.visibility IN ('unit', 'organisation', 'public') AND EXISTS (
        SELECT 1 FROM accounts w WHERE w.id = p.author_id AND w.indexable = 1))
    OR EXISTS (SELECT 1 FROM accounts w WHERE w.id = p.author_id AND w.board = 1)
    OR EXISTS (SELECT 1 FROM mentions m WHERE m.post_id = p.id AND m.account_id = :viewer)
    OR EXISTS (SELECT 1 FROM favourites f WHERE f.post_id = p.id AND f.account_id = :viewer)
    OR EXISTS (SELECT 1 FROM bookmarks k WHERE k.post_id = p.id AND k.account_id = :viewer)
    OR EXISTS (SELECT 1 FROM posts b WHERE b.boost_of = p.id AND b.author_id = :viewer)
    OR EXISTS (SELECT 1 FROM poll_votes v WHERE v.post_id = p.id AND v.account_id = :viewer))"""


async def posts(
    tx: Tx, query: Query, page: Page, *, viewer_id: int, author_id: int | None = None, offset: int = 0
) -> list[Post]:
    """Return the posts that have what a member looks for, that they may see, and that may be found; newest first.

    author_id: of one author only. A query without words finds all posts of that author, and without both nothing.
    Of words that thousands of posts have, so many of the newest are looked at (with `page.upward`, of the oldest) that
    nobody else has to wait; who turns the page by ids, rather than by `offset`, sees more.
    """
    if not query.phrases:
        return await _of_author(tx, author_id, page, viewer_id=viewer_id, offset=offset) if author_id else []
    found: list[Post] = []
    part = replace(page, limit=_AT_ONCE)
    for _ in range(_MOST_TIMES):
        ids = await matching(tx, query, part, author_id=author_id)
        found += page.newest_first(await _findable(tx, ids, viewer_id=viewer_id))
        if len(ids) < part.limit or len(found) >= offset + page.limit:
            break
        part = replace(part, after=ids[0]) if page.upward else replace(part, before=ids[-1])
    return page.newest_first(found[offset : offset + page.limit])


_AT_ONCE = 250
_MOST_TIMES = 20


async def _findable(tx: Tx, ids: Sequence[int], *, viewer_id: int) -> list[Post]:
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM posts p
             WHERE p.id IN (:ids) AND {visible.MEMBER} AND {visible.UNMUTED} AND {_FINDABLE} ORDER BY p.id DESC""",
        ids=ids,
        viewer=viewer_id,
    )
    return [post(tx, row) for row in rows]


async def _of_author(tx: Tx, author_id: int, page: Page, *, viewer_id: int, offset: int) -> list[Post]:
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM posts p
             WHERE p.author_id = :author AND p.boost_of IS NULL AND {visible.MEMBER} AND {visible.UNMUTED}
               AND {_FINDABLE} AND {page.of("p.id")} OFFSET :offset""",
        author=author_id,
        viewer=viewer_id,
        offset=offset,
        **page.values,
    )
    return page.newest_first([post(tx, row) for row in rows])


# By the letters' numbers, as the indexes have them, whatever the order of a language is.
_BEGINS = {
    "sqlite": "t.name >= :first AND t.name < :last",
    "postgres": "t.name ~>=~ :first AND t.name ~<~ :last",
}


async def hashtags(tx: Tx, beginning: str, *, viewer_id: int, limit: int, offset: int = 0) -> list[str]:
    """Return the hashtags with this beginning, of which the member may see a post, by name; lower-case, no sign."""
    rows = await tx.all(
        f"""SELECT n.name FROM (SELECT DISTINCT t.name FROM hashtags t WHERE {_BEGINS[tx.dialect]}) n
             WHERE EXISTS (SELECT 1 FROM hashtags t JOIN posts p ON p.id = t.post_id
                WHERE t.name = n.name AND {visible.MEMBER})
             ORDER BY n.name LIMIT :limit OFFSET :offset""",
        first=beginning,
        last=beginning + "\U0010ffff",
        viewer=viewer_id,
        limit=limit,
        offset=offset,
    )
    return [row["name"] for row in rows]
