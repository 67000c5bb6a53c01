"""A node in this process that is really served: the commands at hand, and clients on real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from quart import Quart
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from moderation import members
from node.app import create_app, create_context
from node.config import Look, Settings, Storage, check
from node.config import Node as NodeSettings
from node.config import Server as ServerSettings
from node.context import Context
from node.domain.accounts import Account
from node.domain.posts import Draft, Post
from node.domain.relationships import Follow
from node.domain.visibility import Visibility
from node.limits import Limits
from node.server import Server
from node.store import relationships
from outbox import posts as commands
from tests.nodes import port
from tests.patience import PATIENCE_SECONDS

PASSWORD = "correct horse battery"


@dataclass
class Socket:
    """A WebSocket of a client."""

    connection: ClientConnection

    async def say(self, **word: str) -> None:
        await self.connection.send(json.dumps(word))

    async def next(self) -> dict[str, Any]:
        """Return the next frame, its payload as JSON where it is."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            frame = json.loads(await self.connection.recv())
        if isinstance(frame.get("payload"), str) and frame["payload"].startswith("{"):
            frame["payload"] = json.loads(frame["payload"])
        return frame

    async def until(self, uri: str) -> list[dict[str, Any]]:
        """Return the frames up to the one with this post, which is left out."""
        found = []
        while True:
            frame = await self.next()
            if isinstance(frame.get("payload"), dict) and frame["payload"].get("uri") == uri:
                return found
            found.append(frame)

    async def ended(self) -> int:
        """Return the code with which the server closes; what comes before is dropped."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            with suppress(ConnectionClosed):
                while True:
                    await self.connection.recv()
        return self.connection.close_code or 0


@dataclass
class Member:
    """Somebody of the node, with a token."""

    node: "Served"
    account: Account
    token: str

    async def post(self, text: str, visibility: Visibility = Visibility.ORGANISATION, **more: Any) -> Post:
        return await commands.publish(self.node.ctx, self.account, Draft(text, visibility, **more))

    async def follow(self, other: "Member") -> None:
        ctx = self.node.ctx
        async with ctx.change() as change:
            id = change.new_id()
            row = Follow(id, f"{ctx.settings.url}/activities/{id}", self.account.id, other.account.id, True)
            await relationships.insert(change.tx, row)

    async def listen(self, *streams: str, **more: str) -> Socket:
        """Open a WebSocket that listens to these streams."""
        headers = {"Authorization": f"Bearer {self.token}"}
        socket = await self.node.socket(additional_headers=headers)
        for name in streams:
            await socket.say(type="subscribe", stream=name, **more)
        await self.node.settled(self, len(streams))
        return socket

    async def call(self, method: str, path: str, *, version: int = 1, **fields: Any) -> Any:
        """Call the API; return its JSON."""
        get = method == "GET"
        async with self.node.session.request(
            method,
            f"{self.node.url}/api/v{version}{path}",
            params=fields if get else None,
            json=None if get else fields,
            headers={"Authorization": f"Bearer {self.token}"},
        ) as answer:
            body = await answer.json(content_type=None)
            assert answer.status < 400, (answer.status, body)
            return body


@dataclass
class Served:
    """The node."""

    ctx: Context
    app: Quart
    session: aiohttp.ClientSession
    server: Server
    serving: "asyncio.Task[None]"
    sockets: list[Socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.ctx.settings.url

    async def member(self, username: str, *, scopes: str = "read write follow push") -> Member:
        account = await members.add(self.ctx, username=username, password=PASSWORD)
        return Member(self, account, await members.issue_token(self.ctx, account, name="test", scopes=scopes))

    async def members(self, *usernames: str) -> list[Member]:
        return [await self.member(username) for username in usernames]

    async def socket(self, query: str = "", *, called: str = "", **options: Any) -> Socket:
        """Open a WebSocket; `called`: the node by another name than its own."""
        address = f"ws://{called or self.ctx.settings.authority}/api/v1/streaming{query}"
        socket = Socket(await connect(address, **{"compression": None, "max_size": None, **options}))
        self.sockets.append(socket)
        return socket

    async def settled(self, member: Member, streams: int) -> None:
        """Wait until a member's newest stream listens to so many."""

        def listens() -> bool:
            mine = [reader for reader in self.ctx.hub.readers if reader.account_id == member.account.id]
            return any(len(reader.streams) >= streams for reader in mine)

        async with asyncio.timeout(PATIENCE_SECONDS):
            while not listens():
                await asyncio.sleep(0.005)


@asynccontextmanager
async def served(
    folder: Path, *, database: str = "", limits: Limits | None = None, look: Look | None = None, number: int = 0
) -> AsyncIterator[Served]:
    """Serve a node on loopback; `number`: at this port."""
    number = number or port()
    settings = Settings(
        node=NodeSettings(url=f"http://127.0.0.1:{number}", name="Here", development=True),
        server=ServerSettings(port=number),
        storage=Storage(data=str(folder), database=database),
        look=look or Look(),
        limits=limits or Limits(requests_per_member=1_000_000, requests_per_address=1_000_000),
    )
    ctx = await create_context(check(settings))
    app = create_app(ctx, jobs=False)
    server = Server(ctx, app)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    async with aiohttp.ClientSession() as session:
        node = Served(ctx, app, session, server, serving)
        try:
            yield node
        finally:
            for socket in node.sockets:
                socket.connection.transport.abort()
            server.should_exit = True
            await serving
