"""Clients register, and ask what they registered as. People do not: they come by an invitation."""

from typing import Any

from quart import Blueprint, Response, request

from moderation import clients
from node.adapters import push
from node.api.answers import answer, fields, listed, text
from node.api.auth import any_token, bearer
from node.context import Context, running
from node.domain.addresses import network
from node.domain.clients import Application
from node.errors import Forbidden, NotFound

apps = Blueprint("apps", __name__, url_prefix="/v1")


@apps.post("/apps")
async def register() -> Response:
    """Keep a new client; its secret is told here and never again."""
    ctx, given = running(), await fields()
    ctx.rates.take(f"clients of {network(request.remote_addr)}", most=ctx.settings.limits.clients_per_address)
    uris = given.get("redirect_uris")
    application, secret = await clients.register(
        ctx,
        name=text(given.get("client_name")),
        website=text(given.get("website")).strip(),
        redirect_uris=[uri for part in listed(uris) for uri in text(part).split()],
        scopes=[scope for part in listed(given.get("scopes")) for scope in text(part).split()],
    )
    told = {"client_id": application.client_id, "client_secret": secret, "client_secret_expires_at": 0}
    return answer(_application(ctx, application) | told)


@apps.get("/apps/verify_credentials")
async def verify() -> Response:
    """Return the client that a token, a member's or its own, was given to."""
    ctx = running()
    await any_token(ctx, bearer())
    application = await clients.of_token(ctx, bearer())
    if application is None:
        raise NotFound("This token was made for no client.")
    return answer(_application(ctx, application))


@apps.post("/accounts")
async def sign_up() -> Response:
    """Refuse: nobody becomes a member through a client."""
    await any_token(running(), bearer(), "write:accounts")
    raise Forbidden("Members come by an invitation here. Ask an administrator of this server for one.")


def _application(ctx: Context, application: Application) -> dict[str, Any]:
    return {
        "id": str(application.id),
        "name": application.name,
        "website": application.website or None,
        "scopes": list(application.scopes),
        "redirect_uri": "\n".join(application.redirect_uris),
        "redirect_uris": list(application.redirect_uris),
        "vapid_key": push.public_key(ctx.secret) if ctx.settings.push.enabled else None,
    }
