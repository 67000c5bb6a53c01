"""Rows of complaints."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from node.domain.reports import Report
from node.store import sealed
from node.store.database import Row, Tx
from node.store.pages import Page

_COLUMNS = """r.id, r.uri, r.from_id, r.target_id, r.content, r.category, r.rules, r.state, r.assigned_id, r.closed_by,
    r.closed_at, r.created_at"""


_NOT_HELD = "NOT EXISTS (SELECT 1 FROM holds h WHERE h.account_id IN (reports.target_id, reports.from_id))"
"""No legal hold stands on whom a complaint is about, nor on who made it."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which complaints are meant: open or closed ones; by whom, about whom and about people of which host, if said."""

    closed: bool = False
    from_id: int | None = None
    target_id: int | None = None
    target_host: str | None = None


async def insert(tx: Tx, report: Report) -> bool:
    """Add a complaint; False when it is here already."""
    changed = await tx.run(
        """INSERT INTO reports (id, uri, from_id, target_id, content, category, rules, state, created_at, updated_at)
           VALUES (:id, :uri, :from_id, :target_id, :content, :category, :rules, :state, :created_at, :created_at)
           ON CONFLICT DO NOTHING""",
        id=report.id,
        uri=report.uri,
        from_id=report.from_id,
        target_id=report.target_id,
        content=await sealed.text(tx, sealed.of_report(report.id), report.content),
        category=report.category,
        rules=_rules(report),
        state=report.state,
        created_at=report.created_at,
    )
    if changed:
        await tx.many(
            "INSERT INTO report_posts (report_id, post_id) VALUES (:report, :post) ON CONFLICT DO NOTHING",
            [{"report": report.id, "post": post} for post in report.post_ids],
        )
    return changed == 1


async def update(tx: Tx, report: Report, *, now: int) -> None:
    """Write how a complaint stands, and what it is about."""
    await tx.run(
        """UPDATE reports SET category = :category, rules = :rules, state = :state, assigned_id = :assigned_id,
                  closed_by = :closed_by, closed_at = :closed_at, updated_at = :now WHERE id = :id""",
        id=report.id,
        category=report.category,
        rules=_rules(report),
        state=report.state,
        assigned_id=report.assigned_id,
        closed_by=report.closed_by,
        closed_at=report.closed_at,
        now=now,
    )


def _rules(report: Report) -> str:
    return " ".join(map(str, report.rules))


async def page(tx: Tx, *, after: int = 0, limit: int = 40) -> list[Report]:
    """Return open complaints, oldest first; `after` is an id, exclusive; two queries."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM reports r WHERE r.state = 'open' AND r.id > :after ORDER BY r.id LIMIT :limit",
        after=after,
        limit=limit,
    )
    return await _whole(tx, rows)


async def search(tx: Tx, sought: Sought, page: Page) -> list[Report]:
    """Return a page of complaints, newest first; two queries."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM reports r
             WHERE r.state = :state AND (:any_sender = 1 OR r.from_id = :sender)
               AND (:any_target = 1 OR r.target_id = :target)
               AND (:any_host = 1 OR r.target_id IN (SELECT a.id FROM accounts a WHERE a.host = :host))
               AND {page.of("r.id")}""",
        state="closed" if sought.closed else "open",
        any_sender=int(sought.from_id is None),
        sender=sought.from_id or 0,
        any_target=int(sought.target_id is None),
        target=sought.target_id or 0,
        any_host=int(sought.target_host is None),
        host=sought.target_host or "",
        **page.values,
    )
    return page.newest_first(await _whole(tx, rows))


async def part_with(tx: Tx, account_id: int) -> None:
    """Let complaints name somebody who is erased no more; what they made, or is about them, goes if it is closed."""
    await tx.run(
        f"DELETE FROM reports WHERE (from_id = :id OR target_id = :id) AND state = 'closed' AND {_NOT_HELD}",
        id=account_id,
    )
    await tx.run("UPDATE reports SET from_id = NULL WHERE from_id = :id", id=account_id)
    await tx.run("UPDATE reports SET assigned_id = NULL WHERE assigned_id = :id", id=account_id)


async def forget(tx: Tx, *, before: int) -> int:
    """Erase closed complaints: from before then (Unix ms), or about somebody who is erased; return how many."""
    return await tx.run(
        f"""DELETE FROM reports WHERE state = 'closed'
              AND (closed_at < :before OR EXISTS (
                 SELECT 1 FROM accounts a WHERE a.id = reports.target_id AND a.deleted_at IS NOT NULL))
              AND {_NOT_HELD}""",
        before=before,
    )


async def filed(tx: Tx, account_id: int, *, limit: int) -> list[Report]:
    """Return the complaints that a member made, newest first; two queries."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM reports r WHERE r.from_id = :account ORDER BY r.id DESC LIMIT :limit",
        account=account_id,
        limit=limit,
    )
    return await _whole(tx, rows)


async def by_id(tx: Tx, id: int) -> Report | None:
    """Return one complaint."""
    found = await _whole(tx, await tx.all(f"SELECT {_COLUMNS} FROM reports r WHERE r.id = :id", id=id))
    return found[0] if found else None


async def updated_at(tx: Tx, ids: Iterable[int]) -> dict[int, int]:
    """Return id → when something last changed about a complaint (Unix ms); one query."""
    rows = await tx.all("SELECT id, updated_at FROM reports WHERE id IN (:ids)", ids=sorted(set(ids)))
    return {row["id"]: row["updated_at"] for row in rows}


async def passed_on(tx: Tx, ids: Iterable[int]) -> set[int]:
    """Return those of the complaints that the target's own node was told of; one query."""
    rows = await tx.all("SELECT id FROM activities WHERE id IN (:ids) AND type = 'Flag'", ids=sorted(set(ids)))
    return {row["id"] for row in rows}


async def _whole(tx: Tx, rows: Sequence[Row]) -> list[Report]:
    posts: dict[int, list[int]] = {}
    for row in await tx.all(
        "SELECT report_id, post_id FROM report_posts WHERE report_id IN (:ids) ORDER BY post_id",
        ids=[row["id"] for row in rows],
    ):
        posts.setdefault(row["report_id"], []).append(row["post_id"])
    return [_report(tx, row, tuple(posts.get(row["id"], ()))) for row in rows]


def _report(tx: Tx, row: Row, post_ids: tuple[int, ...]) -> Report:
    values: dict[str, Any] = dict(row)
    values["content"] = sealed.read_text(tx, row["content"])
    values["rules"] = tuple(int(rule) for rule in row["rules"].split())
    return Report(**values, post_ids=post_ids)
