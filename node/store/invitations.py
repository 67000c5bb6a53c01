"""Open invitations as administrators see them (`node.store.tokens` makes them and uses them up)."""

from dataclasses import dataclass

from node.domain.accounts import Role
from node.store import sealed
from node.store.database import Tx
from node.store.pages import Page


@dataclass(frozen=True, slots=True)
class Open:
    """An invitation that nobody has used yet. minor: it is for somebody under age; invited_by: an account, None for the
    operator. Times are Unix ms.
    """

    hash: str
    role: Role
    note: str
    minor: bool
    invited_by: int | None
    created_at: int
    expires_at: int


async def page(tx: Tx, asked: Page, *, now: int) -> list[Open]:
    """Return a page of invitations that are neither used nor over, newest first; the page counts by `created_at`."""
    rows = await tx.all(
        f"""SELECT i.hash, i.role, i.note, i.minor, i.invited_by, i.created_at, i.expires_at FROM invitations i
             WHERE i.used_at IS NULL AND i.expires_at > :now AND {asked.of("i.created_at")}""",
        now=now,
        **asked.values,
    )
    return asked.newest_first(
        [
            Open(
                hash=row["hash"],
                role=Role(row["role"]),
                note=sealed.read_text(tx, row["note"]),
                minor=bool(row["minor"]),
                invited_by=row["invited_by"],
                created_at=row["created_at"],
                expires_at=row["expires_at"],
            )
            for row in rows
        ]
    )


async def withdraw(tx: Tx, hash: str, *, now: int) -> bool:
    """Make an open invitation unusable; False when there is none."""
    return (
        await tx.run(
            "UPDATE invitations SET used_at = :now WHERE hash = :hash AND used_at IS NULL AND expires_at > :now",
            hash=hash,
            now=now,
        )
        == 1
    )
