"""The doors for peers' activities: the shared inbox, and each actor's own."""

from quart import Blueprint, Response, request

from federation.routes import raw_answer
from federation.signatures import SignedRequest
from inbox import accept, membership
from moderation import witnesses
from node.context import recognised, running
from node.domain import uris
from node.errors import AllmendeError, TooLarge

inbox = Blueprint("inbox", __name__)

_TYPES = ("application/activity+json", "application/ld+json")


class WrongType(AllmendeError):
    """A body of a type an inbox does not take."""

    status = 415
    code = "unsupported_media_type"


@inbox.post("/inbox")
async def shared() -> Response:
    """Take an activity for anybody here."""
    return await _take()


@inbox.post("/users/<username>/inbox")
async def personal(username: str) -> Response:
    """Take an activity for one person; what it may do is the same as through the shared inbox (C07)."""
    ctx = running()
    await accept.local_inbox(ctx, uris.user(ctx.settings.url, username))
    return await _take()


@inbox.post("/actor/inbox")
async def node() -> Response:
    """Take an activity for the node itself."""
    return await _take()


@inbox.post("/organization/inbox")
async def organisation() -> Response:
    """Take the answer of a node that was invited; anything else is an ordinary activity."""
    received = await signed_request()
    if not await membership.answer(running(), received):
        await accept.receive(running(), received)
    recognised()
    return Response(status=202)


@inbox.post("/journal/heads")
async def journal_head() -> Response:
    """Sign how far the journal of another node has come; 409, with what was signed last, when that does not follow."""
    signs, document = await witnesses.countersign(running(), await signed_request())
    recognised()
    return raw_answer(document, status=200 if signs else 409)


async def _take() -> Response:
    await accept.receive(running(), await signed_request())
    recognised()
    return Response(status=202)


async def signed_request() -> SignedRequest:
    """Return the request as it was signed.

    Raises:
        WrongType, TooLarge: refused before anything is read from the body.
    """
    media_type = (request.content_type or "").partition(";")[0].strip().lower()
    if media_type not in _TYPES or request.headers.get("Content-Encoding"):
        raise WrongType("An inbox takes application/activity+json, not compressed.")
    limit = running().settings.limits.inbox_body
    if (request.content_length or 0) > limit:
        raise TooLarge(f"An activity has at most {limit} bytes.")
    body: bytes = await request.get_data(cache=False, as_text=False)  # type: ignore[assignment]
    raw = request.scope["raw_path"] if "raw_path" in request.scope else request.path.encode()
    query = request.scope["query_string"]
    target = raw.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.scope["headers"]]
    return SignedRequest("POST", target, headers, body)
