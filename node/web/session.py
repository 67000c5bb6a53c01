"""Who browses: the session cookie, the token that every form carries, and who may enter a page."""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any
from urllib.parse import quote, urlsplit

from quart import Response, g, redirect, request

from moderation import members
from node.adapters.bodies import Body
from node.context import Context, recognised, running
from node.domain.accounts import MODERATING, Account, Role
from node.domain.guests import check_member
from node.domain.personas import check_oneself
from node.domain.viewer import Viewer
from node.errors import Forbidden, NotFound
from node.limits import MIB
from node.store import accounts, tokens

_Route = Callable[..., Awaitable[Response]]
_MASK_BYTES = 32
_BY_ITSELF = "web.live"
"""The routes that an open page asks again and again, whether or not anybody sits before it."""
_TAG_BYTES = 12


def cookie_name(ctx: Context) -> str:
    """Return the cookie's name; in development with the port, for several nodes share one address."""
    if ctx.settings.node.development:
        return f"session_{urlsplit(ctx.settings.url).port}"
    return "__Host-session"


def _waiting_name(ctx: Context) -> str:
    return f"{cookie_name(ctx)}_own"


def waiting() -> str:
    """Return the secret of the session that waits while somebody is here under their pseudonym; '' without one."""
    return request.cookies.get(_waiting_name(running()), "")


async def find(*, wakes: bool = True) -> None:
    """Find out who browses; `wakes`: they do it themselves, so the session is not idle."""
    ctx = running()
    g.secret = request.cookies.get(cookie_name(ctx), "")
    g.viewer = await members.viewer_of_session(ctx, g.secret, wakes=wakes) if g.secret else None
    if g.viewer is not None:
        recognised()
        members.count_request(ctx, g.viewer.account.id)


async def look() -> None:
    """Find out, once for each request, who browses; a POST without the session's token goes no further."""
    ctx = running()
    await find(wakes=request.blueprint != _BY_ITSELF)
    if request.method == "POST":
        origin = request.headers.get("Origin")
        if origin is not None and origin != ctx.settings.url:
            raise Forbidden("The form came from another site.")
        if viewer() is not None and request.mimetype == "multipart/form-data":
            assert isinstance(request.body, Body), "the application is set so"
            request.body.allow(ctx.settings.limits.upload_film + MIB)  # what it holds goes to the disk as it comes
        if not _is_ours(ctx, (await request.form).get("csrf", "")):
            raise Forbidden("The form is too old. Go back, reload the page and try again.")


def form_token(ctx: Context) -> str:
    """Return the token of this browser's forms, masked anew each time.

    A compressed page would give away a token that stays the same, letter by letter (BREACH).
    """
    mask = secrets.token_bytes(_MASK_BYTES)
    return (mask + _masked(_token(ctx), mask)).hex()


def _token(ctx: Context) -> bytes:
    # Nobody is signed in on the sign-in and invitation pages: there the Origin check stands alone.
    return hmac.digest(ctx.secret, f"form {g.secret if g.viewer else ''}".encode(), "sha256")


def _is_ours(ctx: Context, given: str) -> bool:
    try:
        both = bytes.fromhex(given)
    except ValueError:
        return False
    mask, token = both[:_MASK_BYTES], both[_MASK_BYTES:]
    return len(token) == _MASK_BYTES and hmac.compare_digest(_masked(token, mask), _token(ctx))


def _masked(token: bytes, mask: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(token, mask, strict=True))


def viewer() -> Viewer | None:
    """Return who is signed in."""
    found: Viewer | None = g.get("viewer")
    return found


def signed_in(route: _Route) -> _Route:
    """Let members in with `(ctx, viewer, **arguments)`, and send everybody else to sign in first."""

    @wraps(route)
    async def guarded(**arguments: Any) -> Response:
        found = viewer()
        if found is None:
            return to_sign_in()
        return await route(running(), found, **arguments)

    return guarded


def _checked(check: Callable[[Account], None]) -> Callable[[_Route], _Route]:
    """Let those in, as `signed_in` does, of whom the check says nothing else."""

    def guard(route: _Route) -> _Route:
        @wraps(route)
        async def guarded(ctx: Context, viewer: Viewer, **arguments: Any) -> Response:
            check(viewer.account)
            return await route(ctx, viewer, **arguments)

        return signed_in(guarded)

    return guard


for_members = _checked(check_member)
"""No guests: where nothing of their groups stands."""
as_oneself = _checked(check_oneself)
"""Not under a pseudonym: what is about the person's own account."""


def entrusted(*roles: Role) -> Callable[[_Route], _Route]:
    """Let those in who have one of these roles; for others there is no such page."""

    def guard(route: _Route) -> _Route:
        @wraps(route)
        async def guarded(ctx: Context, viewer: Viewer, **arguments: Any) -> Response:
            if viewer.role not in roles:
                raise NotFound("There is no such page.")
            return await route(ctx, viewer, **arguments)

        return signed_in(guarded)

    return guard


moderating = entrusted(*MODERATING)
administering = entrusted(Role.ADMIN)


def protecting(route: _Route) -> _Route:
    """Let those in who look after data protection; for others there is no such page."""

    @wraps(route)
    async def guarded(ctx: Context, viewer: Viewer, **arguments: Any) -> Response:
        if not await guards_data(ctx, viewer):
            raise NotFound("There is no such page.")
        return await route(ctx, viewer, **arguments)

    return signed_in(guarded)


async def guards_data(ctx: Context, viewer: Viewer) -> bool:
    """Whether somebody looks after data protection: officers do, and administrators as long as there is none."""
    if viewer.role is not Role.ADMIN:
        return viewer.role is Role.OFFICER
    async with ctx.db.read() as tx:
        return not await accounts.has_officer(tx)


def to_sign_in() -> Response:
    """Send a browser to sign in, and back here afterwards."""
    return see(f"/sign-in?next={quote(request.full_path.rstrip('?') if request.method == 'GET' else '/home')}")


def see(path: str) -> Response:
    """Answer a form with the page to look at now; only paths of ours."""
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        path = "/home"
    return redirect(path, code=303)  # type: ignore[return-value]


def back(default: str, *, gone: str = "") -> Response:
    """Answer a form with the page it stood on, where the browser tells; else with another one.

    gone: how the path of a page ends that is no more.
    """
    came_from = urlsplit(request.headers.get("Referer", ""))
    ours = f"{came_from.scheme}://{came_from.netloc}" == running().settings.url
    there = ours and not (gone and came_from.path.endswith(gone))
    return see(f"{came_from.path}{'?' if came_from.query else ''}{came_from.query}" if there else default)


def keep(response: Response, secret: str) -> Response:
    """Give the browser its session."""
    return _put(response, cookie_name(running()), secret)


def step_aside(response: Response, secret: str) -> Response:
    """Give the browser the session of a pseudonym; the one that asks waits beside it, known to the browser alone."""
    _put(response, _waiting_name(running()), g.secret)
    return keep(_cleared(response), secret)


def step_back(response: Response, secret: str) -> Response:
    """Give the browser back the session that waited."""
    return keep(_taken(_cleared(response), _waiting_name(running())), secret)


def _put(response: Response, name: str, secret: str) -> Response:
    secure = not running().settings.node.development
    response.set_cookie(name, secret, secure=secure, httponly=True, samesite="Lax", path="/")
    return response


def _taken(response: Response, name: str) -> Response:
    response.delete_cookie(name, path="/", secure=not running().settings.node.development, httponly=True)
    return response


def _cleared(response: Response) -> Response:
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def own() -> str:
    """Return the hash of the session that asks."""
    return tokens.hashed(g.secret)


def tag(ctx: Context) -> str | None:
    """Return a sign for who looks, by which a browser tells whose it is what it keeps; '' for nobody.

    It says nothing of the member. None: this page was made without asking who looks.
    """
    if "viewer" not in g:
        return None
    found = viewer()
    return hmac.digest(ctx.secret, f"device {found.account.id}".encode(), "sha256")[:_TAG_BYTES].hex() if found else ""


def forget(response: Response) -> Response:
    """Take the session from the browser, and everything that it kept of our pages (W3C, Clear Site Data)."""
    ctx = running()
    return _taken(_taken(_cleared(response), cookie_name(ctx)), _waiting_name(ctx))
