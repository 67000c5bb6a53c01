"""Pseudonyms: where a member makes one and goes over to it, and where two roles look together whose one is."""

from dataclasses import dataclass

from quart import Blueprint, Response, g, request

from moderation import members
from moderation import personas as commands
from node.context import Context
from node.domain.accounts import MODERATING, Role
from node.domain.guests import check_member
from node.domain.personas import Bench, Look, bench_of
from node.domain.viewer import Viewer
from node.errors import AllmendeError
from node.store import accounts
from node.store import personas as rows
from node.web import session
from node.web.forms import LIST, Form, asked, older, sent
from node.web.pages import render, told, words
from node.web.session import as_oneself, entrusted, signed_in
from node.web.views import PersonView, Sight
from themes.phrases import Phrases

personas = Blueprint("personas", __name__)


@dataclass(frozen=True, slots=True)
class LookView:
    """A look. persona: None when it is erased. behind: whose it is, for those two who look now.

    side: who asked, as a role. state: how far it is. agrees, closes: what who looks at this may do. Times in words.
    """

    id: int
    persona: PersonView | None
    behind: PersonView | None
    reason: str
    side: str
    when: str
    state: str
    agrees: bool
    closes: bool


# A member's own


@personas.route("/settings/pseudonym", methods=["GET", "POST"])
@as_oneself
async def own(ctx: Context, viewer: Viewer) -> Response:
    """One's pseudonym: make one, go over to it, erase it, and read who looked whose it is."""
    check_member(viewer.account)
    form, status, error = await sent(), 200, ""
    if request.method == "POST":
        try:
            await commands.make(ctx, viewer.account, username=form.line("username"), name=form.line("name"))
            return session.see("/settings/pseudonym")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    persona = await commands.of_member(ctx, viewer.account)
    looks = [
        (_side(words(), look.bench), look.reason, words().date(look.agreed_at or look.asked_at))
        for look in await commands.looked_at(ctx, viewer.account)
    ]
    async with ctx.db.read() as tx:
        shown = (await Sight.of(ctx, tx)).person(persona) if persona is not None else None
    return await render("settings/pseudonym.html", status=status, error=error, form=form, persona=shown, told=looks)


@personas.post("/settings/pseudonym/enter")
@as_oneself
async def enter(ctx: Context, viewer: Viewer) -> Response:
    """Go over to one's pseudonym; one's own session waits."""
    secret = await commands.enter(ctx, viewer.account)
    return session.step_aside(session.see("/home"), secret)


@personas.post("/pseudonym/leave")
@signed_in
async def leave(ctx: Context, viewer: Viewer) -> Response:
    """Go back to oneself."""
    waiting = session.waiting()
    oneself = await members.viewer_of_session(ctx, waiting) if waiting else None
    if not viewer.account.persona:
        return session.see("/home")
    await members.sign_out(ctx, g.secret)
    if oneself is None:
        return session.forget(session.see("/sign-in"))
    return session.step_back(session.see("/home"), waiting)


@personas.post("/settings/pseudonym/erase")
@as_oneself
async def erase(ctx: Context, viewer: Viewer) -> Response:
    """Erase one's pseudonym, and everything that was written under it."""
    await commands.end(ctx, viewer.account)
    return session.see("/settings/pseudonym")


# Two roles together

_looking = entrusted(Role.OFFICER, *MODERATING)


@personas.route("/pseudonyms", methods=["GET", "POST"])
@_looking
async def looks(ctx: Context, viewer: Viewer) -> Response:
    """The looks at pseudonyms, whose they are; a wish for a new one."""
    form, status, error = await sent(), 200, ""
    if request.method == "POST":
        try:
            await commands.ask(ctx, viewer.account, viewer.role, handle=form.line("handle"), reason=form.text("reason"))
            return session.see("/pseudonyms")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await _looks(ctx, viewer, form, status=status, error=error)


@personas.post("/pseudonyms/<int:look_id>/<any(agree,close):name>")
@_looking
async def decide(ctx: Context, viewer: Viewer, look_id: int, name: str) -> Response:
    """Agree to a look for the other side, or close one."""
    try:
        if name == "agree":
            await commands.agree(ctx, viewer.account, viewer.role, look_id)
        else:
            await commands.close(ctx, viewer.account, look_id)
    except AllmendeError as caught:
        return await _looks(ctx, viewer, Form.empty(), status=caught.status, error=told(caught))
    return session.see("/pseudonyms")


async def _looks(ctx: Context, viewer: Viewer, form: Form, *, status: int, error: str) -> Response:
    page = asked(LIST)
    async with ctx.db.read() as tx:
        found = await rows.looks(tx, page)
        known = await accounts.by_ids(tx, [one.persona_id for one in found])
        sight = await Sight.of(ctx, tx)
        officers = await accounts.has_officer(tx)
    behind = await commands.behind(ctx, viewer.account, found)
    mine, now = bench_of(viewer.role), ctx.clock()
    views = [
        LookView(
            id=one.id,
            persona=sight.person(known[one.persona_id]) if known[one.persona_id].deleted_at is None else None,
            behind=sight.person(behind[one.id]) if one.id in behind else None,
            reason=one.reason,
            side=_side(words(), one.bench),
            when=words().moment(one.asked_at),
            state=_state(words(), one, now),
            agrees=one.waits(now) and one.bench is not mine and one.asked_by != viewer.account.id,
            closes=one.open_for(viewer.account.id),
        )
        for one in found
    ]
    return await render(
        "moderation/pseudonyms.html",
        status=status,
        error=error,
        form=form,
        views=views,
        longest=commands.LONGEST_REASON,
        officers=officers,
        older=older([one.id for one in found], LIST),
    )


def _side(_: Phrases, bench: Bench) -> str:
    return {Bench.PROTECTION: _("Data protection"), Bench.MODERATION: _("Moderation")}[bench]


def _state(_: Phrases, look: Look, now: int) -> str:
    if look.told_at is not None:
        return _("Closed: the person can read of it.")
    if look.agreed_at is not None:
        return _("Open for the two who agreed.")
    return _("Waits for the other side.") if look.waits(now) else _("The other side did not agree in time.")
