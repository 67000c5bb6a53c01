"""The pages of administrators: members, invitations, announcements (nodes: `contacts`; figures: `figures`)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from quart import Blueprint, Response, request

from moderation import announcements as announcing
from moderation import invitations as inviting
from moderation import members as commands
from moderation.rights import may_act_on
from node.context import Context
from node.domain import uris
from node.domain.accounts import Role
from node.domain.announcements import LONGEST
from node.domain.viewer import Viewer
from node.errors import AllmendeError, Invalid
from node.store import administration as rows
from node.store import announcements as announcement_rows
from node.store import invitations as invitation_rows
from node.store.administration import Sought
from node.store.pages import NEWEST, Page
from node.web import session, views
from node.web.forms import LIST, Form, asked, older, sent
from node.web.pages import render, told, words
from node.web.session import administering
from node.web.views import PersonView
from themes.phrases import Phrases

administration = Blueprint("administration", __name__)


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member. role: in words; may_act: whether the one who looks may suspend and restore them."""

    person: PersonView
    role: str
    suspended: bool
    since: str
    may_act: bool


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An open invitation; role, when and until in words. by: whose it is, '' for the operator's."""

    hash: str
    role: str
    note: str
    by: str
    when: str
    until: str


@dataclass(frozen=True, slots=True)
class AnnouncementView:
    """An announcement; content is HTML of our own making, until '' for one without end."""

    id: int
    content: str
    when: str
    until: str


def _roles(_: Phrases) -> dict[Role, str]:
    return {Role.MEMBER: _("Member"), Role.MODERATOR: _("Moderator"), Role.ADMIN: _("Administrator")}


@administration.get("/administration")
@administering
async def index(ctx: Context, viewer: Viewer) -> Response:
    """What there is to look after."""
    return await render("administration/index.html")


# Members


@administration.get("/administration/members")
@administering
async def members(ctx: Context, viewer: Viewer) -> Response:
    """Members, the latest first; `q`: how their name begins, with @ their user name."""
    q = request.args.get("q", "").strip()
    username, name = (q.removeprefix("@"), "") if q.startswith("@") else ("", q)
    roles, _ = _roles(words()), words()
    async with ctx.db.read() as tx:
        found = await rows.people(tx, Sought(local=True, username=username, name=name), asked(LIST))
        shown = await views.people(ctx, tx, [one.account for one in found])
    lines = [
        MemberView(
            person=view,
            role=roles[one.role] if one.role else "",
            suspended=one.account.suspended_at is not None,
            since=_.date(one.account.created_at),
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


# Invitations


@administration.route("/administration/invitations", methods=["GET", "POST"])
@administering
async def invitations(ctx: Context, viewer: Viewer) -> Response:
    """Invitations that are open; a new one, whose link is shown this once."""
    form, link = await sent(), ""
    if request.method == "POST":
        role = form.choice("role", Role, Role.MEMBER)
        secret = await commands.invite(ctx, by=viewer.account, role=role, note=form.line("note"))
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
    _ = words()
    async with ctx.db.read() as tx:
        found = await announcement_rows.present(tx, now=ctx.clock(), limit=LIST)
    shown = [
        AnnouncementView(
            id=one.id,
            content=one.content,
            when=_.ago(one.published_at),
            # It ends as the day after its last one begins.
            until=_.date(one.ends_at - 1) if one.ends_at else "",
        )
        for one in reversed(found)
    ]
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
    if end * 1000 <= ctx.clock():
        raise Invalid("This day is over. Choose a later one, or none.")
    return int(end) * 1000


@administration.post("/administration/announcements/<int:announcement_id>/withdraw")
@administering
async def withdraw_announcement(ctx: Context, viewer: Viewer, announcement_id: int) -> Response:
    """Take an announcement back."""
    await announcing.withdraw(ctx, announcement_id)
    return session.see("/administration/announcements")
