"""Opening a stream, and answering with one: what all doors do alike."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from quart import Response

from node.context import Context
from node.domain.viewer import Viewer
from node.listening.feed import Door
from node.ports import Reader

_LEAVE_SECONDS = 2.0


def opened(ctx: Context, viewer: Viewer, scope: Any, *, door: Door, secret: str) -> Reader:
    """Open a stream that can be ended although nothing can be sent on its connection any more.

    scope: of the ASGI connection. secret: the hash of the token or session by which the viewer reads.

    Raises:
        Throttled: too many are open.
    """
    reader = ctx.hub.readers.open(
        account_id=viewer.account.id, door=door, secret=secret, notifications=viewer.may("read:notifications")
    )
    hang_up = scope.get("state", {}).get("hang_up")
    if hang_up is not None:
        loop = asyncio.get_running_loop()
        reader.on_end = lambda: loop.call_later(_LEAVE_SECONDS, hang_up)
    return reader


def sent_events(ctx: Context, reader: Reader, lines: AsyncIterator[str]) -> Response:
    """Answer with server-sent events, without an end; the reader is given back when the answer is over."""
    # The task that answers ends in every case, even when nothing of the answer was sent.
    answering = asyncio.current_task()
    assert answering is not None
    answering.add_done_callback(lambda _: ctx.hub.readers.close(reader))
    response = Response(lines, content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.headers["Connection"] = "close"
    response.timeout = None
    return response
