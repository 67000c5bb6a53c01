"""Rows of what posts were before they were edited."""

from collections.abc import Sequence
from dataclasses import dataclass

from node.store import sealed
from node.store.database import Row, Tx

_REPLACED = """(p.edited_at < :before OR EXISTS (
    SELECT 1 FROM post_versions w WHERE w.post_id = v.post_id AND w.written_at > v.written_at
       AND w.written_at < :before))"""
"""Another version came in the place of `v` of the post `p` before then."""


@dataclass(frozen=True, slots=True)
class Version:
    """What a post was from some moment on (Unix ms); see `Post`. options: the answers of its poll, if it had one."""

    written_at: int
    content: str
    summary: str
    sensitive: bool
    options: tuple[str, ...]


async def keep(tx: Tx, post_id: int, version: Version) -> None:
    """Keep what a post was before an edit; it is deleted with the post."""
    await tx.run(
        """INSERT INTO post_versions (post_id, written_at, said, sensitive)
           VALUES (:post, :at, :said, :sensitive) ON CONFLICT DO NOTHING""",
        post=post_id,
        at=version.written_at,
        said=await sealed.texts(
            tx, await sealed.of_author(tx, post_id), version.content, version.summary, "\n".join(version.options)
        ),
        sensitive=int(version.sensitive),
    )


async def rewrite(tx: Tx, post_id: int, version: Version) -> None:
    """Write an earlier version anew, in place of itself."""
    await tx.run(
        "DELETE FROM post_versions WHERE post_id = :post AND written_at = :at", post=post_id, at=version.written_at
    )
    await keep(tx, post_id, version)


async def forget(tx: Tx, post_id: int) -> int:
    """Forget everything that a post was before; return how many versions there were."""
    return await tx.run("DELETE FROM post_versions WHERE post_id = :post", post=post_id)


async def outdated(tx: Tx, *, before: int, limit: int) -> list[int]:
    """Return posts with a version in whose place another one came before then (Unix ms).

    None of an account on which a legal hold stands.
    """
    rows = await tx.all(
        f"""SELECT DISTINCT v.post_id FROM post_versions v JOIN posts p ON p.id = v.post_id
             WHERE v.written_at < :before AND {_REPLACED}
               AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.account_id = p.author_id)
             ORDER BY v.post_id LIMIT :limit""",
        before=before,
        limit=limit,
    )
    return [row["post_id"] for row in rows]


async def forget_outdated(tx: Tx, post_ids: Sequence[int], *, before: int) -> None:
    """Forget of these posts the versions in whose place another one came before then (Unix ms)."""
    await tx.run(
        f"""DELETE FROM post_versions WHERE post_id IN (:posts) AND EXISTS (
              SELECT 1 FROM post_versions v JOIN posts p ON p.id = v.post_id
               WHERE v.post_id = post_versions.post_id AND v.written_at = post_versions.written_at AND {_REPLACED})""",
        posts=list(post_ids),
        before=before,
    )


async def of_post(tx: Tx, post_id: int, *, limit: int = 100) -> list[Version]:
    """Return what a post was before its edits, oldest first."""
    rows = await tx.all(
        """SELECT written_at, said, sensitive FROM post_versions
            WHERE post_id = :post ORDER BY written_at LIMIT :limit""",
        post=post_id,
        limit=limit,
    )
    return [version(tx, row) for row in rows]


def version(tx: Tx, row: Row) -> Version:
    """Build a version from a row with written_at, said and sensitive."""
    content, summary, options = sealed.read(tx, row["said"], 3)
    return Version(
        row["written_at"], content, summary, bool(row["sensitive"]), tuple(filter(None, options.split("\n")))
    )
