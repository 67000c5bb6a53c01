"""Rows of favourites, and what a viewer did to posts."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.store import visible
from node.store.database import Row, Tx
from node.store.pages import Page
from node.store.people import ACTIVE, SHOWN


@dataclass(frozen=True, slots=True)
class Favourite:
    """A favourite; `uri` is the Like activity's id."""

    id: int
    uri: str
    account_id: int
    post_id: int


def _favourite(row: Row) -> Favourite:
    return Favourite(row["id"], row["uri"], row["account_id"], row["post_id"])


async def insert(tx: Tx, favourite: Favourite) -> bool:
    """Add a favourite; False when this account has one on this post."""
    changed = await tx.run(
        """INSERT INTO favourites (id, uri, account_id, post_id) VALUES (:id, :uri, :account, :post)
           ON CONFLICT DO NOTHING""",
        id=favourite.id,
        uri=favourite.uri,
        account=favourite.account_id,
        post=favourite.post_id,
    )
    return changed == 1


async def by_uri(tx: Tx, uri: str) -> Favourite | None:
    """Return the favourite with this Like activity's id."""
    row = await tx.one("SELECT id, uri, account_id, post_id FROM favourites WHERE uri = :uri", uri=uri)
    return _favourite(row) if row else None


async def of(tx: Tx, *, account_id: int, post_id: int) -> Favourite | None:
    """Return an account's favourite of a post."""
    row = await tx.one(
        "SELECT id, uri, account_id, post_id FROM favourites WHERE post_id = :post AND account_id = :account",
        account=account_id,
        post=post_id,
    )
    return _favourite(row) if row else None


async def delete(tx: Tx, id: int) -> bool:
    """Remove a favourite; False when it was gone."""
    return await tx.run("DELETE FROM favourites WHERE id = :id", id=id) == 1


@dataclass(frozen=True, slots=True)
class Mine:
    """Ids of the posts that a member favourited, boosted, bookmarked, pinned, and of those in muted conversations."""

    favourited: frozenset[int]
    boosted: frozenset[int]
    bookmarked: frozenset[int]
    pinned: frozenset[int]
    muted: frozenset[int]


_NOTHING = Mine(*[frozenset()] * 5)


async def of_viewer(tx: Tx, viewer_id: int, post_ids: Iterable[int]) -> Mine:
    """Return what the viewer did to these posts; one query, or none."""
    wanted = sorted(set(post_ids))
    if not wanted:
        return _NOTHING
    rows = await tx.all(
        """SELECT post_id, 'favourited' AS what FROM favourites WHERE account_id = :viewer AND post_id IN (:ids)
           UNION ALL
           SELECT boost_of, 'boosted' FROM posts WHERE author_id = :viewer AND boost_of IN (:ids)
           UNION ALL
           SELECT post_id, 'bookmarked' FROM bookmarks WHERE account_id = :viewer AND post_id IN (:ids)
           UNION ALL
           SELECT id, 'pinned' FROM posts WHERE author_id = :viewer AND id IN (:ids) AND pinned_at IS NOT NULL
           UNION ALL
           SELECT p.id, 'muted' FROM thread_mutes t JOIN posts p ON p.thread_id = t.thread_id
            WHERE t.account_id = :viewer AND p.id IN (:ids)""",
        viewer=viewer_id,
        ids=wanted,
    )
    found: dict[str, set[int]] = {name: set() for name in Mine.__slots__}
    for row in rows:
        found[row["what"]].add(row["post_id"])
    return Mine(**{name: frozenset(ids) for name, ids in found.items()})


async def withdraw_all_of(tx: Tx, account_id: int) -> None:
    """Remove every favourite of an account and correct the counts."""
    await tx.run(
        """UPDATE posts SET favourites = favourites - 1, revision = revision + 1
            WHERE id IN (SELECT post_id FROM favourites WHERE account_id = :id)""",
        id=account_id,
    )
    await tx.run("DELETE FROM favourites WHERE account_id = :id", id=account_id)


async def favourited(tx: Tx, account_id: int, page: Page) -> list[tuple[int, int]]:
    """Return (favourite's id, post id) of what a member favourited, the latest first, as far as they may see it."""
    return await _kept(tx, "favourites", account_id, page)


async def bookmarked(tx: Tx, account_id: int, page: Page) -> list[tuple[int, int]]:
    """Return (bookmark's id, post id) of what a member bookmarked, the latest first, as far as they may see it."""
    return await _kept(tx, "bookmarks", account_id, page)


async def _kept(tx: Tx, table: str, account_id: int, page: Page) -> list[tuple[int, int]]:
    rows = await tx.all(
        f"""SELECT k.id, k.post_id FROM {table} k JOIN posts p ON p.id = k.post_id
             WHERE k.account_id = :viewer AND {visible.MEMBER} AND {page.of("k.id")}""",
        viewer=account_id,
        **page.values,
    )
    return page.newest_first([(row["id"], row["post_id"]) for row in rows])


async def bookmark(tx: Tx, *, id: int, account_id: int, post_id: int) -> None:
    """Bookmark a post; once is enough."""
    await tx.run(
        "INSERT INTO bookmarks (id, account_id, post_id) VALUES (:id, :account, :post) ON CONFLICT DO NOTHING",
        id=id,
        account=account_id,
        post=post_id,
    )


async def unbookmark(tx: Tx, *, account_id: int, post_id: int) -> None:
    """Take a bookmark back."""
    await tx.run(
        "DELETE FROM bookmarks WHERE account_id = :account AND post_id = :post", account=account_id, post=post_id
    )


async def mute_thread(tx: Tx, *, account_id: int, thread_id: int) -> None:
    """Tell a member nothing more of a conversation."""
    await tx.run(
        "INSERT INTO thread_mutes (account_id, thread_id) VALUES (:account, :thread) ON CONFLICT DO NOTHING",
        account=account_id,
        thread=thread_id,
    )


async def unmute_thread(tx: Tx, *, account_id: int, thread_id: int) -> None:
    """Tell a member of a conversation again."""
    await tx.run(
        "DELETE FROM thread_mutes WHERE account_id = :account AND thread_id = :thread",
        account=account_id,
        thread=thread_id,
    )


async def who_favourited(tx: Tx, post_id: int, page: Page, *, viewer_id: int) -> list[tuple[int, int]]:
    """Return (favourite's id, account id) of who favourited a post, the latest first, but for who is parted."""
    favourites = "SELECT r.id, r.account_id AS who FROM favourites r WHERE r.post_id = :post"
    return await _who(tx, favourites, page, post_id, viewer_id)


async def who_boosted(tx: Tx, post_id: int, page: Page, *, viewer_id: int) -> list[tuple[int, int]]:
    """Return (boost's id, account id) of who passed a post on, the latest first, but for who is parted.

    The group in which it stands is none of them.
    """
    boosts = "SELECT r.id, r.author_id AS who FROM posts r WHERE r.boost_of = :post AND r.group_id IS NULL"
    return await _who(tx, boosts, page, post_id, viewer_id)


async def _who(tx: Tx, reacted: str, page: Page, post_id: int, viewer_id: int) -> list[tuple[int, int]]:
    rows = await tx.all(
        f"""SELECT r.id, r.who FROM ({reacted}) AS r JOIN accounts a ON a.id = r.who
             WHERE {ACTIVE} AND {SHOWN}
               AND {page.of("r.id")}""",
        post=post_id,
        viewer=viewer_id,
        **page.values,
    )
    return page.newest_first([(row["id"], row["who"]) for row in rows])
