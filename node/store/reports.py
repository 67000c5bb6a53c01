"""Rows of complaints."""

from node.domain.reports import Report
from node.store.database import Tx

_COLUMNS = "id, uri, from_id, target_id, content, state, created_at"


async def insert(tx: Tx, report: Report) -> bool:
    """Add a complaint; False when it is here already."""
    changed = await tx.run(
        f"""INSERT INTO reports ({_COLUMNS}) VALUES (:id, :uri, :from_id, :target_id, :content, :state, :created_at)
            ON CONFLICT DO NOTHING""",
        id=report.id,
        uri=report.uri,
        from_id=report.from_id,
        target_id=report.target_id,
        content=report.content,
        state=report.state,
        created_at=report.created_at,
    )
    if changed:
        await tx.many(
            "INSERT INTO report_posts (report_id, post_id) VALUES (:report, :post) ON CONFLICT DO NOTHING",
            [{"report": report.id, "post": post} for post in report.post_ids],
        )
    return changed == 1


async def page(tx: Tx, *, after: int = 0, limit: int = 40) -> list[Report]:
    """Return open complaints, oldest first; `after` is an id, exclusive; two queries."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM reports WHERE state = 'open' AND id > :after ORDER BY id LIMIT :limit",
        after=after,
        limit=limit,
    )
    posts: dict[int, list[int]] = {}
    for row in await tx.all(
        "SELECT report_id, post_id FROM report_posts WHERE report_id IN (:ids) ORDER BY post_id",
        ids=[row["id"] for row in rows],
    ):
        posts.setdefault(row["report_id"], []).append(row["post_id"])
    return [Report(**dict(row), post_ids=tuple(posts.get(row["id"], ()))) for row in rows]


async def close(tx: Tx, id: int) -> bool:
    """Mark a complaint as dealt with; False when there is no open one of this number."""
    return await tx.run("UPDATE reports SET state = 'closed' WHERE id = :id AND state = 'open'", id=id) == 1
