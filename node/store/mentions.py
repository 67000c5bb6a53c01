"""Whom posts name."""

from collections.abc import Iterable

from node.store.database import Tx


async def put(tx: Tx, post_id: int, account_ids: Iterable[int]) -> None:
    """Record whom a post names."""
    await tx.many(
        "INSERT INTO mentions (post_id, account_id) VALUES (:post, :account) ON CONFLICT DO NOTHING",
        [{"post": post_id, "account": id} for id in sorted(set(account_ids))],
    )


async def of_posts(tx: Tx, post_ids: Iterable[int]) -> dict[int, list[int]]:
    """Return post id → ids of the accounts it names; one query."""
    found: dict[int, list[int]] = {}
    for row in await tx.all(
        "SELECT post_id, account_id FROM mentions WHERE post_id IN (:ids) ORDER BY account_id",
        ids=sorted(set(post_ids)),
    ):
        found.setdefault(row["post_id"], []).append(row["account_id"])
    return found


async def forget(tx: Tx, post_id: int) -> None:
    """Forget whom a post named, before an edit names others."""
    await tx.run("DELETE FROM mentions WHERE post_id = :id", id=post_id)
