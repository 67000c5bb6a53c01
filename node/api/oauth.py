"""Where clients get their tokens, give them back, and learn who uses them. Members say yes in `node.web.authorize`."""

from collections.abc import Awaitable, Callable

from quart import Blueprint, Response, request

from moderation import clients
from moderation.authorization import CHALLENGE, CLIENT_AUTHENTICATION, Reply, Request
from node.api.answers import answer, fields, text
from node.api.auth import scope
from node.config import LANGUAGES
from node.context import Context, running
from node.domain.addresses import network
from node.domain.clients import SCOPES
from node.domain.media import Links
from node.domain.viewer import Viewer

oauth = Blueprint("oauth", __name__)


@oauth.post("/oauth/token")
async def token() -> Response:
    """Give a client a token, for a code or for itself."""
    return await _answered(clients.exchange)


@oauth.post("/oauth/revoke")
async def revoke() -> Response:
    """End a token of a client."""
    return await _answered(clients.revoke)


async def _answered(command: Callable[[Context, Request], Awaitable[Reply]]) -> Response:
    ctx = running()
    subject, most = f"failures of {network(request.remote_addr)}", ctx.settings.limits.client_failures_per_address
    ctx.rates.check(subject, most=most)
    given = [(name, text(value)) for name, value in (await fields()).items()]
    reply = await command(ctx, Request(given, authorization=request.headers.get("Authorization", "")))
    if reply.status >= 400:
        ctx.rates.count(subject, most=most)
    response = answer(reply.body, status=reply.status)
    if "WWW-Authenticate" in reply.headers:
        response.headers["WWW-Authenticate"] = reply.headers["WWW-Authenticate"]
    return response


@oauth.route("/oauth/userinfo", methods=["GET", "POST"])
@scope("profile")
async def userinfo(ctx: Context, viewer: Viewer) -> Response:
    """Return who uses a client, in the words of OpenID Connect (Core, section 5.3)."""
    own = viewer.account
    return answer(
        {
            "iss": _issuer(ctx),
            "sub": own.uri,
            "name": own.name,
            "preferred_username": own.username,
            "profile": own.url,
            "picture": Links(ctx.settings.url, ctx.secret, ctx.clock()).portrait(own),
        }
    )


@oauth.get("/.well-known/oauth-authorization-server")
async def metadata() -> Response:
    """Return what a client can ask for here, and where (RFC 8414; `app_registration_endpoint` is Mastodon's)."""
    ctx = running()
    base = ctx.settings.url
    return answer(
        {
            "issuer": _issuer(ctx),
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "revocation_endpoint": f"{base}/oauth/revoke",
            "userinfo_endpoint": f"{base}/oauth/userinfo",
            "app_registration_endpoint": f"{base}/api/v1/apps",
            "scopes_supported": SCOPES,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "token_endpoint_auth_methods_supported": CLIENT_AUTHENTICATION,
            "revocation_endpoint_auth_methods_supported": CLIENT_AUTHENTICATION,
            "code_challenge_methods_supported": [CHALLENGE],
            "service_documentation": f"{base}/api/docs",
            "ui_locales_supported": LANGUAGES,
        }
    )


def _issuer(ctx: Context) -> str:
    return f"{ctx.settings.url}/"
