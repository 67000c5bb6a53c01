"""A member's settings: how pages look, what others see of them, their password and where they are signed in."""

from dataclasses import dataclass, replace

from quart import Blueprint, Response, request

from moderation import members, passwords, second_factors
from node.config import LANGUAGES
from node.context import Context
from node.domain.accounts import Account, Appearance, Habits, Profile
from node.domain.openings import What
from node.domain.posts import QUOTE_POLICIES
from node.domain.viewer import Viewer
from node.domain.visibility import CHOICES, Visibility
from node.errors import AllmendeError, Invalid
from node.store import departures, openings, tokens
from node.web import session
from node.web.forms import LIST, Form, sent
from node.web.pages import render, told, words
from node.web.session import as_oneself, signed_in
from node.web.views import audience_words
from outbox import profiles
from themes.phrases import Phrases

settings = Blueprint("settings", __name__, url_prefix="/settings")

_OWN_NAMES = {"en": "English", "de": "Deutsch", "fr": "Français"}


@dataclass(frozen=True, slots=True)
class SessionView:
    """A browser somebody is signed in with. present: the one that asks; since, seen: when, in words."""

    hash: str
    present: bool
    since: str
    seen: str


@settings.get("")
@signed_in
async def index(ctx: Context, viewer: Viewer) -> Response:
    """What can be set, and where."""
    async with ctx.db.read() as tx:
        leaves = await departures.of(tx, viewer.account.id) is not None
    return await render("settings/index.html", leaves=leaves)


@settings.post("/simple")
@signed_in
async def simple(ctx: Context, viewer: Viewer) -> Response:
    """Make all pages large and simple, or show everything again."""
    wanted = (await sent()).text("simple") == "on"
    await members.set_comfort(ctx, viewer.account, replace(viewer.comfort, simple=wanted))
    return session.back("/home")


@settings.route("/appearance", methods=["GET", "POST"])
@signed_in
async def appearance(ctx: Context, viewer: Viewer) -> Response:
    """Language, light or dark, large and simple, keys."""
    if request.method == "POST":
        form, old = await sent(), viewer.comfort
        language = form.text("language")
        comfort = replace(
            old,
            language=language if language in LANGUAGES else old.language,
            appearance=form.choice("appearance", Appearance, old.appearance),
            simple=form.ticked("simple"),
            shortcuts=form.ticked("shortcuts"),
        )
        await members.set_comfort(ctx, viewer.account, comfort)
        return session.see("/settings/appearance?saved=1")
    return await render(
        "settings/appearance.html",
        done=_saved(),
        comfort=viewer.comfort,
        languages=[(code, _OWN_NAMES[code]) for code in LANGUAGES],
        looks_like=_appearances(words()),
    )


def _appearances(_: Phrases) -> list[tuple[str, str, str]]:
    return [
        (Appearance.SYSTEM.value, _("As this device has it"), ""),
        (Appearance.LIGHT.value, _("Light"), ""),
        (Appearance.DARK.value, _("Dark"), ""),
    ]


@settings.route("/privacy", methods=["GET", "POST"])
@signed_in
async def privacy(ctx: Context, viewer: Viewer) -> Response:
    """Who reads, quotes, finds and follows one."""
    own, habits, status, error = viewer.account, viewer.habits, 200, ""
    if request.method == "POST":
        form = await sent()
        try:
            await profiles.edit(ctx, own, _seen(form), _habits(form, habits))
            return session.see("/settings/privacy?saved=1")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await render(
        "settings/privacy.html",
        status=status,
        error=error,
        done=_saved(),
        own=own,
        habits=habits,
        readers=_readers(words()),
        quoters=_quoters(words()),
        opened=await _opened(ctx, own),
    )


@dataclass(frozen=True, slots=True)
class OpeningView:
    """What a member opened, in words. closed: when they undid it, '' if it stands."""

    what: str
    when: str
    closed: str


async def _opened(ctx: Context, own: Account) -> list[OpeningView]:
    _ = words()
    what = {
        What.READERS: _("More people read your new posts"),
        What.QUOTERS: _("More people may quote you"),
        What.SEARCH: _("Search finds your posts"),
        What.DIRECTORY: _("You are found beyond your unit"),
        What.LISTS: _("Others see whom you follow, and who follows you"),
        What.FOLLOWERS: _("Everybody follows you without asking"),
        What.PROFILE: _("More of your profile is seen beyond your unit"),
    }
    async with ctx.db.read() as tx:
        found = await openings.of(tx, own.id, limit=LIST)
    return [
        OpeningView(what[one.what], _.date(one.at), _.date(one.closed_at) if one.closed_at else "") for one in found
    ]


def _seen(form: Form) -> Profile:
    return Profile(
        locked=form.ticked("locked"),
        discoverable=form.ticked("discoverable"),
        indexable=form.ticked("indexable"),
        hides_follows=form.ticked("hides_follows"),
    )


def _habits(form: Form, old: Habits) -> Habits:
    audience = form.choice("audience", Visibility, old.audience)
    if audience not in CHOICES:
        raise Invalid("Choose who may read this: own unit, organisation, followers or named people.")
    policy = form.text("quote_policy")
    return replace(old, audience=audience, quote_policy=policy if policy in QUOTE_POLICIES else old.quote_policy)


def _readers(_: Phrases) -> list[tuple[str, str, str]]:
    meant = {
        Visibility.UNIT: _("Everybody of your unit, nobody else."),
        Visibility.ORGANISATION: _("Everybody of all units, and the partners that belong to the organisation."),
        Visibility.FOLLOWERS: _("Those who follow you, wherever they are, and those you name."),
        Visibility.DIRECT: _("Nobody but those you name in the post."),
    }
    said = audience_words(_)
    return [(choice.value, said[choice.value], meant[choice]) for choice in CHOICES]


def quote_words(_: Phrases) -> dict[str, str]:
    """Return who may quote, in words."""
    return {"nobody": _("Nobody"), "followers": _("People who follow me"), "public": _("Everybody who may read it")}


def _quoters(_: Phrases) -> list[tuple[str, str, str]]:
    meant = {
        "nobody": _("Nobody shows your post within one of their own."),
        "followers": _("Those who follow you may show your post within one of their own."),
        "public": _("All who read your post may show it within one of their own."),
    }
    said = quote_words(_)
    return [(policy, said[policy], meant[policy]) for policy in QUOTE_POLICIES]


@settings.get("/account")
@as_oneself
async def account(ctx: Context, viewer: Viewer) -> Response:
    """One's password, and where one is signed in."""
    return await _account(ctx, viewer, done=_saved())


@settings.post("/account/password")
@as_oneself
async def password(ctx: Context, viewer: Viewer) -> Response:
    """Choose a new password, with the old one in hand."""
    form = await sent()
    try:
        await passwords.change_own(
            ctx,
            viewer.account,
            old=form.text("password"),
            new=form.text("new"),
            address=request.remote_addr or "",
            session=_present(ctx),
        )
    except AllmendeError as caught:
        return await _account(ctx, viewer, status=caught.status, error=told(caught))
    return session.see("/settings/account?saved=1")


@settings.post("/account/sessions/end")
@as_oneself
async def end_session(ctx: Context, viewer: Viewer) -> Response:
    """End one session of one's own."""
    await members.end_session(ctx, viewer.account, (await sent()).text("session"))
    return session.see("/settings/account")


@settings.post("/account/sessions/end-others")
@as_oneself
async def end_others(ctx: Context, viewer: Viewer) -> Response:
    """End every session but this one."""
    await members.end_other_sessions(ctx, viewer.account, keep=_present(ctx))
    return session.see("/settings/account")


async def _account(ctx: Context, viewer: Viewer, *, status: int = 200, error: str = "", done: str = "") -> Response:
    _, present = words(), tokens.hashed(_present(ctx))
    factor = await second_factors.of(ctx, viewer.account)
    found = await members.sessions(ctx, viewer.account, limit=LIST)
    views = [SessionView(one.hash, one.hash == present, _.moment(one.created_at), _.ago(one.seen_at)) for one in found]
    return await render(
        "settings/account.html",
        status=status,
        error=error,
        done=done,
        factor_since=_.date(factor.since) if factor is not None and factor.since else "",
        sessions=sorted(views, key=lambda view: not view.present),
        others=any(not view.present for view in views),
    )


def _present(ctx: Context) -> str:
    """The secret of the session that asks."""
    return request.cookies.get(session.cookie_name(ctx), "")


def _saved() -> str:
    return words()("Saved.") if "saved" in request.args and request.method == "GET" else ""
