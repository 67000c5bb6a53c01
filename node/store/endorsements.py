"""Rows of endorsements: whom a member shows in the profile. Whom they are: `people.endorsed`."""

from node.store.database import Tx


async def put(tx: Tx, *, id: int, account_id: int, target_id: int) -> None:
    """Show somebody in the profile; once is enough."""
    await tx.run(
        """INSERT INTO endorsements (id, account_id, target_id) VALUES (:id, :account, :target)
           ON CONFLICT DO NOTHING""",
        id=id,
        account=account_id,
        target=target_id,
    )


async def delete(tx: Tx, *, account_id: int, target_id: int) -> None:
    """Show somebody no more."""
    await tx.run(
        "DELETE FROM endorsements WHERE account_id = :account AND target_id = :target",
        account=account_id,
        target=target_id,
    )
