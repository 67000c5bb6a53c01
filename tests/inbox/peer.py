"""A peer that exists only here: its actors are known to the tested node, and it signs what it likes."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from federation import arrivals, erasures, hosts, keys, parse_actor, render, signatures
from inbox import worker
from node.app import create_app
from node.context import Context
from node.domain.accounts import Account
from node.domain.erasures import Erasure, Ground, Scope
from node.domain.times import iso
from node.store import accounts, posts
from tests.benchmarks.setting import follows, remote, signer, with_members

PAIR = keys.generate_rsa()
HOST = "127.0.0.1:8497"
_numbers = itertools.count(1)


@dataclass
class Peer:
    """A member node of the organisation with actors whose keys the tested node has."""

    ctx: Context
    client: Any
    actors: dict[str, Account] = field(default_factory=dict)

    @classmethod
    async def known_to(cls, ctx: Context, *usernames: str, hosts: Iterable[str] = ()) -> "Peer":
        """Make it a member with these actors, and these other hosts as well."""
        await with_members(ctx, [HOST, *hosts])
        peer = cls(ctx, create_app(ctx, jobs=False).test_client())
        for username in usernames:
            peer.actors[username] = await remote(ctx, HOST, username, PAIR)
        return peer

    async def send(self, username: str, activity: dict[str, Any], *, inbox: str = "/inbox", pair=PAIR) -> int:
        """Sign an activity as an actor, post it, let the node handle it; return the status."""
        return await self.send_as(signer(self.actors[username], pair), activity, inbox=inbox)

    async def send_as(self, by: keys.Signer, activity: dict[str, Any], *, inbox: str = "/inbox") -> int:
        """The same under any key."""
        return await self.send_bytes(by, orjson.dumps(render.document(activity)), inbox=inbox)

    async def send_bytes(self, by: keys.Signer, body: bytes, *, inbox: str = "/inbox") -> int:
        url = self.ctx.settings.url + inbox
        now = self.ctx.clock()
        headers = signatures.sign("POST", url, body, signer=by, now=now, content_type="application/activity+json")
        return await self.deliver(headers, body, inbox=inbox)

    async def deliver(self, headers: dict[str, str], body: bytes, *, inbox: str = "/inbox") -> int:
        answer = await self.client.post(inbox, data=body, headers=headers)
        await worker.drain(self.ctx)
        return int(answer.status_code)

    async def get(self, username: str, url: str) -> dict[str, Any]:
        """Fetch a document of the tested node, signed by an actor."""
        signed = signatures.sign("GET", url, None, signer=signer(self.actors[username], PAIR), now=self.ctx.clock())
        path = url.removeprefix(self.ctx.settings.url)
        answer = await self.client.get(path, headers=signed | {"Accept": "application/activity+json"})
        assert answer.status_code == 200, answer.status_code
        return orjson.loads(await answer.get_data())

    def note(self, username: str, text: str = "hello", **more: Any) -> dict[str, Any]:
        author = self.actors[username]
        return {
            "id": f"{author.uri}/posts/{next(_numbers)}",
            "type": "Note",
            "attributedTo": author.uri,
            "content": f"<p>{text}</p>",
            "published": iso(self.ctx.clock()),
            "to": [author.followers],
            "cc": [],
        } | more

    def activity(self, kind: str, username: str, about: Any, **more: Any) -> dict[str, Any]:
        author = self.actors[username]
        return {
            "id": f"{author.uri}/activities/{next(_numbers)}",
            "type": kind,
            "actor": author.uri,
            "object": about,
        } | more

    def order(self, number: int, object: str) -> dict[str, Any]:
        """Return an order of its node to erase something; nobody has signed it."""
        base = f"http://{HOST}"
        uri, now = erasures.order_uri(base, number), self.ctx.clock()
        meant = Erasure(number, uri, object, object, Scope.OBJECT, Ground.WISH, b"", "", now, now)
        return erasures.render_order(meant, base=base, epoch=1)

    async def follower(self, local: Account, username: str) -> None:
        """Let somebody of the tested node follow an actor."""
        await follows(self.ctx, local, self.actors[username])

    async def follower_of(self, local: Account, target: Account) -> None:
        """Let somebody of the tested node follow any account."""
        await follows(self.ctx, local, target)

    async def account_of(self, document: dict[str, Any]) -> Account:
        """Store an actor with its keys, as if it had been fetched."""
        async with self.ctx.change() as change:
            found = parse_actor.actor(document)
            return await arrivals.actor(change, found, host=hosts.authority(found.id), fetched=True)

    async def stored(self, uri: str):
        async with self.ctx.db.read() as tx:
            return await posts.by_uri(tx, uri)

    async def account(self, uri: str):
        async with self.ctx.db.read() as tx:
            return await accounts.by_uri(tx, uri)

    async def count(self, table: str) -> int:
        async with self.ctx.db.read() as tx:
            return (await tx.one(f"SELECT COUNT(*) AS n FROM {table}"))["n"]
