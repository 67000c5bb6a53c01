"""The Report entity."""

from typing import Any

from node.api.render.account import account as render_account
from node.context import Context
from node.domain.accounts import Account
from node.domain.reports import Report
from node.domain.times import iso


def report(ctx: Context, report: Report, *, target: Account, forwarded: bool) -> dict[str, Any]:
    """Return a complaint. forwarded: the target's own node was told."""
    return {
        "id": str(report.id),
        "action_taken": report.state != "open",
        "action_taken_at": iso(report.closed_at) if report.closed_at else None,
        "category": report.category,
        "comment": report.content,
        "forwarded": forwarded,
        "created_at": iso(report.created_at),
        "status_ids": [str(id) for id in report.post_ids],
        "rule_ids": [str(rule) for rule in report.rules] or None,
        "target_account": render_account(ctx, target),
    }
