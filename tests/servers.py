"""Servers on loopback that answer what a test wants, and remember what they were asked."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from federation import keys, render
from federation.wire import ACTIVITY
from node.domain import uris


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """A bare HTTP/1.1 server. `answer` gets a Request and gives the raw bytes, whole or piece by piece."""

    answer: object
    port: int = 0
    connects: int = 0
    sent: int = 0
    open: int = 0
    requests: list[Request] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)

    def url(self, path="/", host="peer.localhost", scheme="http"):
        return f"{scheme}://{host}:{self.port}{path}"

    async def serve(self, reader, writer):
        self.connects += 1
        self.open += 1
        try:
            while request := await self.read(reader):
                self.requests.append(request)
                pieces = self.answer(request)
                if isinstance(pieces, bytes):
                    pieces = [pieces]
                if isinstance(pieces, AsyncIterator):
                    async for piece in pieces:
                        await self.write(writer, piece)
                    return
                for piece in pieces:
                    await self.write(writer, piece)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def write(self, writer, piece):
        writer.write(piece)
        await writer.drain()
        self.sent += len(piece)

    @staticmethod
    async def read(reader):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = line.split(" ", 2)
        return Request(method, path, headers, body)


@asynccontextmanager
async def serving(answer, tls=None):
    """Run a Server on 127.0.0.1; its connections end with it."""
    tasks = set()
    server = Server(answer)

    async def serve(reader, writer):
        tasks.add(asyncio.current_task())
        try:
            await server.serve(reader, writer)
        except asyncio.CancelledError:
            writer.close()

    if tls is not None:
        tls.sni_callback = lambda _, name, __: server.server_names.append(name)
    listener = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def http(body=b"", *headers, status="200 OK"):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def document(body=b"{}"):
    return http(body, f"Content-Type: {ACTIVITY}")


def redirect(location, status="302 Found"):
    return http(b"", f"Location: {location}", status=status)


@dataclass
class Origin:
    """A server of some other software: serves the documents it is given, takes every activity it is sent.

    documents: path → document; a path that is not there is 404. take: request → status of a POST's answer.
    """

    server: Server
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    take: Callable[[Request], int] = lambda request: 202

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    @property
    def asked(self) -> list[str]:
        """Paths of every GET, in order."""
        return [request.path for request in self.server.requests if request.method == "GET"]

    @property
    def received(self) -> list[dict[str, Any]]:
        """Every activity that was posted here, in order."""
        return [json.loads(request.body) for request in self.server.requests if request.method == "POST"]

    def actor(self, username: str, pair: keys.KeyPair, **more: Any) -> str:
        """Serve a person with this key; return their id."""
        uri = f"{self.url}/users/{username}"
        self.documents[f"/users/{username}"] = {
            "id": uri,
            "type": "Person",
            "preferredUsername": username,
            "inbox": f"{uri}/inbox",
            "outbox": f"{uri}/outbox",
            "followers": f"{uri}/followers",
            "endpoints": {"sharedInbox": f"{self.url}/inbox"},
            "publicKey": {"id": uris.main_key(uri), "owner": uri, "publicKeyPem": pair.public_pem},
        } | more
        finger = {"links": [{"rel": "self", "type": ACTIVITY, "href": uri}]}
        self.documents[f"/.well-known/webfinger?resource=acct%3A{username}%40{self.host.replace(':', '%3A')}"] = finger
        return uri

    def answer(self, request: Request) -> bytes:
        if request.method == "POST":
            return http(b"", status=f"{self.take(request)} Answer")
        found = self.documents.get(request.path)
        if found is None:
            return http(b"", status="404 Not Found")
        return document(json.dumps(render.document(found)).encode())


@asynccontextmanager
async def origin() -> AsyncIterator[Origin]:
    """Run an Origin."""
    async with serving(lambda request: found.answer(request)) as server:
        found = Origin(server)
        yield found
