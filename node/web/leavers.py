"""The page on which an administrator says that a member leaves."""

from quart import Blueprint, Response, request

from moderation import leavers as commands
from node.context import Context
from node.domain.viewer import Viewer
from node.errors import AllmendeError, Invalid, NotFound
from node.store import administration as rows
from node.store import departures
from node.web import session, views
from node.web.forms import day_of, end_of_day, sent
from node.web.pages import render, told
from node.web.session import administering

leavers = Blueprint("leavers", __name__)


@leavers.route("/administration/members/<int:account_id>/leave", methods=["GET", "POST"])
@administering
async def leave(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Say until when a member is here."""
    form, status, error = await sent(), 200, ""
    if request.method == "POST":
        try:
            until = end_of_day(ctx, form.line("until"))
            if until is None:
                raise Invalid("Choose a day that is still to come.")
            await commands.plan(ctx, account_id, until, by=viewer.account)
            return session.see("/administration/members")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    async with ctx.db.read() as tx:
        found = await rows.person(tx, account_id)
        leaving = await departures.of(tx, account_id)
        shown = (await views.people(ctx, tx, [found.account]))[0] if found else None
    if found is None or found.role is None or shown is None:
        raise NotFound("There is no such member.")
    return await render(
        "administration/leave.html",
        status=status,
        error=error,
        person=shown,
        leaving=leaving,
        day=form.text("until") or (day_of(ctx, leaving.until) if leaving else ""),
        days=ctx.settings.retention.leaver_days,
    )


@leavers.post("/administration/members/<int:account_id>/stay")
@administering
async def stay(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Let a member stay after all, or come back."""
    await commands.keep(ctx, account_id, by=viewer.account)
    return session.see("/administration/members")
