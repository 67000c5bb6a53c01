"""What a member chooses for the device in front of them: what stays on it, and of what they are told there."""

from dataclasses import dataclass

from quart import Blueprint, Response, request

from node.adapters.push import public_key
from node.context import Context
from node.domain.accounts import MODERATING, Role
from node.domain.notifications import Kind
from node.domain.push import Circle, Holder, Way
from node.domain.viewer import Viewer
from node.errors import AllmendeError, Invalid
from node.web import session
from node.web.forms import LIST, Form, sent
from node.web.pages import render, told, words
from node.web.session import signed_in
from outbox import push, subscriptions
from themes.phrases import Phrases

device = Blueprint("device", __name__, url_prefix="/settings/device")

_HOUR = 3_600
_AT_FIRST = frozenset({Kind.MENTION, Kind.FOLLOW_REQUEST, Kind.STATUS})


@dataclass(frozen=True, slots=True)
class DeviceView:
    """Where one is told. app: its name, '' for a browser; present: the browser that asks; since: in words."""

    id: int
    app: str
    present: bool
    since: str


@dataclass(frozen=True, slots=True)
class Told:
    """Something of which one is told, or not: kinds of notification that belong together."""

    name: str
    label: str
    kinds: frozenset[Kind]


def _told(_: Phrases, role: Role) -> list[Told]:
    found = [
        # What is written on one's wall goes with mentions (see `Subscription.wants`).
        Told("mention", _("somebody names you, or writes on your wall"), frozenset({Kind.MENTION})),
        Told("request", _("somebody asks to follow you"), frozenset({Kind.FOLLOW_REQUEST})),
        Told("follow", _("somebody follows you"), frozenset({Kind.FOLLOW})),
        Told("reaction", _("somebody likes your post, or passes it on"), frozenset({Kind.FAVOURITE, Kind.BOOST})),
        Told("quote", _("somebody quotes your post"), frozenset({Kind.QUOTE})),
        Told("status", _("somebody whose posts you want to hear of has written"), frozenset({Kind.STATUS})),
        Told("poll", _("a poll is over"), frozenset({Kind.POLL})),
        Told(
            "update",
            _("a post that you passed on, or quote, was changed"),
            frozenset({Kind.UPDATE, Kind.QUOTED_UPDATE}),
        ),
    ]
    if role in MODERATING:
        official = frozenset({Kind.REPORT, Kind.SIGN_UP})
        found.append(Told("report", _("somebody complains, or has become a member"), official))
    return found


@device.get("")
@signed_in
async def show(ctx: Context, viewer: Viewer) -> Response:
    """The pages as an app, reading without a network, and being told on this device."""
    said, _ = request.args.get("said", ""), words()
    done = {"saved": _("Saved."), "sample": _("A message is on its way. It can take a minute.")}
    return await _page(ctx, viewer, done=done.get(said, ""))


@device.post("/push")
@signed_in
async def tell(ctx: Context, viewer: Viewer) -> Response:
    """Tell the member on this device, where a script says how it is reached; or of other things than before."""
    form, holder = await sent(), _holder()
    alerts = frozenset(
        kind.value for one in _told(words(), viewer.role) if one.name in form.texts("kinds") for kind in one.kinds
    )
    try:
        if form.text("endpoint"):
            await subscriptions.subscribe(ctx, viewer.account, holder, _place(form), alerts=alerts, policy=Circle.ALL)
        elif await subscriptions.choose(ctx, holder, alerts=alerts, policy=Circle.ALL) is None:
            raise Invalid("Your browser did not say how it can be reached. Try again.")
    except AllmendeError as error:
        return await _page(ctx, viewer, status=error.status, error=told(error))
    return session.see("/settings/device?said=saved")


@device.post("/push/sample")
@signed_in
async def sample(ctx: Context, viewer: Viewer) -> Response:
    """Send a message to this device that only shows that it arrives."""
    _ = words()
    found = await subscriptions.of(ctx, _holder())
    title = _("This is how you are told of news.")
    if found is not None and await push.sample(ctx, found, title=title, language=_.language):
        return session.see("/settings/device?said=sample")
    return await _page(ctx, viewer, status=502, error=_("The message could not be sent. Stop it, and begin anew."))


@device.post("/push/stop")
@signed_in
async def stop(ctx: Context, viewer: Viewer) -> Response:
    """Tell the member nothing any more at one place."""
    id = (await sent()).number("device")
    if id is not None:
        await subscriptions.end_one(ctx, viewer.account, id)
    return session.see("/settings/device?said=saved")


def _holder() -> Holder:
    return Holder(Way.BROWSER, session.own())


def _place(form: Form) -> subscriptions.Place:
    return subscriptions.Place(form.text("endpoint"), form.text("p256dh"), form.text("auth"), standard=True)


async def _page(ctx: Context, viewer: Viewer, *, status: int = 200, error: str = "", done: str = "") -> Response:
    _, own = words(), _holder()
    chosen = await subscriptions.of(ctx, own)
    alerts = chosen.alerts if chosen else _AT_FIRST
    return await render(
        "settings/device.html",
        status=status,
        error=error,
        done=done,
        hours=max(1, ctx.settings.limits.session_idle_seconds // _HOUR),
        pushes=ctx.settings.push.enabled,
        key=public_key(ctx.secret),
        chosen=chosen,
        told=[(one, not alerts.isdisjoint(one.kinds)) for one in _told(_, viewer.role)],
        devices=[
            DeviceView(one.id, one.app, one.holder == own, _.moment(one.created_at))
            for one in await subscriptions.devices(ctx, viewer.account, limit=LIST)
        ],
    )
