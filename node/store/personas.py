"""Rows of personas, which do not say whose they are, and of the looks that two roles took together."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.domain.personas import Bench, Look
from node.store import sealed as seals
from node.store.database import Row, Tx
from node.store.pages import Page


@dataclass(frozen=True, slots=True)
class Persona:
    """A persona. sealed: whose it is, for `Vault.open`. ends_at: when it is erased (Unix ms), its member being gone."""

    account_id: int
    sealed: bytes
    ends_at: int | None


def _persona(row: Row) -> Persona:
    return Persona(row["account_id"], bytes(row["sealed"]), row["ends_at"])


async def put(tx: Tx, account_id: int, *, mark: str, sealed: bytes) -> bool:
    """Add a persona; False when its member has one."""
    changed = await tx.run(
        """INSERT INTO personas (account_id, mark, sealed) VALUES (:id, :mark, :sealed) ON CONFLICT DO NOTHING""",
        id=account_id,
        mark=mark,
        sealed=sealed,
    )
    return changed == 1


async def by_mark(tx: Tx, mark: str) -> Persona | None:
    """Return a member's persona."""
    row = await tx.one("SELECT account_id, sealed, ends_at FROM personas WHERE mark = :mark", mark=mark)
    return _persona(row) if row else None


async def of(tx: Tx, account_id: int) -> Persona | None:
    """Return a persona by its own account."""
    row = await tx.one("SELECT account_id, sealed, ends_at FROM personas WHERE account_id = :id", id=account_id)
    return _persona(row) if row else None


async def end_at(tx: Tx, account_id: int, *, at: int) -> None:
    """Note when a persona is to be erased (Unix ms)."""
    await tx.run("UPDATE personas SET ends_at = :at WHERE account_id = :id", at=at, id=account_id)


async def due(tx: Tx, *, now: int, limit: int = 50) -> list[int]:
    """Return the accounts of the personas that are to be erased by now (Unix ms), but those under a legal hold."""
    rows = await tx.all(
        """SELECT p.account_id FROM personas p WHERE p.ends_at <= :now
              AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.account_id = p.account_id)
            ORDER BY p.ends_at, p.account_id LIMIT :limit""",
        now=now,
        limit=limit,
    )
    return [row["account_id"] for row in rows]


# Looks

_LOOK = "l.id, l.persona_id, l.reason, l.bench, l.asked_by, l.asked_at, l.agreed_by, l.agreed_at, l.told_at"


def _look(tx: Tx, row: Row) -> Look:
    return Look(**{**row, "bench": Bench(row["bench"]), "reason": seals.read_text(tx, row["reason"])})


async def add_look(tx: Tx, look: Look) -> None:
    """Add a wish to look."""
    await tx.run(
        """INSERT INTO looks (id, persona_id, reason, bench, asked_by, asked_at)
           VALUES (:id, :persona, :reason, :bench, :by, :at)""",
        id=look.id,
        persona=look.persona_id,
        reason=await seals.text(tx, seals.of_account(look.persona_id), look.reason),
        bench=look.bench.value,
        by=look.asked_by,
        at=look.asked_at,
    )


async def look(tx: Tx, id: int) -> Look | None:
    """Return one look."""
    row = await tx.one(f"SELECT {_LOOK} FROM looks l WHERE l.id = :id", id=id)
    return _look(tx, row) if row else None


async def looks(tx: Tx, asked: Page) -> list[Look]:
    """Return a page of all looks, the latest first."""
    rows = await tx.all(f"SELECT {_LOOK} FROM looks l WHERE {asked.of('l.id')}", **asked.values)
    return asked.newest_first([_look(tx, row) for row in rows])


async def waiting(tx: Tx, persona_id: int, *, since: int) -> bool:
    """Whether a look at a persona waits for its second yes, asked for since then (Unix ms), or is open."""
    found = await tx.one(
        """SELECT 1 AS found FROM looks WHERE persona_id = :id AND told_at IS NULL
              AND (agreed_at IS NOT NULL OR asked_at > :since) LIMIT 1""",
        id=persona_id,
        since=since,
    )
    return found is not None


async def told(tx: Tx, persona_id: int) -> list[Look]:
    """Return the looks of which the person is told, the latest first."""
    rows = await tx.all(
        f"SELECT {_LOOK} FROM looks l WHERE l.persona_id = :id AND l.told_at IS NOT NULL ORDER BY l.id DESC LIMIT 100",
        id=persona_id,
    )
    return [_look(tx, row) for row in rows]


async def agree(tx: Tx, id: int, *, by: int, now: int) -> None:
    """Write down the second yes (`now`: Unix ms)."""
    await tx.run("UPDATE looks SET agreed_by = :by, agreed_at = :now WHERE id = :id", by=by, now=now, id=id)


async def tell(tx: Tx, ids: Iterable[int], *, now: int) -> None:
    """Close looks: from now on the person can read of them (Unix ms)."""
    await tx.run("UPDATE looks SET told_at = :now WHERE id IN (:ids) AND told_at IS NULL", now=now, ids=sorted(ids))


async def to_close(tx: Tx, *, agreed_before: int) -> list[Look]:
    """Return the looks that are open since before then (Unix ms)."""
    rows = await tx.all(
        f"SELECT {_LOOK} FROM looks l WHERE l.told_at IS NULL AND l.agreed_at <= :before ORDER BY l.id LIMIT 100",
        before=agreed_before,
    )
    return [_look(tx, row) for row in rows]
