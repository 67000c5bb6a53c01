"""Commands on complaints: who looks after one, what it is about, and that it is dealt with."""

import logging
from dataclasses import replace

from node.context import Change, Context
from node.domain.accounts import Account
from node.domain.reports import Report, check_category
from node.errors import NotFound
from node.store import house_rules, reports

audit = logging.getLogger("allmende.audit")


async def assign(ctx: Context, id: int, *, to: Account | None) -> Report:
    """Have a moderator look after a complaint, or nobody in particular.

    Raises:
        NotFound: there is none of this number.
    """
    async with ctx.change() as change:
        report = await _report(change, id)
        return await _write(change, replace(report, assigned_id=to.id if to else None))


async def classify(ctx: Context, id: int, *, category: str, rules: tuple[int, ...]) -> Report:
    """Say what a complaint is about.

    Raises:
        NotFound: there is none of this number. Invalid: no such category or house rule.
    """
    async with ctx.change() as change:
        known = await house_rules.current(change.tx, first=ctx.settings.node.rules)
        check_category(category, rules, known_rules=[rule.id for rule in known])
        report = await _report(change, id)
        return await _write(change, replace(report, category=category, rules=rules))


async def close(ctx: Context, id: int, *, by: Account | None) -> Report:
    """Mark a complaint as dealt with, by a moderator or the operator (None); one that is stays as it is.

    Raises:
        NotFound: there is none of this number.
    """
    async with ctx.change() as change:
        report = await _report(change, id)
        if report.state == "closed":
            return report
        closed = replace(report, state="closed", closed_by=by.id if by else None, closed_at=change.now)
        written = await _write(change, closed)
    audit.warning("complaint %d closed", id)
    return written


async def reopen(ctx: Context, id: int) -> Report:
    """Take a complaint up again.

    Raises:
        NotFound: there is none of this number.
    """
    async with ctx.change() as change:
        report = await _report(change, id)
        written = await _write(change, replace(report, state="open", closed_by=None, closed_at=None))
    audit.warning("complaint %d opened again", id)
    return written


async def _report(change: Change, id: int) -> Report:
    report = await reports.by_id(change.tx, id)
    if report is None:
        raise NotFound("There is no such complaint.")
    return report


async def _write(change: Change, report: Report) -> Report:
    await reports.update(change.tx, report, now=change.now)
    return report
