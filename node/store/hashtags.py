"""Rows of the hashtags of posts. Those of direct messages are sealed: nobody looks for messages by them."""

from collections.abc import Iterable

import orjson

from node.domain.posts import Post
from node.domain.visibility import Visibility
from node.store import sealed
from node.store.database import Tx

_LONGEST = 100


async def put(tx: Tx, post: Post, names: Iterable[str]) -> None:
    """Record a post's hashtags (lower-case, without the sign)."""
    kept = [name[:_LONGEST] for name in names if name]
    if post.visibility is Visibility.DIRECT and kept:
        said = await sealed.body(tx, sealed.of_account(post.author_id), orjson.dumps(kept))
        rows = [{"name": "", "post": post.id, "said": said}]
    else:
        rows = [{"name": name, "post": post.id, "said": b""} for name in kept]
    await tx.many(
        "INSERT INTO hashtags (name, post_id, said) VALUES (:name, :post, :said) ON CONFLICT DO NOTHING", rows
    )


async def forget(tx: Tx, post_id: int) -> None:
    """Forget a post's hashtags, before an edit gives it others."""
    await tx.run("DELETE FROM hashtags WHERE post_id = :id", id=post_id)


async def of_posts(tx: Tx, post_ids: Iterable[int]) -> dict[int, list[str]]:
    """Return post id → its hashtags; one query."""
    found: dict[int, list[str]] = {}
    for row in await tx.all(
        "SELECT post_id, name, said FROM hashtags WHERE post_id IN (:ids) ORDER BY post_id, name",
        ids=sorted(set(post_ids)),
    ):
        names = [row["name"]] if row["name"] else sorted(orjson.loads(sealed.read_body(tx, row["said"]) or b"[]"))
        found.setdefault(row["post_id"], []).extend(names)
    return found
