"""Where a member decides whether a client may act in their name (RFC 6749, section 4.1)."""

from urllib.parse import quote, urlencode, urlsplit

from quart import Blueprint, Response, request

from moderation import clients
from node.context import Context, running
from node.domain.clients import OUT_OF_BAND, scheme_of
from node.domain.viewer import Viewer
from node.web import session
from node.web.pages import policy, render, words
from node.web.scopes import rights

authorize = Blueprint("authorize", __name__)

_PATH = "/oauth/authorize"
_YES = ("true", "1", "yes", "on")


@authorize.route(_PATH, methods=["GET", "POST"])
async def decide() -> Response:
    """Ask a member, who signs in first, and tell the client what they decided."""
    ctx, asked = running(), list(request.args.items(multi=True))
    try:
        asking = await clients.asking(ctx, asked)
        viewer = session.viewer()
        if viewer is None or request.args.get("force_login", "").lower() in _YES:
            return _sign_in_first(asked)
        if request.method == "POST":
            agreed = (await request.form).get("verdict") == "agree"
            done = await clients.let_in(ctx, viewer.account, asked) if agreed else await clients.turn_away(ctx, asked)
            return _back_to_the_client(done.address) if done.address else await _shown(asking, done.code)
    except clients.SentBack as error:
        return _back_to_the_client(error.address)
    return await _asked(ctx, viewer, asking, asked)


async def _asked(ctx: Context, viewer: Viewer, asking: clients.Asking, asked: list[tuple[str, str]]) -> Response:
    scheme = scheme_of(asking.redirect_uri)
    response = await render(
        "authorize.html",
        client=asking.application,
        rights=rights(asking.scopes, words()),
        handle=viewer.account.handle(ctx.settings.authority),
        goes_to=urlsplit(asking.redirect_uri).netloc if scheme in ("https", "http") else "",
        shows_code=asking.redirect_uri == OUT_OF_BAND,
        other=f"{_PATH}?{urlencode([*asked, ('force_login', 'true')])}",
    )
    # Browsers hold a form's way to its end, the client's address and where that leads, against this policy.
    allowed = "'self'" if asking.redirect_uri == OUT_OF_BAND else f"'self' {scheme}:"
    response.headers["Content-Security-Policy"] = policy(forms=allowed)
    return response


async def _shown(asking: clients.Asking, code: str) -> Response:
    minutes = running().settings.limits.typed_code_seconds // 60
    return await render("authorized.html", client=asking.application, code=code, minutes=minutes)


def _sign_in_first(asked: list[tuple[str, str]]) -> Response:
    kept = [(name, value) for name, value in asked if name != "force_login"]
    return session.see(f"/sign-in?next={quote(f'{_PATH}?{urlencode(kept)}', safe='')}")


def _back_to_the_client(address: str) -> Response:
    return Response(status=303, headers={"Location": address})


@authorize.after_app_request
async def keep_the_opener(response: Response) -> Response:
    """Leave these pages, and the sign-in before them, in touch with the client that may have opened their window."""
    path, goes_on = request.path.rstrip("/"), request.args.get("next", "").startswith(f"{_PATH}?")
    if path == _PATH or (path == "/sign-in" and goes_on):
        response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response
