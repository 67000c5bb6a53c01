"""Random stories: who is in one, how it is played step by step, and how it is told when it went wrong.

What people do and which rules follow from it is each story's own; here stands what they share. `ALLMENDE_STORY_SEED`
plays one story again, `ALLMENDE_STORY_STEPS` makes it longer.
"""

import os
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import pytest

from node.domain.accounts import Account
from node.domain.groups import Charter
from node.domain.posts import Post
from node.domain.visibility import Visibility
from node.errors import AllmendeError
from node.store import posts as post_rows
from tests.village import House, Village

_TOLD = 25


def wanted(what: str, usual: int) -> int:
    """Return the SEED or the STEPS of a story, as the environment or else the story itself has it."""
    return int(os.environ.get(f"ALLMENDE_STORY_{what}", usual))


@dataclass(eq=False)
class Person:
    """Somebody, and where they are at home."""

    account: Account
    home: House

    @property
    def name(self) -> str:
        return self.account.username


@dataclass(eq=False)
class Group:
    """A group as its home knows it."""

    account: Account
    home: House
    charter: Charter

    @property
    def name(self) -> str:
        return self.account.username


@dataclass(eq=False)
class Written:
    """A post. owed: who was to get it when it was written, and could read it ever since. named: whom it names."""

    uri: str
    author: Any
    visibility: Visibility
    group: Any
    named: set[Any]
    owed: set[Any]
    _: KW_ONLY
    inside: bool = True
    gone: bool = False


@dataclass
class Story:
    """What happened so far. told: in words, a line for each step."""

    town: Village
    chance: random.Random
    people: list[Any] = field(default_factory=list)
    groups: list[Any] = field(default_factory=list)
    posts: list[Any] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    count: int = 0

    def some(self, found: Sequence[Any]) -> Any:
        """Return one of these at random, None of none. Never ask it about a set: no seed tells in which order it is."""
        return self.chance.choice(found) if found else None

    def words(self) -> str:
        """Return words that nobody wrote before."""
        self.count += 1
        return f"word{self.count}."

    def all_at(self, house: House) -> set[Any]:
        return {one for one in self.people if one.home is house}

    async def settle(self) -> None:
        """Let the nodes do what follows from a step."""
        await self.town.settle()

    async def check(self) -> None:
        """Check what has to be true after every step."""
        raise NotImplementedError


def naming(words: str, people: Iterable[Person]) -> str:
    """Return words that name people."""
    return " ".join([words, *sorted(f"@{one.name}@{one.home.host}" for one in people)])


async def copies(house: House, posts: Sequence[Written], people: Iterable[Any]) -> tuple[dict[str, Post], set[Any]]:
    """Return which of the posts a node holds, by uri, and the pairs (person, uri) of who there may read which."""
    async with house.ctx.db.read() as tx:
        held = await post_rows.by_uris(tx, [post.uri for post in posts])
        ids = {one.id: uri for uri, one in held.items()}
        seen = {one: await post_rows.visible_ids(tx, ids, viewer_id=one.account.id) for one in people}
    return held, {(one, ids[id]) for one, found in seen.items() for id in found}


Act = Callable[[Any], Awaitable[str]]


async def play(story: Story, acts: Mapping[Act, int], *, seed: int, steps: int, pace: int = 0) -> None:
    """Let so many things happen, and check after each; what went wrong is told with its seed and what led there.

    acts: what may happen → how often; each returns what is told of it, '' when there was nothing to do, which is no
    step. pace: how much time passes between two steps, in ms.
    """
    choices, weights = list(acts), list(acts.values())
    try:
        for _ in range(steps):
            story.town.clock.now += pace
            while not (said := await story.chance.choices(choices, weights=weights)[0](story)):
                pass
            story.told.append(said)
            await story.settle()
            await story.check()
    except (AssertionError, AllmendeError, pytest.fail.Exception) as error:
        last = "\n".join(story.told[-_TOLD:])
        raise AssertionError(f"seed {seed}, after {len(story.told)} steps: {error}\n{last}") from error
