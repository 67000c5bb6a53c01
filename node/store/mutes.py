"""Rows of mutes: of people, and of whole nodes. Only who muted knows of them."""

from collections.abc import Iterable

from node.domain.relationships import Mute
from node.store.database import Tx
from node.store.pages import Page


async def put(tx: Tx, mute: Mute) -> None:
    """Mute somebody, or say anew how and how long."""
    await tx.run(
        """INSERT INTO mutes (id, account_id, target_id, notifications, expires_at)
           VALUES (:id, :account, :target, :notifications, :expires)
           ON CONFLICT (account_id, target_id) DO UPDATE SET notifications = excluded.notifications,
              expires_at = excluded.expires_at""",
        id=mute.id,
        account=mute.account_id,
        target=mute.target_id,
        notifications=int(mute.notifications),
        expires=mute.expires_at,
    )


async def ends(tx: Tx, account_id: int, target_ids: Iterable[int]) -> dict[int, int | None]:
    """Return target id → when a member's mute of them ends by itself (Unix ms), None if never; one query."""
    rows = await tx.all(
        "SELECT target_id, expires_at FROM mutes WHERE account_id = :account AND target_id IN (:targets)",
        account=account_id,
        targets=sorted(set(target_ids)),
    )
    return {row["target_id"]: row["expires_at"] for row in rows}


async def delete(tx: Tx, *, account_id: int, target_id: int) -> None:
    """Mute somebody no more."""
    await tx.run(
        "DELETE FROM mutes WHERE account_id = :account AND target_id = :target", account=account_id, target=target_id
    )


async def any_due(tx: Tx, *, now: int) -> bool:
    """Tell whether a mute is over."""
    return await tx.one("SELECT 1 AS found FROM mutes WHERE expires_at <= :now LIMIT 1", now=now) is not None


async def end_due(tx: Tx, *, now: int) -> int:
    """Remove the mutes that are over; return how many."""
    return await tx.run("DELETE FROM mutes WHERE expires_at <= :now", now=now)


# Whole nodes


async def put_host(tx: Tx, *, id: int, account_id: int, host: str) -> bool:
    """Mute everybody of a node; False when they are already."""
    changed = await tx.run(
        "INSERT INTO host_mutes (id, account_id, host) VALUES (:id, :account, :host) ON CONFLICT DO NOTHING",
        id=id,
        account=account_id,
        host=host,
    )
    return changed == 1


async def delete_host(tx: Tx, *, account_id: int, host: str) -> None:
    """Mute a node no more."""
    await tx.run("DELETE FROM host_mutes WHERE account_id = :account AND host = :host", account=account_id, host=host)


async def hosts(tx: Tx, account_id: int, page: Page) -> list[tuple[int, str]]:
    """Return (row id, host) of the nodes that a member has muted."""
    rows = await tx.all(
        f"SELECT h.id, h.host FROM host_mutes h WHERE h.account_id = :account AND {page.of('h.id')}",
        account=account_id,
        **page.values,
    )
    return page.newest_first([(row["id"], row["host"]) for row in rows])
