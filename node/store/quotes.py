"""What quotes what, and the stamps by which posts, anywhere, may quote posts of ours (FEP-044f)."""

from collections.abc import Sequence
from dataclasses import dataclass

from node.domain.posts import Post
from node.store import visible
from node.store.database import Tx
from node.store.pages import Page
from node.store.posts import COLUMNS, post


@dataclass(frozen=True, slots=True)
class Stamp:
    """One permission. quoting: the id of the post that quotes."""

    id: int
    post_id: int
    quoting: str


async def stamp(tx: Tx, *, id: int, post_id: int, quoting: str) -> int:
    """Allow a post to quote one of ours; return the stamp's id, that of the first one when there is one."""
    await tx.run(
        """INSERT INTO quote_stamps (id, post_id, quoting_uri) VALUES (:id, :post, :quoting)
           ON CONFLICT DO NOTHING""",
        id=id,
        post=post_id,
        quoting=quoting,
    )
    return await of(tx, post_id=post_id, quoting=quoting) or id


async def of(tx: Tx, *, post_id: int, quoting: str) -> int | None:
    """Return the id of the stamp by which a post may quote one of ours."""
    row = await tx.one(
        "SELECT id FROM quote_stamps WHERE post_id = :post AND quoting_uri = :quoting", post=post_id, quoting=quoting
    )
    return row["id"] if row else None


async def by_id(tx: Tx, id: int) -> Stamp | None:
    """Return one stamp."""
    row = await tx.one("SELECT id, post_id, quoting_uri FROM quote_stamps WHERE id = :id", id=id)
    return Stamp(row["id"], row["post_id"], row["quoting_uri"]) if row else None


async def unstamp(tx: Tx, *, post_id: int, quoting: str) -> int | None:
    """Take a permission back; return the id its stamp had."""
    id = await of(tx, post_id=post_id, quoting=quoting)
    if id is not None:
        await tx.run("DELETE FROM quote_stamps WHERE id = :id", id=id)
    return id


# Which post quotes which


async def set_policy(tx: Tx, id: int, policy: str) -> None:
    """Write who may quote a post."""
    await tx.run(
        "UPDATE posts SET quote_policy = :policy, revision = revision + 1 WHERE id = :id", id=id, policy=policy
    )


async def tie(tx: Tx, id: int, *, quoted_id: int, stamp: str) -> bool:
    """Tie a post to the one it quotes, by a stamp ('' for one's own post); False when it was tied before."""
    tied = await tx.run(
        """UPDATE posts SET quote_id = :quoted, quote_stamp = :stamp, quote_end = '', revision = revision + 1
            WHERE id = :id AND quote_id IS NULL""",
        id=id,
        quoted=quoted_id,
        stamp=stamp,
    )
    return tied == 1


async def put_stamp(tx: Tx, id: int, stamp: str) -> None:
    """Write where it is said that a post may quote what it quotes; whether that is so is not checked yet."""
    await tx.run("UPDATE posts SET quote_stamp = :stamp WHERE id = :id", id=id, stamp=stamp)


async def forbid(tx: Tx, id: int, *, end: str) -> None:
    """Untie a post from the one it quotes; it stays without. end: rejected or revoked."""
    await tx.run(
        """UPDATE posts SET quote_id = NULL, quote_uri = '', quote_stamp = '', quote_end = :end, revision = revision + 1
            WHERE id = :id""",
        id=id,
        end=end,
    )


async def loosen(tx: Tx, id: int, *, end: str) -> None:
    """Untie a post from the one it quotes; the link to that stays."""
    await tx.run(
        "UPDATE posts SET quote_id = NULL, quote_end = :end, revision = revision + 1 WHERE id = :id", id=id, end=end
    )


async def standings(tx: Tx, ids: Sequence[int], *, viewer_id: int) -> dict[int, str]:
    """Return post id → how what it quotes stands to a member, in Mastodon's words; one query.

    That the member may see it at all is another question, and so are quotes that were rejected or revoked.
    """
    rows = await tx.all(
        """SELECT q.id, CASE
                WHEN p.id IS NULL AND EXISTS (SELECT 1 FROM tombstones t WHERE t.uri = q.quote_uri) THEN 'deleted'
                WHEN p.id IS NULL THEN 'pending'
                WHEN EXISTS (SELECT 1 FROM blocks k WHERE k.account_id = :viewer AND k.target_id = p.author_id)
                   THEN 'blocked_account'
                WHEN EXISTS (SELECT 1 FROM host_mutes m WHERE m.account_id = :viewer AND m.host = a.host)
                   THEN 'blocked_domain'
                WHEN EXISTS (SELECT 1 FROM mutes m WHERE m.account_id = :viewer AND m.target_id = p.author_id)
                   THEN 'muted_account'
                ELSE 'accepted' END AS state
             FROM posts q LEFT JOIN posts p ON p.id = q.quote_id LEFT JOIN accounts a ON a.id = p.author_id
            WHERE q.id IN (:ids)""",
        ids=list(ids),
        viewer=viewer_id,
    )
    return {row["id"]: row["state"] for row in rows}


async def stamped(tx: Tx, stamp: str, *, author_id: int) -> list[Post]:
    """Return the posts that quote one of this author's by a stamp."""
    rows = await tx.all(
        f"""SELECT {COLUMNS} FROM posts p WHERE p.quote_stamp = :stamp
              AND p.quote_id IN (SELECT q.id FROM posts q WHERE q.author_id = :author)""",
        stamp=stamp,
        author=author_id,
    )
    return [post(tx, row) for row in rows]


async def of_post(tx: Tx, id: int, page: Page, *, viewer_id: int) -> list[Post]:
    """Return the posts that quote one, as far as the member may see them."""
    rows = await tx.all(
        f"SELECT {COLUMNS} FROM posts p WHERE p.quote_id = :quoted AND {visible.MEMBER} AND {page.of('p.id')}",
        quoted=id,
        viewer=viewer_id,
        **page.values,
    )
    return page.newest_first([post(tx, row) for row in rows])
