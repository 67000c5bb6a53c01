"""Rows of what members note about others, for themselves alone."""

from node.store import sealed
from node.store.database import Tx


async def put(tx: Tx, *, account_id: int, target_id: int, text: str) -> None:
    """Write a note in place of the one there was; '' for none."""
    if not text:
        await tx.run(
            "DELETE FROM account_notes WHERE account_id = :account AND target_id = :target",
            account=account_id,
            target=target_id,
        )
        return
    await tx.run(
        """INSERT INTO account_notes (account_id, target_id, text) VALUES (:account, :target, :text)
           ON CONFLICT (account_id, target_id) DO UPDATE SET text = excluded.text""",
        account=account_id,
        target=target_id,
        text=await sealed.text(tx, sealed.of_account(account_id), text),
    )


async def of_member(tx: Tx, account_id: int, *, limit: int) -> list[tuple[str, str]]:
    """Return a member's notes, as (address of the account that it is about, text)."""
    rows = await tx.all(
        """SELECT a.uri, n.text FROM account_notes n JOIN accounts a ON a.id = n.target_id
            WHERE n.account_id = :account ORDER BY n.target_id LIMIT :limit""",
        account=account_id,
        limit=limit,
    )
    return [(row["uri"], sealed.read_text(tx, row["text"])) for row in rows]
