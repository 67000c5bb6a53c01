"""Guests: where administrators invite them and set their terms, and where members find whom they brought."""

from dataclasses import dataclass

from quart import Blueprint, Response, request

from moderation import guests as commands
from moderation import members
from node.context import Context
from node.domain import uris
from node.domain.accounts import Account
from node.domain.guests import Guest, Terms, is_over
from node.domain.viewer import Viewer
from node.errors import AllmendeError, Invalid, NotFound
from node.store import accounts
from node.store import guests as rows
from node.store.database import Tx
from node.store.pages import NEWEST, Page
from node.web import session
from node.web.forms import LIST, Form, asked, day_of, end_of_day, older, sent
from node.web.pages import render, told, words
from node.web.session import administering, for_members
from node.web.views import PersonView, Sight

guests = Blueprint("guests", __name__)


@dataclass(frozen=True, slots=True)
class GuestView:
    """A guest. sponsor: who brought them, None when that one has left; groups: named for them; until, day: in words and
    as a field has it.
    """

    person: PersonView
    sponsor: PersonView | None
    groups: tuple[PersonView, ...]
    until: str
    day: str
    over: bool


async def _views(ctx: Context, tx: Tx, found: list[Guest]) -> list[GuestView]:
    """Return views of guests: three queries, however many there are."""
    ids = {id for one in found for id in (one.account_id, one.terms.sponsor_id or 0, *one.terms.group_ids)}
    known, sight = await accounts.by_ids(tx, ids), await Sight.of(ctx, tx)
    _, now = words(), ctx.clock()

    def shown(id: int | None) -> PersonView | None:
        account = known.get(id or 0)
        return sight.person(account) if account is not None and account.deleted_at is None else None

    return [
        GuestView(
            person=sight.person(known[one.account_id]),
            sponsor=shown(one.terms.sponsor_id),
            groups=tuple(view for id in one.terms.group_ids if (view := shown(id))),
            until=_.date(one.terms.until),
            day=day_of(ctx, one.terms.until),
            over=is_over(one, now),
        )
        for one in found
    ]


# For administrators


@guests.route("/administration/guests", methods=["GET", "POST"])
@administering
async def every(ctx: Context, viewer: Viewer) -> Response:
    """All guests; an invitation for a new one, whose link is shown this once."""
    form, status, error, link = await sent(), 200, "", ""
    if request.method == "POST":
        try:
            terms = await _terms(ctx, viewer.account, form)
            secret = await members.invite(ctx, by=viewer.account, note=form.line("note"), guest=terms)
            link, form = uris.invitation(ctx.settings.url, secret), Form.empty()
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    page = Page(before=NEWEST, limit=LIST) if request.method == "POST" else asked(LIST)
    async with ctx.db.read() as tx:
        found = await rows.page(tx, page)
        shown = await _views(ctx, tx, found)
    return await render(
        "administration/guests.html",
        status=status,
        error=error,
        link=link,
        form=form,
        guests=shown,
        older=older([one.account_id for one in found], LIST),
    )


async def _terms(ctx: Context, by: Account, form: Form) -> Terms:
    """Return the terms in a form.

    Raises:
        Invalid: there is no day. NotFound: there is no such member, or no such group.
    """
    until = end_of_day(ctx, form.line("until"))
    if until is None:
        raise Invalid("Choose a day that is still to come.")
    sponsor = await members.named(ctx, form.line("sponsor"))
    handles = form.text("groups").replace(",", " ").split()
    return Terms(sponsor.id, until, await commands.named(ctx, by, handles))


@guests.route("/administration/guests/<int:account_id>", methods=["GET", "POST"])
@administering
async def one(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Give a guest other terms; whoever was out comes back."""
    form, status, error = await sent(), 200, ""
    if request.method == "POST":
        try:
            await commands.change_terms(ctx, account_id, await _terms(ctx, viewer.account, form), by=viewer.account)
            return session.see("/administration/guests")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    async with ctx.db.read() as tx:
        found = await rows.of(tx, account_id)
        if found is None:
            raise NotFound("There is no such guest.")
        (shown,) = await _views(ctx, tx, [found])
    return await render("administration/guest.html", status=status, error=error, form=form, guest=shown)


@guests.post("/administration/guests/<int:account_id>/end")
@administering
async def end(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """End a guest's time now."""
    await commands.end(ctx, account_id, by=viewer.account)
    return session.see("/administration/guests")


# For those who brought them


@guests.get("/settings/guests")
@for_members
async def mine(ctx: Context, viewer: Viewer) -> Response:
    """Whom one brought and who is still here."""
    return await _mine(ctx, viewer)


async def _mine(ctx: Context, viewer: Viewer, error: AllmendeError | None = None) -> Response:
    async with ctx.db.read() as tx:
        shown = await _views(ctx, tx, await rows.of_sponsor(tx, viewer.account.id))
    said = told(error) if error else ""
    return await render("settings/guests.html", status=error.status if error else 200, error=said, guests=shown)


@guests.post("/settings/guests/<int:account_id>/<any(shorten,end):name>")
@for_members
async def let_go(ctx: Context, viewer: Viewer, account_id: int, name: str) -> Response:
    """Let a guest whom one brought go earlier, or now."""
    try:
        if name == "end":
            async with ctx.db.read() as tx:
                await commands.brought(tx, account_id, by=viewer.account)
            await commands.end(ctx, account_id, by=viewer.account)
        else:
            until = end_of_day(ctx, (await sent()).line("until"))
            if until is None:
                raise Invalid("Choose a day that is still to come.")
            await commands.shorten(ctx, account_id, until, by=viewer.account)
    except AllmendeError as caught:
        return await _mine(ctx, viewer, caught)
    return session.see("/settings/guests")
