"""The door: what this node is, signing in and out, and becoming a member by an invitation."""

from urllib.parse import quote

from quart import Blueprint, Response, request

from moderation import inactivity, members
from moderation.second_factors import CodeWanted
from node.context import Context, running
from node.domain.viewer import Viewer
from node.errors import AllmendeError
from node.web import session
from node.web.about import purpose
from node.web.forms import sent
from node.web.pages import is_simple, language, render, told
from node.web.session import signed_in

welcome = Blueprint("welcome", __name__)


@welcome.get("/")
async def start() -> Response:
    """What this node is; members go home."""
    if session.viewer():
        return session.see("/home")
    return await render("welcome.html", about=purpose(running()))


@welcome.route("/sign-in", methods=["GET", "POST"])
async def sign_in() -> Response:
    """Sign in, and go where one wanted to."""
    form, status, error = await sent(), 200, ""
    if request.method == "POST":
        try:
            username = form.text("username")
            away = await inactivity.was_away(running(), username)
            secret = await members.sign_in(
                running(),
                username=username,
                password=form.text("password"),
                address=request.remote_addr or "",
                simple=True if is_simple() else None,
            )
            return _let_in(secret, away=away)
        except CodeWanted as wanted:
            return await render("sign_in_code.html", ticket=wanted.ticket, username=form.line("username"))
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await render("sign_in.html", status=status, error=error, form=form)


@welcome.post("/sign-in/code")
async def code() -> Response:
    """Go on with a sign-in whose password was right, by the code of an authenticator app, or one for once."""
    form, ctx = await sent(), running()
    ticket, username = form.text("ticket"), form.line("username")
    away = await inactivity.was_away(ctx, username)
    try:
        simple = True if is_simple() else None
        return _let_in(await members.sign_in_with_code(ctx, ticket, form.line("code"), simple=simple), away=away)
    except AllmendeError as caught:
        return await render(
            "sign_in_code.html", status=caught.status, error=told(caught), ticket=ticket, username=username
        )


def _let_in(secret: str, *, away: bool) -> Response:
    wanted = request.args.get("next", "/home")
    return session.keep(session.see(f"/back?next={quote(wanted)}" if away else wanted), secret)


@welcome.get("/back")
@signed_in
async def back(ctx: Context, viewer: Viewer) -> Response:
    """Tell somebody who had been away for very long what that did, and what it did not."""
    return await render("back.html", retention=ctx.settings.retention, wanted=request.args.get("next", "/home"))


@welcome.post("/back")
@signed_in
async def go_on(ctx: Context, viewer: Viewer) -> Response:
    """Go where one wanted to."""
    return session.see((await sent()).text("next"))


@welcome.post("/sign-out")
@signed_in
async def sign_out(ctx: Context, viewer: Viewer) -> Response:
    """End this session, and the one that waits while somebody is here under their pseudonym."""
    for secret in filter(None, (request.cookies.get(session.cookie_name(ctx), ""), session.waiting())):
        await members.sign_out(ctx, secret)
    return session.forget(session.see("/"))


@welcome.route("/invitation/<secret>", methods=["GET", "POST"])
async def invitation(secret: str) -> Response:
    """Become a member by an invitation; signs in at once, and the first steps follow."""
    ctx = running()
    await members.invitation(ctx, secret)
    form, status, error = await sent(), 200, ""
    if request.method == "POST":
        username, password = form.line("username"), form.text("password")
        try:
            await members.accept_invitation(
                ctx, secret, username=username, password=password, name=form.line("name"), language=language()
            )
            opened = await members.sign_in(ctx, username=username, password=password, address=request.remote_addr or "")
            return session.keep(session.see("/first-steps"), opened)
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await render("invitation.html", status=status, error=error, form=form)
