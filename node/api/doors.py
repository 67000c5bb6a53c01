"""What the ways in before Quart have in common: reading what is usual about a request, and answering it.

They ask the same functions as the routes, and only when everything about a request is as usual. Whatever is not goes
on to the route, which says what is wrong. Tests hold both answers alike.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson

from node.api import allowance, cors
from node.api.answers import CACHE, JSON
from node.context import Context
from node.errors import AllmendeError, Throttled, our_fault

log = logging.getLogger("allmende")

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Headers = Mapping[bytes, bytes]
NO_MORE: Mapping[str, str] = {}


def is_for(scope: Scope, method: str, path: str) -> bool:
    """Tell whether this is such a request."""
    here: bool = scope["type"] == "http" and scope["path"] == path and scope["method"] == method
    return here


def token(asked: Headers, ctx: Context) -> str:
    """Return the token that a request to this very node shows, '' when it shows none or is for another one."""
    kind, _, secret = asked.get(b"authorization", b"").partition(b" ")
    if kind.lower() != b"bearer" or asked.get(b"host", b"").decode("latin-1").lower() != ctx.settings.authority:
        return ""
    return secret.decode("latin-1").strip()


async def answer(
    ctx: Context,
    send: Send,
    body: bytes,
    more: Mapping[str, str] = NO_MORE,
    *,
    account_id: int | None,
    status: int = 200,
) -> None:
    """Answer a member with JSON, under the headers that the application gives it, and `more`.

    account_id: who asks, None while that is not known.
    """
    told = {
        "Content-Type": JSON,
        "Cache-Control": CACHE,
        "X-Content-Type-Options": "nosniff",
        **cors.HEADERS,
        **(allowance.headers(ctx, account_id) if account_id is not None else {}),
        **more,
        "Content-Length": str(len(body)),
    }
    pairs = [(name.lower().encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


async def refuse(ctx: Context, send: Send, error: Exception, *, account_id: int | None = None) -> None:
    """Answer with an error as the application does; one that nobody foresaw is logged."""
    if isinstance(error, AllmendeError):
        known = error
    else:
        log.error("a request failed: %s", type(error).__name__, exc_info=error)
        known = our_fault()
    more = {"Retry-After": str(known.retry_after)} if isinstance(known, Throttled) else NO_MORE
    body = orjson.dumps({"error": known.message})
    await answer(ctx, send, body, more, account_id=account_id, status=known.status)
