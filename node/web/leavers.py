"""The page on which an administrator says that a member leaves."""

from quart import Blueprint, Response, request

from moderation import leavers as commands
from node.context import Context
from node.domain.viewer import Viewer
from node.errors import AllmendeError, Invalid
from node.store import bequests, departures, pages_of_unit
from node.web import session
from node.web.administration import member
from node.web.forms import day_of, end_of_day, sent
from node.web.leaving import PlaceView
from node.web.pages import render, told, words
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
            await commands.name_heir(ctx, account_id, form.number("heir"), form.numbers("group"), by=viewer.account)
            return session.see("/administration/members")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    async with ctx.db.read() as tx:
        _, shown = await member(ctx, tx, account_id)
        leaving = await departures.of(tx, account_id)
        chosen = await bequests.of(tx, account_id)
        pages = await pages_of_unit.every(tx, viewer_id=viewer.account.id)
        places = [
            PlaceView(group.id, group.name or group.username, count, group.id in chosen.by_unit, fixed=False)
            for group, count in await commands.nameable(tx, account_id, by=viewer.account, now=ctx.clock())
        ]
    _ = words()
    return await render(
        "administration/leave.html",
        status=status,
        error=error,
        person=shown,
        leaving=leaving,
        day=form.text("until") or (day_of(ctx, leaving.until) if leaving else ""),
        days=ctx.settings.retention.leaver_days,
        heirs=[("", _("Nothing stays")), *[(one.account.id, one.account.name) for one in pages if not one.page.closed]],
        heir=chosen.heir or "",
        wrote_in=places,
    )


@leavers.post("/administration/members/<int:account_id>/stay")
@administering
async def stay(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Let a member stay after all, or come back."""
    await commands.keep(ctx, account_id, by=viewer.account)
    return session.see("/administration/members")
