"""Two running nodes with people in them, for journeys: processes of their own that speak real HTTP."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from moderation import members
from node.app import close_context
from node.domain import uris
from node.domain.accounts import Profile, Role
from node.fleet import PASSWORD, Node, Person
from outbox import profiles
from tests.benchmarks.setting import opened
from tests.nodes import organisation

_OFTEN = "1000000"
_UNHURRIED = {
    f"ALLMENDE_LIMITS_{name}": _OFTEN
    for name in ("REQUESTS_PER_ADDRESS", "REQUESTS_PER_MEMBER", "LOGINS_PER_ADDRESS", "LOGINS_PER_ACCOUNT")
}
_LYON = ("anna", "mo", "lea", "wim", "gina")
_GRAZ = ("gus", "carla", "dan", "hans")
_LYON_EACH = ("rosa", "pia")
_GRAZ_EACH = ("tom",)
_ROLES = {"anna": Role.ADMIN, "mo": Role.MODERATOR, "gus": Role.MODERATOR}
_OLD_POSTS = 25


@dataclass
class World:
    """Lyon and Graz. For each of `ways` an invitation to Lyon, and a Rosa, a Pia and a Tom, as `rosa_keys`.

    Dan has written what Rosa finds: old posts, a poll, one with a warning, one with a hashtag.
    """

    lyon: Node
    graz: Node
    ways: tuple[str, ...]
    invitations: dict[str, str] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict, repr=False)

    async def fill(self) -> None:
        """Let people in, and let Dan write."""
        await self._people(self.lyon, (*_LYON, *[f"{name}_{way}" for name in _LYON_EACH for way in self.ways]))
        await self._people(self.graz, (*_GRAZ, *[f"{name}_{way}" for name in _GRAZ_EACH for way in self.ways]))
        dan = Person(self.graz, "dan", self._tokens["dan"])
        readers = [Person(self.lyon, name, self._tokens[name]) for name in (f"rosa_{way}" for way in self.ways)]
        try:
            await asyncio.gather(*[reader.follow(dan) for reader in readers])
            for number in range(_OLD_POSTS):
                await dan.post(f"Log entry {number} of the mill.")
            await dan.post("Which colour for the gate?", poll={"options": ["Green", "Blue"], "expires_in": 86_400})
            await dan.post("The gardener did it.", spoiler_text="How the film ends")
            await dan.post("The weld stands high this year. #dyeplants")
        finally:
            await asyncio.gather(*[one.close() for one in (dan, *readers)])

    async def _people(self, node: Node, usernames: tuple[str, ...]) -> None:
        ctx = await opened(node)
        try:
            for username in usernames:
                name, role = username.replace("_", " ").title(), _ROLES.get(username, Role.MEMBER)
                account = await members.add(ctx, username=username, password=PASSWORD, name=name, role=role)
                self._tokens[username] = await members.issue_token(ctx, account, name="test")
                if username == "carla":
                    await profiles.edit(ctx, account, Profile(position="Designer", wall_open=True))
            if node is self.lyon:
                for way in self.ways:
                    self.invitations[way] = uris.invitation(node.url, await members.invite(ctx, by=None))
        finally:
            await close_context(ctx)


@contextmanager
def world(folder: Path, *ways: str) -> Iterator[World]:
    """Run it. The processes belong to a loop that rests while tests without one run."""
    running = organisation(folder, ("lyon", "graz"), environ=_UNHURRIED)
    with asyncio.Runner() as runner:
        found = World(*runner.run(running.__aenter__()).nodes, ways)
        try:
            runner.run(found.fill())
            yield found
        finally:
            runner.run(running.__aexit__(None, None, None))
