"""Rows of drafts: what a member typed and does not want to publish yet."""

from dataclasses import dataclass

from node.store import sealed
from node.store.database import Row, Tx


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft. form: the (name, text) pairs of a composer as JSON. kept_at: Unix ms."""

    id: int
    account_id: int
    form: str
    kept_at: int


def _kept(tx: Tx, row: Row) -> Kept:
    return Kept(row["id"], row["account_id"], sealed.read_text(tx, row["form"]), row["kept_at"])


async def put(tx: Tx, kept: Kept) -> None:
    """Keep a draft, or what became of one."""
    await tx.run(
        """INSERT INTO drafts (id, account_id, form, kept_at) VALUES (:id, :account, :form, :at)
           ON CONFLICT (id) DO UPDATE SET form = excluded.form, kept_at = excluded.kept_at""",
        id=kept.id,
        account=kept.account_id,
        form=await sealed.text(tx, sealed.of_account(kept.account_id), kept.form),
        at=kept.kept_at,
    )


async def of_account(tx: Tx, account_id: int) -> list[Kept]:
    """Return a member's drafts that can be read, the last kept first; there are few (`outbox.drafts.MOST`)."""
    rows = await tx.all(
        "SELECT id, account_id, form, kept_at FROM drafts WHERE account_id = :id ORDER BY kept_at DESC, id DESC",
        id=account_id,
    )
    return [kept for kept in (_kept(tx, row) for row in rows) if kept.form]


async def one(tx: Tx, id: int, *, account_id: int) -> Kept | None:
    """Return one draft of a member's own."""
    row = await tx.one(
        "SELECT id, account_id, form, kept_at FROM drafts WHERE id = :id AND account_id = :account",
        id=id,
        account=account_id,
    )
    kept = _kept(tx, row) if row else None
    return kept if kept is not None and kept.form else None


async def delete(tx: Tx, id: int, *, account_id: int) -> None:
    """Remove a member's draft."""
    await tx.run("DELETE FROM drafts WHERE id = :id AND account_id = :account", id=id, account=account_id)
