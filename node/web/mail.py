"""The pages about mails: one's address and what is told by mail, and where the links in mails lead."""

from quart import Blueprint, Response, request

from moderation import addresses
from node.context import Context, running
from node.domain.accounts import MODERATING, Role
from node.domain.mails import Digest, Mailing, Topic
from node.domain.viewer import Viewer
from node.errors import AllmendeError, NotFound
from node.web import session
from node.web.forms import sent
from node.web.pages import render, told, words
from node.web.session import as_oneself
from themes.phrases import Phrases

mail = Blueprint("mail", __name__)
stop = Blueprint("stop", __name__)
"""Apart, for mail programs post here without a form of ours (RFC 8058): the link itself is what allows it."""


def _topics(_: Phrases, role: Role) -> list[tuple[Topic, str]]:
    found = [
        (Topic.MENTION, _("somebody names you, or writes on your wall")),
        (Topic.REPLY, _("somebody answers you")),
        (Topic.DIRECT, _("somebody writes to you alone")),
        (Topic.FOLLOW_REQUEST, _("somebody asks to follow you")),
        (Topic.FOLLOW, _("somebody follows you")),
        (Topic.REACTION, _("somebody likes your post, or passes it on")),
        (Topic.STATUS, _("somebody whose posts you want to hear of has written")),
    ]
    if role in MODERATING:
        found.append((Topic.REPORT, _("somebody complains, or has become a member")))
    if role is Role.OFFICER:
        found.append((Topic.REPORT, _("somebody turns to the desk")))
    return found


def _digests(_: Phrases) -> list[tuple[Digest, str, str]]:
    return [
        (Digest.NEVER, _("Never"), ""),
        (Digest.DAILY, _("Every morning"), ""),
        (Digest.WEEKLY, _("Every Monday morning"), ""),
    ]


stop.before_request(session.find)


@mail.before_request
async def offered() -> None:
    """Offer nothing where no mail goes out."""
    if not running().mailer.enabled:
        raise NotFound("There is no such page.")


@mail.route("/settings/mail", methods=["GET", "POST"])
@as_oneself
async def settings(ctx: Context, viewer: Viewer) -> Response:
    """Where mails go, and of what they tell."""
    done = ""
    if request.method == "POST":
        form = await sent()
        kinds = frozenset(Topic(one) for one in form.texts("kinds") if one in list(Topic))
        await addresses.choose(ctx, viewer.account, kinds=kinds, digest=form.choice("digest", Digest, Digest.NEVER))
        done = words()("Saved.")
    return await _settings(ctx, viewer, done=done)


@mail.post("/settings/mail/address")
@as_oneself
async def give(ctx: Context, viewer: Viewer) -> Response:
    """Have a link sent to a new address."""
    form = await sent()
    typed = form.line("address")
    try:
        await addresses.give(
            ctx, viewer.account, typed, password=form.text("password"), address=request.remote_addr or ""
        )
    except AllmendeError as error:
        return await _settings(ctx, viewer, status=error.status, error=told(error), typed=typed)
    return session.see("/settings/mail")


@mail.post("/settings/mail/remove")
@as_oneself
async def remove(ctx: Context, viewer: Viewer) -> Response:
    """Take one's address away."""
    await addresses.take_away(ctx, viewer.account)
    return session.see("/settings/mail")


async def _settings(
    ctx: Context, viewer: Viewer, *, status: int = 200, error: str = "", done: str = "", typed: str = ""
) -> Response:
    chosen, wanted = await addresses.of(ctx, viewer.account)
    return await render(
        "settings/mail.html",
        status=status,
        error=error,
        done=done,
        chosen=chosen,
        wanted=wanted,
        typed=typed,
        topics=_topics(words(), viewer.role),
        digests=_digests(words()),
        answers=bool(ctx.settings.mail.reply_to),
    )


@mail.route("/mail/confirm/<sign>", methods=["GET", "POST"])
async def confirm(sign: str) -> Response:
    """Confirm an address, by a button: programs that look into mails follow every link."""
    ctx = running()
    account, address = await addresses.to_confirm(ctx, sign)
    confirmed = request.method == "POST"
    if confirmed:
        await addresses.confirm(ctx, sign)
    return await render("mail/confirm.html", account=account, address=address, confirmed=confirmed)


@mail.route("/forgotten-password", methods=["GET", "POST"])
async def forgotten() -> Response:
    """Ask for a link to a new password; the answer is the same whether there is such an address."""
    form, status, error, asked = await sent(), 200, "", False
    if request.method == "POST":
        try:
            await addresses.forgotten(running(), form.line("address"), address=request.remote_addr or "")
            asked = True
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await render("mail/forgotten.html", status=status, error=error, form=form, asked=asked)


@mail.route("/new-password/<sign>", methods=["GET", "POST"])
async def renew(sign: str) -> Response:
    """Choose a new password by a link."""
    ctx = running()
    account, status, error = await addresses.to_renew(ctx, sign), 200, ""
    if request.method == "POST":
        form = await sent()
        try:
            await addresses.renew(ctx, sign, form.text("password"))
            return session.see("/sign-in")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await render("mail/renew.html", status=status, error=error, account=account)


@stop.route("/mail/stop/<kind>/<sign>", methods=["GET", "POST"])
async def end(kind: str, sign: str) -> Response:
    """End mails of a kind: with a button for people, at once for mail programs."""
    ctx = running()
    member = await addresses.stoppable(ctx, kind, sign)
    ended = request.method == "POST"
    if ended:
        await addresses.stop(ctx, kind, sign)
    return await render("mail/stop.html", address=member.address, digest=kind == Mailing.DIGEST, ended=ended)
