"""One node of ours and one Fedify server, both real processes, that may speak with each other."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from node.fleet import PASSWORD, Node, Person, until
from tests.nodes import QUICK, port, rows
from tests.peers.fedify_peer import FedifyActor, FedifyPeer, Json

MEMBERS = ("ada", "ben", "carla", "dan", "eva")


@dataclass(slots=True)
class Pair:
    """The two, and the tokens of our members: `ada` for most tests, the others for what cannot be taken back."""

    node: Node
    peer: FedifyPeer
    tokens: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def below(cls, folder: Path) -> "Pair":
        """Return a pair with its files below a folder; nothing runs yet."""
        node = Node("lyon", folder / "lyon", port=port(), environ=dict(QUICK))
        return cls(node, FedifyPeer(folder / "fedify", port()))

    async def start(self) -> None:
        """Start both, found an organisation that admits the Fedify server, and add our members.

        Raises:
            Failed: one did not start.
        """
        await asyncio.gather(self.node.start(), self.peer.start())
        await self.node.command("org", "create", "Weaving Works")
        await self.node.command("org", "admit", self.peer.host)
        members = await asyncio.gather(*[self.node.member(username) for username in MEMBERS])
        self.tokens = {member.username: member.token for member in members}

    async def stop(self) -> None:
        """End both."""
        await asyncio.gather(self.node.stop(), self.peer.stop())

    @contextlib.asynccontextmanager
    async def person(self, username: str = "ada") -> AsyncIterator[Person]:
        """Act as one of our members."""
        person = Person(self.node, username, self.tokens[username])
        try:
            yield person
        finally:
            await person.close()

    def uri(self, person: Person) -> str:
        """Return a member's actor id."""
        return f"{self.node.url}/users/{person.username}"

    async def follower(self, name: str, person: Person) -> FedifyActor:
        """Return somebody new of the Fedify server who follows one of our members."""
        actor = await self.peer.settle(name)
        follow = await actor.do("follow", target=person.handle)
        await self.peer.gets(type="Accept", object=follow["activity"])
        return actor

    async def followed(self, name: str, person: Person, **more: Any) -> FedifyActor:
        """Return somebody new of the Fedify server whom one of our members follows."""
        actor = await self.peer.settle(name, **more)
        await follow(person, actor)
        return actor

    def follows(self, follower: str, target: str) -> bool | None:
        """Tell by their ids whether somebody follows at our node: True, False while asked, None for no."""
        found = rows(
            self.node,
            """SELECT accepted FROM follows
               JOIN accounts AS follower ON follower.id = follower_id JOIN accounts AS target ON target.id = target_id
               WHERE follower.uri = ? AND target.uri = ?""",
            follower,
            target,
        )
        return bool(found[0][0]) if found else None

    async def parted(self, follower: str, target: str) -> None:
        """Wait until somebody does not follow at our node any more, and does not ask to.

        Raises:
            Failed: they still do.
        """

        async def over() -> bool:
            return self.follows(follower, target) is None

        await until(f"{follower} does not follow {target}", over)


async def follow(person: Person, actor: FedifyActor) -> None:
    """Let one of ours follow somebody of a Fedify server, and wait until it is granted."""
    account = await account_of(person, actor)
    await person.call("POST", f"/accounts/{account['id']}/follow")

    async def granted() -> bool:
        answer = await person.call("POST", f"/accounts/{account['id']}/follow")
        return bool(answer["following"])

    await until(f"{person.username} follows {actor.name}", granted)


async def account_of(person: Person, actor: FedifyActor) -> Json:
    """Return somebody of a Fedify server as our node knows them, found by WebFinger the first time."""
    found: Json = await person.call("GET", "/accounts/lookup", acct=actor.handle)
    return found


async def arrives(person: Person, uri: str) -> Json:
    """Wait for a post in one's home stream; return it.

    Raises:
        Failed: it did not come in time.
    """

    async def come() -> Json | None:
        return await person.seen(uri, "home")

    found: Json = await until(f"{person.username} reads {uri}", come)
    return found


async def changes(person: Person, id: str, **wanted: Any) -> Json:
    """Wait until a status of ours or theirs has these fields; return it.

    Raises:
        Failed: it did not get them in time.
    """
    seen: Json = {}

    async def changed() -> bool:
        seen.update(await person.call("GET", f"/statuses/{id}"))
        return all(seen[name] == value for name, value in wanted.items())

    await until(f"status {id} has {wanted}", changed)
    return seen


async def edit_profile(person: Person, **fields: str) -> None:
    """Fill in the form where a member edits their profile."""
    # Cookies of bare addresses are kept by the unsafe jar only.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        for path, filled in (
            ("/sign-in", {"username": person.username, "password": PASSWORD}),
            ("/settings/profile", fields),
        ):
            url = person.node.url + path
            async with browser.get(url) as page:
                token = re.search(r'name="csrf" value="([^"]*)"', await page.text())
            assert token is not None, f"{path} has no form"
            async with browser.post(url, data={"csrf": token[1], **filled}, allow_redirects=False) as answer:
                assert answer.status == 303, await answer.text()
