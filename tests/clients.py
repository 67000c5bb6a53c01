"""A member's client in this process: asks a node's routes with a token, as apps do."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from moderation import members
from node.app import create_app
from node.context import Context
from node.domain.accounts import Account, Role
from node.limits import Limits
from tests.nodes import URL, context

SCOPES = "read write follow push profile"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answered; `body` is parsed JSON, None when it is none."""

    status: int
    body: Any
    headers: Mapping[str, str]

    def link(self, rel: str) -> str | None:
        """Return the address of a page from the Link header, without our host."""
        for part in self.headers.get("Link", "").split(", "):
            address, _, name = part.partition("; ")
            if name == f'rel="{rel}"':
                return address.strip("<>").removeprefix(URL)
        return None


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody's client. Every method takes the path with its query, and returns what came."""

    app: Any
    account: Account
    token: str

    async def ask(self, method: str, path: str, **given: Any) -> Answer:
        headers = {"Host": URL.removeprefix("http://"), "Authorization": f"Bearer {self.token}"}
        headers |= given.pop("headers", {})
        reply = await self.app.test_client().open(path, method=method, headers=headers, **given)
        body = await reply.get_data()
        parsed = orjson.loads(body) if reply.mimetype == "application/json" and body else None
        return Answer(reply.status_code, parsed, reply.headers)

    async def get(self, path: str) -> Answer:
        return await self.ask("GET", path)

    async def post(self, path: str, json: Any = None, **given: Any) -> Answer:
        return await self.ask("POST", path, **({"json": json} if json is not None else {}), **given)

    async def put(self, path: str, json: Any = None, **given: Any) -> Answer:
        return await self.ask("PUT", path, **({"json": json} if json is not None else {}), **given)

    async def delete(self, path: str, json: Any = None) -> Answer:
        return await self.ask("DELETE", path, **({"json": json} if json is not None else {}))

    async def write(self, status: str, **given: Any) -> dict[str, Any]:
        """Publish and return the status."""
        made = await self.post("/api/v1/statuses", {"status": status, **given})
        assert made.status == 200, made.body
        found: dict[str, Any] = made.body
        return found


@dataclass(frozen=True, slots=True)
class House:
    """A node in this process and what is needed to ask it."""

    ctx: Context
    app: Any

    async def member(self, username: str, *, role: Role = Role.MEMBER, scopes: str = SCOPES) -> Client:
        """Return the client of a new member."""
        account = await members.add(self.ctx, username=username, password="correct horse battery", role=role)
        return await self.client(account, scopes=scopes)

    async def client(self, account: Account, *, scopes: str = SCOPES) -> Client:
        """Return another client of a member."""
        token = await members.issue_token(self.ctx, account, name="test", scopes=scopes)
        return Client(self.app, account, token)


@contextlib.asynccontextmanager
async def house(
    folder: Path, *, database: str = "", limits: Limits | None = None, trends: bool = False
) -> AsyncIterator[House]:
    """Open a node without its loops."""
    limits = limits or Limits(requests_per_member=100_000)
    async with context(folder, database=database, limits=limits, trends=trends) as ctx:
        yield House(ctx, create_app(ctx, jobs=False))
