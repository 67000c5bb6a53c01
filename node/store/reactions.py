"""Rows of favourites, and what a viewer did to posts."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.store.database import Row, Tx


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


async def of_viewer(tx: Tx, viewer_id: int, post_ids: Iterable[int]) -> tuple[set[int], set[int]]:
    """Return which of the posts the viewer has favourited and which boosted; one query."""
    ids = sorted(set(post_ids))
    rows = await tx.all(
        """SELECT post_id, 'f' AS what FROM favourites WHERE account_id = :viewer AND post_id IN (:ids)
           UNION ALL
           SELECT boost_of, 'b' FROM posts WHERE author_id = :viewer AND boost_of IN (:ids)""",
        viewer=viewer_id,
        ids=ids,
    )
    return (
        {row["post_id"] for row in rows if row["what"] == "f"},
        {row["post_id"] for row in rows if row["what"] == "b"},
    )


async def withdraw_all_of(tx: Tx, account_id: int) -> None:
    """Remove every favourite of an account and correct the counts."""
    await tx.run(
        """UPDATE posts SET favourites = favourites - 1
            WHERE id IN (SELECT post_id FROM favourites WHERE account_id = :id)""",
        id=account_id,
    )
    await tx.run("DELETE FROM favourites WHERE account_id = :id", id=account_id)
