"""Several whole nodes in this process: real signatures, real databases, and HTTP that never leaves it.

A story of thousands of steps plays here in minutes. What is between nodes on a network (retries, faults, real sockets)
is for `tests/nodes.py`.
"""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from federation import hosts, render, resolve
from federation.errors import Refused, Unreachable
from federation.guard import Guard
from federation.wire import Reply, Wire
from inbox import worker as inbox_worker
from moderation import members
from node.app import close_context, create_app, create_context
from node.config import Node as NodeSettings
from node.config import Settings, Storage, check
from node.context import Context
from node.domain.accounts import Account
from node.domain.bridges import Bridge, Terms
from node.domain.groups import Charter
from node.domain.posts import Post
from node.domain.times import DAY_MS
from node.limits import Limits
from node.store import accounts, posts
from node.store import bridges as bridge_rows
from outbox import bridges, bridges_beyond, groups, organisation
from outbox import worker as outbox_worker

_PASSWORD = "a long enough password"
_FIRST_PORT = 8601


@dataclass
class Clock:
    """The one clock of a village."""

    now: int = 1_800_000_000_000

    def __call__(self) -> int:
        self.now += 1
        return self.now


@dataclass(eq=False)
class House:
    """One node. `down`: it answers nobody."""

    name: str
    ctx: Context
    client: Any = None
    down: bool = False

    @property
    def host(self) -> str:
        return self.ctx.settings.authority

    async def member(self, username: str, **told: Any) -> Account:
        return await members.add(self.ctx, username=username, password=_PASSWORD, name=username.title(), **told)

    async def account(self, other: Account | str) -> Account:
        """Return an account as this node knows it; it is looked up when it is not known yet."""
        uri = other if isinstance(other, str) else other.uri
        async with self.ctx.db.read() as tx:
            found = await accounts.by_uri(tx, uri)
        if found is None:
            found = await resolve.actor(self.ctx, uri)
        assert found is not None, uri
        return found

    async def post(self, uri: str) -> Post | None:
        """Return the copy of a post that is here, whoever may see it."""
        async with self.ctx.db.read() as tx:
            return await posts.by_uri(tx, uri)

    async def reads(self, reader: Account, uri: str) -> bool:
        """Tell whether a member here may see a post."""
        found = await self.post(uri)
        if found is None:
            return False
        async with self.ctx.db.read() as tx:
            return await posts.visible_to(tx, found.id, viewer_id=reader.id) is not None


class _Street(Wire):
    """The way to the other houses of a village, and to nobody else."""

    def __init__(self, village: "Village", host: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._village, self._host = village, host

    async def get(self, url: str, *, accept: str, sign=None, max_bytes: int, may_contact=None) -> Reply:
        return await self._call("GET", url, {"Accept": accept}, None, sign, may_contact)

    async def post(self, url: str, body: bytes, *, content_type: str, sign=None) -> Reply:
        return await self._call("POST", url, {"Content-Type": content_type}, body, sign, None)

    async def _call(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, sign: Any, may_contact: Any
    ) -> Reply:
        target = hosts.parse(url)
        if may_contact is not None and not may_contact(target.authority):
            raise Refused(f"{target.authority} may not be contacted")
        house = self._village.houses.get(target.authority)
        if house is None or house.down:
            raise Unreachable(f"{target.authority} did not answer")
        sent = {**headers, "Host": target.authority, **(sign(method, target.text, body) if sign else {})}
        parts = urlsplit(target.text)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        answer = await house.client.open(path, method=method, headers=sent, data=body)
        content_type, _, rest = answer.headers.get("Content-Type", "").partition(";")
        profile = rest.partition('profile="')[2].partition('"')[0]
        self._village.heard.append((method, target.text, answer.status_code))
        told = await answer.get_data()
        self._village.letters.append((self._host, target.authority, body or b""))
        self._village.letters.append((target.authority, self._host, told))
        return Reply(target.text, answer.status_code, content_type.strip(), profile, told, None)


@dataclass
class Village:
    """Houses by host, in the order in which they were built.

    heard: (method, address, status) of every request. letters: (from host, to host, body)
    of everything that is told.
    """

    clock: Clock
    houses: dict[str, House] = field(default_factory=dict)
    heard: list[tuple[str, str, int]] = field(default_factory=list)
    letters: list[tuple[str, str, bytes]] = field(default_factory=list)

    async def found(self, house: House, owner: Account, name: str = "dyers", **charter: Any) -> Account:
        """Let a member found a group of that name; every node hears of it."""
        group = await groups.found(house.ctx, owner, name, Charter(name=name.title(), **charter))
        await self.settle()
        return group

    async def join(self, house: House, person: Account, group: Account) -> Account:
        """Let somebody join a group, anywhere; return the group as their node knows it."""
        here = await house.account(group)
        await groups.join(house.ctx, person, here.id)
        await self.settle()
        return here

    async def bridge(
        self, group: Account, home: House, by: Account, partner: House, lead: Account, **terms: Any
    ) -> Bridge:
        """Share a group with a partner, from the draft to what both have signed; return it as its home knows it."""
        given = {"files": True, "starts_at": self.clock.now, "ends_at": self.clock.now + 30 * DAY_MS} | terms
        wanted = Terms("", partner.host, "New patterns", "Ada", "Ruth", **given)
        made = await bridges.draft(home.ctx, by, group.id, wanted)
        await bridges.offer(home.ctx, by, made.id)
        taken = await bridges_beyond.take_up(partner.ctx, lead, made.uri, lead.username)
        await bridges_beyond.agree(partner.ctx, lead, taken.id)
        await self.settle()
        async with home.ctx.db.read() as tx:
            return await bridge_rows.by_id(tx, made.id)

    async def send(self, house: House, actor: Account, to: House, body: dict[str, Any] | bytes) -> int:
        """Deliver what nobody wrote with our commands, signed with the actor's own key; return the status."""
        document = body if isinstance(body, bytes) else orjson.dumps(render.document(body))
        async with house.ctx.db.read() as tx:
            sign = await house.ctx.keys.sign_as(tx, actor.id)
        url = f"{to.ctx.settings.url}/inbox"
        reply = await house.ctx.wire.post(url, document, content_type="application/activity+json", sign=sign)
        await inbox_worker.drain(to.ctx)
        await self.settle()
        return reply.status

    async def settle(self, *, rounds: int = 30) -> None:
        """Let every node deliver and handle everything that is due."""
        for _ in range(rounds):
            moved = 0
            for house in self.houses.values():
                if house.down:
                    continue
                await bridges.do_due(house.ctx)
                await inbox_worker.drain(house.ctx)
                moved += await outbox_worker.drain(house.ctx)
            if not moved:
                return
        raise AssertionError("the village does not come to rest")


@contextlib.asynccontextmanager
async def village(
    folder: Path,
    *names: str,
    partners: tuple[str, ...] = (),
    limits: Limits | None = None,
    database: Callable[[str], str] = lambda _: "",
) -> AsyncIterator[Village]:
    """Build a village: one organisation of nodes with these names, founded by the first; each partner has its own."""
    found = Village(Clock())
    generous = limits or Limits(inbox_per_host=1_000_000)
    try:
        for number, name in enumerate([*names, *partners], _FIRST_PORT):
            settings = check(
                Settings(
                    node=NodeSettings(url=f"http://127.0.0.1:{number}", name=name, development=True),
                    storage=Storage(data=str(folder / name), database=database(name)),
                    limits=generous,
                )
            )
            ctx = await create_context(settings, now=found.clock)
            guard = Guard(private_hosts={}, loopback=True, ports=frozenset())
            street = _Street(
                found, settings.authority, guard=guard, limits=generous, user_agent="village", clock=found.clock
            )
            house = House(name, replace(ctx, wire=street))
            house.client = create_app(house.ctx, jobs=False).test_client()
            found.houses[house.host] = house
        first, *others = list(found.houses.values())[: len(names)]
        await organisation.create(first.ctx, "Weaving Works")
        for other in others:
            await organisation.join(other.ctx, await organisation.invite(first.ctx))
        for partner in list(found.houses.values())[len(names) :]:
            await organisation.create(partner.ctx, partner.name.title())
        await found.settle()
        yield found
    finally:
        for house in found.houses.values():
            await close_context(house.ctx)
