"""Bodies of requests that are taken from the network as they are read: little of a long one is in memory at a time.

Quart reads a body as fast as it comes, and counts what it has, not what came. Here a body that nobody reads waits at
the sender, and every byte counts against the limit. A route that takes more than others says so before it reads.
"""

import asyncio
from collections.abc import Generator

from hypercorn.typing import ASGIReceiveCallable
from quart import Quart, Request
from quart.asgi import ASGIHTTPConnection
from quart.wrappers.request import Body as QuartBody
from werkzeug.exceptions import RequestEntityTooLarge

_WAITING_BYTES = 256 * 1024


class Body(QuartBody):
    """What a client sends: read whole by awaiting it, or bit by bit."""

    def __init__(self, expected_content_length: int | None, max_content_length: int | None) -> None:
        super().__init__(expected_content_length, None)
        self._expected = expected_content_length or 0
        self._most = max_content_length
        self._came = 0
        self._whole = False
        self._room = asyncio.Event()
        self._room.set()

    def allow(self, most: int) -> None:
        """Take up to `most` bytes instead of what other routes take."""
        self._most = most

    async def room(self) -> None:
        """Return when there is room for more."""
        await self._room.wait()

    async def __anext__(self) -> bytes:
        self._check()
        data = await super().__anext__()
        self._check()
        self._room.set()
        return data

    def __await__(self) -> Generator[None, None, bytes]:
        self._check()
        self._whole = True
        self._room.set()
        return super().__await__()

    def append(self, data: bytes) -> None:
        self._came += len(data)
        if self._whole and self._too_long():
            # Who awaits the whole of it is told, and the rest is not kept.
            self._must_raise = RequestEntityTooLarge()
            self.set_complete()
        super().append(data)
        if not self._whole and len(self._data) >= _WAITING_BYTES:
            self._room.clear()

    def set_complete(self) -> None:
        super().set_complete()
        self._room.set()

    def _too_long(self) -> bool:
        return self._most is not None and max(self._expected, self._came) > self._most

    def _check(self) -> None:
        if self._too_long():
            raise RequestEntityTooLarge()


class BodyRequest(Request):
    """A request with such a body."""

    body_class = Body


class Connection(ASGIHTTPConnection):
    """Asks the server for more of a body when there is room for it."""

    async def handle_messages(self, request: Request, receive: ASGIReceiveCallable) -> None:
        assert isinstance(request.body, Body)
        while True:
            await request.body.room()
            message = await receive()
            if message["type"] == "http.request":
                request.body.append(message.get("body", b""))
                if not message.get("more_body", False):
                    request.body.set_complete()
            elif message["type"] == "http.disconnect":
                return


def install(app: Quart) -> None:
    """Let an application take bodies like that."""
    app.request_class = BodyRequest
    app.asgi_http_class = Connection
