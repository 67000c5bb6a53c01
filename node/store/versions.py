"""Rows of what posts were before they were edited."""

from dataclasses import dataclass

from node.store.database import Tx


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
        """INSERT INTO post_versions (post_id, written_at, content, summary, sensitive, options)
           VALUES (:post, :at, :content, :summary, :sensitive, :options) ON CONFLICT DO NOTHING""",
        post=post_id,
        at=version.written_at,
        content=version.content,
        summary=version.summary,
        sensitive=int(version.sensitive),
        options="\n".join(version.options),
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


async def of_post(tx: Tx, post_id: int, *, limit: int = 100) -> list[Version]:
    """Return what a post was before its edits, oldest first."""
    rows = await tx.all(
        """SELECT written_at, content, summary, sensitive, options FROM post_versions
            WHERE post_id = :post ORDER BY written_at LIMIT :limit""",
        post=post_id,
        limit=limit,
    )
    return [
        Version(
            row["written_at"],
            row["content"],
            row["summary"],
            bool(row["sensitive"]),
            tuple(filter(None, row["options"].split("\n"))),
        )
        for row in rows
    ]
