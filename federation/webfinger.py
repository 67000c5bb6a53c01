"""Finding actors by name: WebFinger (RFC 7033) and host-meta (RFC 6415). Open to everybody."""

from urllib.parse import unquote

import orjson
from quart import Blueprint, Response, request

from federation import hosts
from federation.errors import Malformed
from node.context import Context, running
from node.domain import uris
from node.domain.accounts import Account
from node.errors import Gone, Invalid, NotFound
from node.store import accounts

webfinger = Blueprint("webfinger", __name__, url_prefix="/.well-known")


class BadRequest(Invalid):
    """The question is none."""

    status = 400


@webfinger.get("/webfinger")
async def finger() -> Response:
    """Answer who `resource` is: acct:user@host, an actor id, a profile page or this node's address."""
    resource = request.args.get("resource", "")
    if not resource:
        raise BadRequest("Ask for a resource, e.g. ?resource=acct:user@host.")
    ctx = running()
    account = await _find(ctx, unquote(resource) if "%" in resource else resource)
    if account is None:
        raise NotFound("Nobody of that name is here.")
    if account.deleted_at is not None:
        raise Gone("This account has been deleted.")
    links = [{"rel": "self", "type": "application/activity+json", "href": account.uri}]
    if account.shown:
        links.append({"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": account.url})
    else:
        # FEP-d556: the service actor of a whole server, under the server's own address.
        links.append(
            {
                "rel": "https://www.w3.org/ns/activitystreams#Service",
                "type": "application/activity+json",
                "href": account.uri,
            }
        )
    subject = f"acct:{account.username}@{ctx.settings.authority}"
    return open_json({"subject": subject, "aliases": [account.uri], "links": links}, "application/jrd+json")


async def _find(ctx: Context, resource: str) -> Account | None:
    base, own = ctx.settings.url, ctx.settings.authority
    async with ctx.db.read() as tx:
        if resource.rstrip("/") in (base, uris.node(base)) or resource == f"acct:{own}@{own}":
            return await accounts.by_uri(tx, uris.node(base))
        if resource in (uris.organisation(base), f"acct:organization@{own}"):
            return await accounts.by_uri(tx, uris.organisation(base))
        username = uris.username_in(base, resource)
        if username is None and resource.startswith("acct:"):
            username, _, host = resource.removeprefix("acct:").lstrip("@").rpartition("@")
            try:
                if hosts.authority(host) != own:
                    return None
            except Malformed:
                return None
        found = await accounts.by_handle(tx, username, "") if username else None
    return found if found and found.shown and (found.active or found.deleted_at is not None) else None


@webfinger.get("/host-meta")
async def host_meta() -> Response:
    """Say where WebFinger is, for old servers."""
    base = running().settings.url
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" template="{base}/.well-known/webfinger?resource={{uri}}"/>\n</XRD>\n'
    )
    return Response(body, content_type="application/xrd+xml; charset=utf-8")


def open_json(body: object, content_type: str) -> Response:
    """Return JSON that anybody on any page may read."""
    response = Response(orjson.dumps(body), content_type=f"{content_type}; charset=utf-8")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
