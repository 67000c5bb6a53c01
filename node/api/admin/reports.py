"""Complaints, for moderators."""

from quart import Blueprint, Response

from moderation import reports as commands
from node.api.admin.rights import moderators
from node.api.answers import answer, fields, links, number, numbers, paging, query, text, truth
from node.api.render.admin import complaints as render
from node.context import Context
from node.domain.reports import Report
from node.domain.viewer import Viewer
from node.errors import NotFound
from node.store import reports as rows
from node.store.reports import Sought

reports = Blueprint("reports", __name__, url_prefix="/v1/admin/reports")


@reports.get("")
@moderators("admin:read:reports")
async def page(ctx: Context, viewer: Viewer) -> Response:
    """Return open complaints, or with `resolved` closed ones; by `account_id`, about `target_account_id`."""
    given, asked = query(), paging(most=200, usual=100)
    domain = text(given.get("by_target_domain")).lower()
    sought = Sought(
        closed=truth(given.get("resolved")),
        from_id=number(given.get("account_id"), "account_id"),
        target_id=number(given.get("target_account_id"), "target_account_id"),
        target_host=("" if domain == ctx.settings.authority else domain) if domain else None,
    )
    async with ctx.db.read() as tx:
        found = await rows.search(tx, sought, asked)
        shown = await render(ctx, tx, found, viewer_id=viewer.account.id)
    return answer(shown, link=links(asked, [one.id for one in found]))


@reports.get("/<int:report_id>")
@moderators("admin:read:reports")
async def show(ctx: Context, viewer: Viewer, report_id: int) -> Response:
    """Return one complaint."""
    async with ctx.db.read() as tx:
        found = await rows.by_id(tx, report_id)
    if found is None:
        raise NotFound("Record not found")
    return await _answer(ctx, viewer, found)


async def _answer(ctx: Context, viewer: Viewer, report: Report) -> Response:
    async with ctx.db.read() as tx:
        return answer((await render(ctx, tx, [report], viewer_id=viewer.account.id))[0])


@reports.route("/<int:report_id>", methods=["PUT", "PATCH"])
@moderators("admin:write:reports")
async def classify(ctx: Context, viewer: Viewer, report_id: int) -> Response:
    """Say what a complaint is about: `category`, and `rule_ids[]` of the house rules."""
    given = await fields()
    rules = tuple(numbers(given.get("rule_ids"), "rule_ids"))
    category = text(given.get("category")) or ("violation" if rules else "other")
    return await _answer(ctx, viewer, await commands.classify(ctx, report_id, category=category, rules=rules))


@reports.post("/<int:report_id>/assign_to_self")
@moderators("admin:write:reports")
async def assign(ctx: Context, viewer: Viewer, report_id: int) -> Response:
    """Look after a complaint oneself."""
    return await _answer(ctx, viewer, await commands.assign(ctx, report_id, to=viewer.account))


@reports.post("/<int:report_id>/unassign")
@moderators("admin:write:reports")
async def unassign(ctx: Context, viewer: Viewer, report_id: int) -> Response:
    """Leave a complaint to whoever takes it."""
    return await _answer(ctx, viewer, await commands.assign(ctx, report_id, to=None))


@reports.post("/<int:report_id>/resolve")
@moderators("admin:write:reports")
async def close(ctx: Context, viewer: Viewer, report_id: int) -> Response:
    """Mark a complaint as dealt with."""
    return await _answer(ctx, viewer, await commands.close(ctx, report_id, by=viewer.account))


@reports.post("/<int:report_id>/reopen")
@moderators("admin:write:reports")
async def reopen(ctx: Context, viewer: Viewer, report_id: int) -> Response:
    """Take a complaint up again."""
    return await _answer(ctx, viewer, await commands.reopen(ctx, report_id))
