"""Members under age, in a table of their own: an account does not know it, so nothing that shows accounts can tell."""

from collections.abc import Iterable

from node.store.database import Tx


async def is_minor(tx: Tx, account_id: int) -> bool:
    """Tell whether a member of this node is known to be under age; nobody of another node is."""
    return bool(await among(tx, [account_id]))


async def among(tx: Tx, account_ids: Iterable[int]) -> set[int]:
    """Return those of the accounts that are under age; one query, or none."""
    wanted = sorted(set(account_ids))
    if not wanted:
        return set()
    rows = await tx.all("SELECT account_id FROM minors WHERE account_id IN (:ids)", ids=wanted)
    return {row["account_id"] for row in rows}


async def put(tx: Tx, account_id: int, minor: bool) -> None:
    """Note that a member is under age, or is no longer; to say so again changes nothing."""
    if minor:
        await tx.run("INSERT INTO minors (account_id) VALUES (:id) ON CONFLICT DO NOTHING", id=account_id)
    else:
        await tx.run("DELETE FROM minors WHERE account_id = :id", id=account_id)
