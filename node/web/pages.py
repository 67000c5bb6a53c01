"""How a page is made: the template, who looks, in which language, and the headers that protect it."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from markupsafe import Markup
from quart import Response, current_app, g, render_template, request

from federation.errors import FederationError
from node.context import Context, running
from node.domain import personas
from node.domain.accounts import MODERATING, Role
from node.domain.guests import AUDIENCES
from node.domain.media import Links
from node.domain.viewer import Viewer
from node.domain.visibility import CHOICES, Visibility
from node.errors import AllmendeError
from node.store import badges
from node.web import session
from node.web.icons import icon_path
from node.web.paths import account_path
from node.web.sizes import sizes
from node.web.views import audience_words
from themes.loader import Looks
from themes.phrases import Phrases, negotiate

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action {forms}; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_WORTH_PACKING = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the menu. icon: its sign; count: what waits there; short: it stands in the bar of a phone too."""

    path: str
    title: str
    icon: str
    count: int = 0
    short: bool = False


def looks() -> Looks:
    """Return how this node looks."""
    found: Looks = current_app.config["LOOKS"]
    return found


def language() -> str:
    """Return the language that a member chose, or the one that a browser, or a client with `lang`, asks for."""
    viewer = session.viewer()
    wished = request.args.get("lang", "")
    if viewer is not None and not wished:
        return viewer.comfort.language
    return negotiate(f"{wished},{request.headers.get('Accept-Language', '')}", default=running().settings.node.language)


def words() -> Phrases:
    """Return what speaks to the one who looks."""
    ctx = running()
    return Phrases(language(), ctx.clock(), ctx.settings.node.timezone)


def told(error: AllmendeError) -> str:
    """Return an error in the words of the one who looks."""
    if isinstance(error, FederationError):
        return words()("The other node cannot be asked at the moment. Try again later.")
    return words()(error.phrase, **error.places)


def is_simple() -> bool:
    """Tell whether the one who looks wants large type and three actions only."""
    viewer = session.viewer()
    return viewer.comfort.simple if viewer else request.args.get("simple") == "1"


async def render(template: str, *, status: int = 200, **values: Any) -> Response:
    """Return a page."""
    ctx, _ = running(), words()
    viewer = session.viewer()
    guards = viewer is not None and await session.guards_data(ctx, viewer)
    waiting = await _waiting(ctx, viewer, guards=guards) if viewer else badges.NONE
    body = await render_template(
        template,
        places=_places(_, viewer, waiting, guards=guards) if viewer else [],
        waiting=waiting,
        here=request.path,
        **_shared(ctx, _, viewer),
        **values,
    )
    return Response(body, status=status, content_type="text/html; charset=utf-8")


async def fragment(template: str, macro: str, *arguments: object) -> Response:
    """Return a part of a page, for a script that puts it where it belongs: what a template's macro makes of these."""
    source = f'{{% from "{template}" import {macro} with context %}}{{{{ {macro}(*arguments) }}}}'
    page = current_app.jinja_env.from_string(source)
    body = await page.render_async(
        **_shared(running(), words(), session.viewer()), here=request.path, arguments=arguments
    )
    return Response(body, content_type="text/html; charset=utf-8")


def _shared(ctx: Context, _: Phrases, viewer: Viewer | None) -> dict[str, Any]:
    """What every template, and every part of one, may use."""
    links = Links(ctx.settings.url, ctx.secret, ctx.clock())
    return {
        "_": _,
        "node": ctx.settings.node,
        "looks": looks(),
        "asset": looks().path,
        "app_icon": icon_path(ctx.settings, looks(), "maskable-192"),
        "viewer": viewer,
        "member": session.tag(ctx),
        "language": _.language,
        "simple": is_simple(),
        "sizes": partial(sizes, ctx),
        "audiences": [(value, text) for value, text in audience_words(_).items() if value in _choices(viewer)],
        "mails": ctx.mailer.enabled,
        "csrf": _csrf(ctx),
        "account_path": account_path,
        "portrait": links.portrait,
        "banner": links.banner,
    }


def _choices(viewer: Viewer | None) -> tuple[Visibility, ...]:
    """For whom one may write who writes in no group."""
    if viewer is not None and viewer.account.guest:
        return tuple(one for one in CHOICES if one in AUDIENCES)
    if viewer is not None and viewer.account.persona:
        return tuple(one for one in CHOICES if one in personas.AUDIENCES)
    return CHOICES


def _csrf(ctx: Context) -> Callable[[], Markup]:
    token = session.form_token(ctx) if "secret" in g else ""
    return lambda: Markup('<input type="hidden" name="csrf" value="{}">').format(token)


async def _waiting(ctx: Context, viewer: Viewer, *, guards: bool) -> badges.Badges:
    async with ctx.db.read() as tx:
        return await badges.of(tx, viewer.account.id, moderates=viewer.role in MODERATING, guards=guards)


def _places(_: Phrases, viewer: Viewer, waiting: badges.Badges, *, guards: bool) -> list[Place]:
    """The menu: each place once, in the order of use."""
    found = [
        Place("/home", _("Home"), "home", short=True),
        Place("/notifications", _("News for you"), "bell", waiting.notifications, short=True),
        Place("/messages", _("Messages"), "mail", waiting.conversations),
        Place("/people", _("People"), "users", short=True),
        Place("/groups", _("Groups"), "group"),
        *([] if viewer.account.guest else [Place("/pages", _("Pages"), "megaphone")]),
        Place("/search", _("Search"), "search"),
        Place("/bookmarks", _("Bookmarks"), "bookmark"),
        Place("/lists", _("Lists"), "list"),
        Place("/settings", _("Settings"), "settings"),
    ]
    if viewer.role in MODERATING:
        found.append(Place("/moderation", _("Moderation"), "shield", waiting.complaints))
    if guards:
        found.append(Place("/desk", _("Data protection"), "scroll", waiting.cases))
    if viewer.role is Role.ADMIN:
        found.append(Place("/administration", _("Administration"), "building"))
    if viewer.role is Role.OFFICER:
        found.append(Place("/administration/record", _("Data protection"), "lock"))
    return found


def policy(*, forms: str = "'self'") -> str:
    """Return what a page may load and do; `forms`: where its forms may lead."""
    return _POLICY.format(forms=forms)


def protect(response: Response) -> None:
    """Add the headers that every page and file of ours carries (threats W01 to W03, H09)."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", policy())
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers["X-Robots-Tag"] = "noindex"
    headers.setdefault("Cache-Control", "private, no-store")
    if not running().settings.node.development:
        headers["Strict-Transport-Security"] = "max-age=31536000"


async def pack(response: Response) -> None:
    """Compress a page for browsers that can read it so."""
    if "gzip" not in request.headers.get("Accept-Encoding", "") or "Content-Encoding" in response.headers:
        return
    body = await response.get_data(as_text=False)
    if len(body) >= _WORTH_PACKING:
        response.set_data(gzip.compress(body, compresslevel=4, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.headers.add("Vary", "Accept-Encoding")
