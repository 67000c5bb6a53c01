"""Who browses: the session cookie, and the token that every form carries."""

import hmac
from urllib.parse import quote, urlsplit

from quart import Response, g, redirect, request

from moderation import members
from node.context import Context, recognised, running
from node.domain.viewer import Viewer
from node.errors import Forbidden


def cookie_name(ctx: Context) -> str:
    """Return the cookie's name; in development with the port, for several nodes share one address."""
    if ctx.settings.node.development:
        return f"session_{urlsplit(ctx.settings.url).port}"
    return "__Host-session"


async def find() -> None:
    """Find out who browses."""
    ctx = running()
    g.secret = request.cookies.get(cookie_name(ctx), "")
    g.viewer = await members.viewer_of_session(ctx, g.secret) if g.secret else None
    if g.viewer is not None:
        recognised()
        members.count_request(ctx, g.viewer.account.id)


async def look() -> None:
    """Find out, once for each request, who browses; a POST without the session's token goes no further."""
    ctx = running()
    await find()
    if request.method == "POST":
        origin = request.headers.get("Origin")
        if origin is not None and origin != ctx.settings.url:
            raise Forbidden("The form came from another site.")
        given = (await request.form).get("csrf", "")
        if not hmac.compare_digest(given, form_token(ctx)):
            raise Forbidden("The form is too old. Go back, reload the page and try again.")


def form_token(ctx: Context) -> str:
    """Return the token of this browser's forms."""
    # Nobody is signed in on the sign-in and invitation pages: there the Origin check stands alone.
    return hmac.new(ctx.secret, f"form {g.secret if g.viewer else ''}".encode(), "sha256").hexdigest()


def viewer() -> Viewer | None:
    """Return who is signed in."""
    found: Viewer | None = g.viewer
    return found


def to_sign_in() -> Response:
    """Send a browser to sign in, and back here afterwards."""
    return see(f"/sign-in?next={quote(request.path)}")


def see(path: str) -> Response:
    """Answer a form with the page to look at now; only paths of ours."""
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        path = "/home"
    return redirect(path, code=303)  # type: ignore[return-value]


def keep(response: Response, secret: str) -> Response:
    """Give the browser its session."""
    ctx = running()
    secure = not ctx.settings.node.development
    response.set_cookie(cookie_name(ctx), secret, secure=secure, httponly=True, samesite="Lax", path="/")
    return response


def forget(response: Response) -> Response:
    """Take the session from the browser."""
    ctx = running()
    response.delete_cookie(cookie_name(ctx), path="/", secure=not ctx.settings.node.development, httponly=True)
    return response
