"""Requests to the ways in before Quart, as the web server makes them."""

import asyncio
from collections import Counter
from dataclasses import dataclass

from tests.clients import House
from tests.nodes import URL

AUTHORITY = URL.removeprefix("http://")


@dataclass(frozen=True, slots=True)
class Told:
    """What came back; header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Through:
    """Asks through a door; counts by path what went on to the application."""

    def __init__(self, home: House, door):
        self.passed = Counter()
        self._home = home
        self._door = door(self._behind, home.ctx)

    async def _behind(self, scope, receive, send):
        self.passed[scope["path"]] += 1
        await self._home.app(scope, receive, send)

    async def ask(self, method, path, token, *, query="", host=AUTHORITY, body=b"", headers=None) -> Told:
        named = {"Host": host, "Authorization": f"Bearer {token}", "Content-Length": str(len(body))} | (headers or {})
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in named.items()],
            "http_version": "1.1", "scheme": "http", "root_path": "", "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8499), "asgi": {"version": "3.0", "spec_version": "2.3"}, "extensions": {},
        }  # fmt: skip
        sent = []
        middle = len(body) // 2
        asked = iter(
            [
                {"type": "http.request", "body": body[:middle], "more_body": True},
                {"type": "http.request", "body": body[middle:], "more_body": False},
            ]
        )

        async def receive():
            return next(asked, None) or await asyncio.Future()

        async def send(message):
            sent.append(message)

        await self._door(scope, receive, send)
        told = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        return Told(sent[0]["status"], told, b"".join(message.get("body", b"") for message in sent[1:]))
