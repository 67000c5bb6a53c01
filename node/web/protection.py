"""The pages of who looks after data protection: legal holds, and the record of what is done with data (GDPR, 30)."""

from dataclasses import dataclass

from quart import Blueprint, Response, request

from moderation import holds as commands
from node.context import Context
from node.domain.accounts import Role
from node.domain.viewer import Viewer
from node.errors import AllmendeError, Invalid
from node.store import accounts
from node.store import holds as rows
from node.store.pages import NEWEST, Page
from node.web import session, views
from node.web.forms import LIST, Form, asked, end_of_day, older, sent
from node.web.pages import render, told, words
from node.web.processing import processings
from node.web.receiving import organisation, recipients
from node.web.session import entrusted, guards_data, protecting
from node.web.views import PersonView

protection = Blueprint("protection", __name__)


@dataclass(frozen=True, slots=True)
class HoldView:
    """A legal hold; until, since: in words. waits: an erasure was asked for meanwhile."""

    person: PersonView
    reason: str
    since: str
    until: str
    waits: bool


@protection.get("/administration/record")
@entrusted(Role.OFFICER, Role.ADMIN)
async def record(ctx: Context, viewer: Viewer) -> Response:
    """The record of processing activities, as this node is set up now; for printing, too."""
    found = await recipients(ctx, words(), named=True)
    return await render(
        "administration/record.html",
        organisation=await organisation(ctx),
        processings=processings(ctx.settings, words()),
        recipients=found,
        abroad=[one for one in found.all if one.outside],
        unstated=[one.host for one in found.all if not one.country],
        today=words().date(ctx.clock()),
        protects=await guards_data(ctx, viewer),
        outside=ctx.settings.push.enabled,
    )


@protection.route("/administration/holds", methods=["GET", "POST"])
@protecting
async def holds(ctx: Context, viewer: Viewer) -> Response:
    """The legal holds; a new one, or other terms for one that is there."""
    form, status, error = await sent(), 200, ""
    if request.method == "POST":
        try:
            until = end_of_day(ctx, form.line("until"))
            if until is None:
                raise Invalid("Choose a day that is still to come.")
            person = await commands.named(ctx, form.line("member"))
            await commands.place(ctx, person.id, reason=form.line("reason"), until=until, by=viewer.account)
            return session.see("/administration/holds")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await _holds(ctx, form, status=status, error=error)


async def _holds(ctx: Context, form: Form, *, status: int, error: str) -> Response:
    page, _ = Page(before=NEWEST, limit=LIST) if request.method == "POST" else asked(LIST), words()
    async with ctx.db.read() as tx:
        found = await rows.page(tx, page)
        known = await accounts.by_ids(tx, [one.account_id for one in found])
        shown = await views.people(ctx, tx, [known[one.account_id] for one in found])
    lines = [
        HoldView(view, one.reason, _.date(one.placed_at), _.date(one.until), one.asked)
        for one, view in zip(found, shown, strict=True)
    ]
    return await render(
        "administration/holds.html",
        status=status,
        error=error,
        form=form,
        holds=lines,
        longest=commands.LONGEST_REASON,
        older=older([one.account_id for one in found], LIST),
    )


@protection.post("/administration/holds/<int:account_id>/lift")
@protecting
async def lift(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """End a hold now."""
    await commands.lift(ctx, account_id, by=viewer.account)
    return session.see("/administration/holds")
