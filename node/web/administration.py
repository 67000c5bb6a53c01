"""The pages of administrators: members, invitations, announcements (nodes: `contacts`; figures: `figures`)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from quart import Blueprint, Response, request

from moderation import announcements as announcing
from moderation import bans as banning
from moderation import invitations as inviting
from moderation import members as commands
from moderation import minors as protecting
from moderation import second_factors
from moderation.rights import may_act_on
from node.context import Context
from node.domain import uris
from node.domain.accounts import Role
from node.domain.announcements import LONGEST, check_end
from node.domain.viewer import Viewer
from node.errors import AllmendeError, Forbidden, Invalid, NotFound
from node.store import administration as rows
from node.store import departures, minors
from node.store import invitations as invitation_rows
from node.store import second_factors as factor_rows
from node.store.administration import Person, Sought
from node.store.database import Tx
from node.store.pages import NEWEST, Page
from node.web import session, views
from node.web.announcements import present
from node.web.forms import LIST, Form, asked, older, sent
from node.web.pages import render, told, words
from node.web.session import administering
from node.web.views import PersonView
from themes.phrases import Phrases

administration = Blueprint("administration", __name__)


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member. role: in words; minor: under age; leaves: their last day in words, '' for who stays; left: it is over.

    factor: they have a second factor. may_act: whether the one who looks may suspend them, and change their role.
    """

    person: PersonView
    role: str
    suspended: bool
    since: str
    minor: bool
    leaves: str
    left: bool
    factor: bool
    may_act: bool


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An open invitation; role, when and until in words. minor: for somebody under age; by: whose it is, '' for the
    operator's.
    """

    hash: str
    role: str
    note: str
    minor: bool
    by: str
    when: str
    until: str


def _roles(_: Phrases) -> dict[Role, str]:
    return {
        Role.MEMBER: _("Member"),
        Role.MODERATOR: _("Moderator"),
        Role.OFFICER: _("Data protection officer"),
        Role.ADMIN: _("Administrator"),
    }


@administration.get("/administration")
@administering
async def index(ctx: Context, viewer: Viewer) -> Response:
    """What there is to look after."""
    return await render(
        "administration/index.html",
        protects=await session.guards_data(ctx, viewer),
        unmailed=bool(ctx.settings.retention.inactive_days) and not ctx.mailer.enabled,
    )


# Members


@administration.get("/administration/members")
@administering
async def members(ctx: Context, viewer: Viewer) -> Response:
    """Members, the latest first; `q`: how their name begins, with @ their user name."""
    q = request.args.get("q", "").strip()
    username, name = (q.removeprefix("@"), "") if q.startswith("@") else ("", q)
    roles, _ = _roles(words()), words()
    async with ctx.db.read() as tx:
        found = await rows.people(tx, Sought(members=True, username=username, name=name), asked(LIST))
        shown = await views.people(ctx, tx, [one.account for one in found])
        young = await minors.among(tx, [one.account.id for one in found])
        leaving = await departures.among(tx, [one.account.id for one in found])
        careful = await factor_rows.among(tx, [one.account.id for one in found])
    lines = [
        MemberView(
            person=view,
            role=roles[one.role] if one.role else "",
            suspended=one.account.suspended_at is not None,
            since=_.date(one.account.created_at),
            minor=one.account.id in young,
            leaves=_.date(leaving[one.account.id].until) if one.account.id in leaving else "",
            left=one.account.id in leaving and leaving[one.account.id].ended_at is not None,
            factor=one.account.id in careful,
            may_act=may_act_on(viewer, one),
        )
        for one, view in zip(found, shown, strict=True)
    ]
    return await render(
        "administration/members.html",
        wide=True,
        members=lines,
        named=q,
        older=older([one.account.id for one in found], LIST),
    )


async def member(ctx: Context, tx: Tx, account_id: int) -> tuple[Person, PersonView]:
    """Return a member whom a page is about, and how they are shown.

    Raises:
        NotFound: it is no member.
    """
    found = await rows.person(tx, account_id)
    if found is None or found.role is None:
        raise NotFound("There is no such member.")
    return found, (await views.people(ctx, tx, [found.account]))[0]


@administration.route("/administration/members/<int:account_id>/role", methods=["GET", "POST"])
@administering
async def role(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Give a member another role; one's own is for another administrator to change."""
    async with ctx.db.read() as tx:
        found, shown = await member(ctx, tx, account_id)
    if not may_act_on(viewer, found):
        raise Forbidden("Another administrator has to change your own role.")
    assert found.role is not None, "a member has one"
    form, status, error = await sent(), 200, ""
    chosen = form.choice("role", Role, found.role)
    if request.method == "POST":
        try:
            await commands.set_role(ctx, account_id, chosen, by=viewer.account)
            return session.see("/administration/members")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await render(
        "administration/role.html",
        status=status,
        error=error,
        person=shown,
        roles=_choices(words()),
        chosen=chosen.value,
    )


@administration.route("/administration/members/<int:account_id>/minor", methods=["GET", "POST"])
@administering
async def minor(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Note that a member is under age, or is no longer."""
    async with ctx.db.read() as tx:
        _, shown = await member(ctx, tx, account_id)
        young = await minors.is_minor(tx, account_id)
    if request.method == "POST":
        await protecting.set_minor(ctx, account_id, (await sent()).ticked("minor"), by=viewer.account)
        return session.see("/administration/members")
    return await render("administration/minor.html", person=shown, minor=young)


@administration.route("/administration/members/<int:account_id>/second-factor", methods=["GET", "POST"])
@administering
async def second_factor(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Take the second factor of a member away who lost it; one's own is taken away with the password."""
    async with ctx.db.read() as tx:
        found, shown = await member(ctx, tx, account_id)
        counts = await factor_rows.counts(tx, account_id)
    if not counts:
        raise NotFound("There is no second factor.")
    if not may_act_on(viewer, found):
        raise Forbidden("Take your own second factor away in your settings.")
    if request.method == "POST":
        await second_factors.take_away(ctx, found.account, by=viewer.account)
        return session.see("/administration/members")
    return await render("administration/second_factor.html", person=shown)


def _choices(_: Phrases) -> list[tuple[str, str, str]]:
    meant = {
        Role.MEMBER: _("Reads and writes like everybody here."),
        Role.MODERATOR: _("Looks after complaints, and suspends members."),
        Role.OFFICER: _("Looks after data protection: requests, complaints about it, and erasures."),
        Role.ADMIN: _("Looks after members, nodes and everything else here."),
    }
    return [(role.value, text, meant[role]) for role, text in _roles(_).items()]


# Invitations


@administration.route("/administration/invitations", methods=["GET", "POST"])
@administering
async def invitations(ctx: Context, viewer: Viewer) -> Response:
    """Invitations that are open; a new one, whose link is shown this once."""
    form, link = await sent(), ""
    if request.method == "POST":
        role = form.choice("role", Role, Role.MEMBER)
        note, young = form.line("note"), form.ticked("minor")
        secret = await commands.invite(ctx, by=viewer.account, role=role, note=note, minor=young)
        link = uris.invitation(ctx.settings.url, secret)
    return await _invitations(ctx, link=link)


@administration.post("/administration/invitations/withdraw")
@administering
async def withdraw_invitation(ctx: Context, viewer: Viewer) -> Response:
    """Make an invitation unusable."""
    try:
        await inviting.withdraw(ctx, (await sent()).line("invitation"))
    except AllmendeError as error:
        return await _invitations(ctx, status=error.status, error=told(error))
    return session.see("/administration/invitations")


async def _invitations(ctx: Context, *, link: str = "", status: int = 200, error: str = "") -> Response:
    _, roles = words(), _roles(words())
    page = Page(before=NEWEST, limit=LIST) if link else asked(LIST)
    async with ctx.db.read() as tx:
        found = await invitation_rows.page(tx, page, now=ctx.clock())
        people = await rows.by_ids(tx, {one.invited_by for one in found if one.invited_by})
    shown = [
        InvitationView(
            hash=one.hash,
            role=roles[one.role],
            note=one.note,
            minor=one.minor,
            by=people[one.invited_by].account.name if one.invited_by in people else "",
            when=_.ago(one.created_at),
            until=_.moment(one.expires_at),
        )
        for one in found
    ]
    return await render(
        "administration/invitations.html",
        status=status,
        error=error,
        link=link,
        invitations=shown,
        roles=[(role.value, text) for role, text in roles.items()],
        older=older([one.created_at for one in found], LIST),
    )


# Bans


@administration.route("/administration/bans", methods=["GET", "POST"])
@administering
async def bans(ctx: Context, viewer: Viewer) -> Response:
    """How many accounts are banned; a ban is lifted by the name or address, which are kept as hashes only."""
    form, status, error = await sent(), 200, ""
    if request.method == "POST":
        try:
            await banning.lift(ctx, form.line("name"), by=viewer.account)
            return session.see("/administration/bans?lifted=1")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await render(
        "administration/bans.html",
        status=status,
        error=error,
        done=words()("The ban is lifted.") if "lifted" in request.args and not error else "",
        form=form,
        count=await banning.count(ctx),
        days=ctx.settings.retention.suspended_days,
    )


# Announcements


@administration.route("/administration/announcements", methods=["GET", "POST"])
@administering
async def announcements(ctx: Context, viewer: Viewer) -> Response:
    """What everybody is told at the moment; a new announcement."""
    form, status, error = await sent(), 200, ""
    if request.method == "POST":
        try:
            await announcing.publish(ctx, form.text("text"), ends_at=_end(ctx, form))
            return session.see("/administration/announcements")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    async with ctx.db.read() as tx:
        shown = await present(ctx, tx)
    return await render(
        "administration/announcements.html", status=status, error=error, form=form, announcements=shown, longest=LONGEST
    )


def _end(ctx: Context, form: Form) -> int | None:
    """Return the end of the day that was chosen (Unix ms), None for none."""
    typed = form.line("last_day")
    if not typed:
        return None
    try:
        after = date.fromisoformat(typed) + timedelta(days=1)
        end = datetime(after.year, after.month, after.day, tzinfo=ZoneInfo(ctx.settings.node.timezone)).timestamp()
    except (ValueError, OverflowError) as error:
        raise Invalid("This is no date. It looks like 2026-11-01.") from error
    check_end(int(end) * 1000, now=ctx.clock())
    return int(end) * 1000


@administration.post("/administration/announcements/<int:announcement_id>/withdraw")
@administering
async def withdraw_announcement(ctx: Context, viewer: Viewer, announcement_id: int) -> Response:
    """Take an announcement back."""
    await announcing.withdraw(ctx, announcement_id)
    return session.see("/administration/announcements")
