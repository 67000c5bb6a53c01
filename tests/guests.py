"""Guests for tests, and a node that has one: what is said in their groups holds `seen...`, all the rest `canary...`."""

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moderation import members
from node.domain.accounts import Account, Profile, Role
from node.domain.groups import Charter, Joining, Readers
from node.domain.guests import Terms
from node.domain.pages import Masthead
from node.domain.viewer import Viewer
from outbox import groups, profiles, unit_pages
from tests.clients import SCOPES, Client, House, house

PASSWORD = "correct horse battery"
DAY_MS = 86_400_000


async def guest(
    home: House, username: str, sponsor: Account, *named: Account, lasting: int = 30 * DAY_MS, **more: Any
) -> Client:
    """Return the client of a new guest of these groups; `lasting`: for so many milliseconds."""
    terms = Terms(sponsor.id, home.ctx.clock() + lasting, tuple(group.id for group in named))
    account = await members.add(home.ctx, username=username, password=PASSWORD, guest=terms, **more)
    return await home.client(account)


async def group(home: House, by: Client, username: str, **more: Any) -> Account:
    """Found a group."""
    charter = {"name": username, "summary": "", "joining": Joining.OPEN} | more
    return await groups.found(home.ctx, by.account, username, Charter(**charter))


@dataclass
class Scene:
    """A node with Greta, who is a guest of the dyers and of the fair, and those whom she meets, or does not.

    ids: of everything there is, by kind.
    """

    home: House
    people: dict[str, Client] = field(default_factory=dict)
    groups: dict[str, Account] = field(default_factory=dict)
    posts: dict[str, str] = field(default_factory=dict)

    @property
    def greta(self) -> Client:
        return self.people["greta"]

    async def post(self, word: str, by: str, **more: Any) -> None:
        """Write a post whose text is one word, with a hashtag."""
        made = await self.people[by].write(f"{word} #tag{word} {more.pop('to', '')}", **more)
        self.posts[word] = made["id"]

    @property
    def ids(self) -> list[str]:
        """The ids of all posts, people and groups."""
        found = [*(str(one.account.id) for one in self.people.values()), *(str(one.id) for one in self.groups.values())]
        return [*self.posts.values(), *found]

    def paths(self, start: tuple[str, ...], *, but: tuple[str, ...] = ()) -> list[str]:
        """Return every address that can be asked, with every id and name in its places."""
        words = ["carla", "ada", "dyers", "works", "canteen", "tagseenpost"]
        found = []
        for rule in self.home.app.url_map.iter_rules():
            if "GET" not in rule.methods or not rule.rule.startswith(start) or rule.rule.startswith(but):
                continue
            paths = [rule.rule]
            for place in re.finditer(r"<(?:(\w+)(?:\(([^)]*)\))?:)?\w+>", rule.rule):
                values = words if place[1] is None else self.ids
                if place[1] == "any":
                    values = re.findall(r"[\w-]+", place[2])
                paths = [path.replace(place[0], value, 1) for path in paths for value in values]
            found += paths
        return sorted(set(found))


@contextlib.asynccontextmanager
async def scene(folder: Path, *, database: str = "") -> AsyncIterator[Scene]:
    """Open the node: Ada brought Greta; Ben is with her in both groups, Fay administers; Carla is nobody's business."""
    async with house(folder, database=database) as home:
        here = Scene(home)
        for name in ("ada", "ben", "carla", "fay"):
            here.people[name] = await home.member(name, role=Role.ADMIN if name == "fay" else Role.MEMBER)
            word = "canary" if name == "carla" else "seen"
            told = Profile(name=f"{word}{name}", discoverable=True, indexable=True, hides_follows=False)
            await profiles.edit(home.ctx, here.people[name].account, told)
        ada, ben, carla = (here.people[name] for name in ("ada", "ben", "carla"))
        here.groups["dyers"] = await group(home, ben, "dyers", name="seendyers")
        here.groups["fair"] = await group(home, ben, "fair", name="seenfair", readers=Readers.ORGANISATION)
        here.groups["works"] = await group(home, carla, "works", name="canaryworks")
        page = await unit_pages.found(
            home.ctx, Viewer(here.people["fay"].account, Role.ADMIN), "canteen", Masthead(name="canarycanteen"),
            editors=("carla",), followed_by_all=True,
        )  # fmt: skip
        here.groups["canteen"] = page
        await groups.join(home.ctx, ada.account, here.groups["works"].id)
        here.people["greta"] = await guest(home, "greta", ada.account, here.groups["dyers"], here.groups["fair"])
        await ada.post(f"/api/v1/accounts/{carla.account.id}/follow")
        await carla.post(f"/api/v1/accounts/{ada.account.id}/follow")
        await carla.post(f"/api/v1/accounts/{here.greta.account.id}/follow")
        for word, visibility in (("unit", "unlisted"), ("organisation", "public"), ("followers", "private")):
            await here.post(f"canary{word}", "carla", visibility=visibility)
            await here.post(f"canary{word}ben", "ben", visibility=visibility)
        await here.post("canarynaming", "ben", to="@greta", visibility="unlisted")
        await here.post("canarydirect", "ben", to="@carla", visibility="direct")
        await here.post("canarygroup", "carla", group_id=str(here.groups["works"].id))
        await here.post("seenpost", "ben", group_id=str(here.groups["dyers"].id))
        await here.post("seenanswer", "greta", in_reply_to_id=here.posts["seenpost"])
        await here.post("seenwide", "ben", group_id=str(here.groups["fair"].id), visibility="public")
        await here.post("seendirect", "ben", to="@greta", visibility="direct")
        await here.post("seenmessage", "greta", to="@ada", visibility="direct")
        wide = here.posts["seenwide"]
        for path in ("favourite", "reblog"):
            assert (await carla.post(f"/api/v1/statuses/{wide}/{path}")).status == 200
        assert (await carla.write("canaryreply", in_reply_to_id=wide, visibility="unlisted"))["id"]
        yield here


__all__ = ["DAY_MS", "PASSWORD", "SCOPES", "Scene", "group", "guest", "scene"]
