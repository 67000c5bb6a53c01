"""A random organisation at work: after every step nobody reads, and no node holds, what the rules forbid.

Whoever should have something has it. People write, answer, edit and follow; groups of all kinds are founded, joined,
left and closed; guests come for a time; some take a pseudonym, and some change the unit.
"""

import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from node.domain.visibility import Visibility
from node.store import people as people_rows
from tests.rows import rows_of
from tests.stories.colleagues import Person
from tests.stories.comings import Comings
from tests.stories.play import copies, play, wanted
from tests.stories.writing import FEW_POSTS, Writing
from tests.village import House, village

_SEED = wanted("SEED", 20260612)
_STEPS = wanted("STEPS", 2000)
_STORIES = 5
_NODES = ("lyon", "graz", "turin", "ghent")


@dataclass
class Story(Writing, Comings):
    """What people do, and what has to be true after every step."""

    async def settle(self) -> None:
        for post in self.posts:
            if post.visibility is Visibility.FOLLOWERS:  # whoever follows may ask for it
                post.came_to |= self.follower_nodes(post.author)
        await super().settle()

    async def check(self) -> None:
        for house in self.town.houses.values():
            await self._check_ties(house)
            await self._check_posts(house)
        for guest in [one for one in self.people if one.guest]:
            await self.check_door(guest)
        for person in [one for one in self.here if one.guest] + [self.some(self.here)]:
            await self._check_known(person)
        self.posts = self.open_posts[-FEW_POSTS * 2 :]

    async def _check_ties(self, house: House) -> None:
        """Who is in which group with which role, as its home has it; and whom people of this node follow."""
        async with house.ctx.db.read() as tx:
            follows = await tx.all(
                """SELECT a.uri AS who, b.uri AS whom FROM follows f JOIN accounts a ON a.id = f.follower_id
                     JOIN accounts b ON b.id = f.target_id WHERE f.accepted = 1"""
            )
            roles = await tx.all(
                """SELECT g.uri AS "group", a.uri AS who, r.role FROM group_roles r
                     JOIN accounts g ON g.id = r.group_id JOIN accounts a ON a.id = r.account_id WHERE g.host = ''"""
            )
        known = {(row["who"], row["whom"]) for row in follows}
        for group in self.groups:
            for person in self.people:
                if house in (group.home, person.home):
                    is_one = (person.account.uri, group.account.uri) in known
                    told = f"{house.name}: {person.name} is in {group.name}: {is_one}"
                    assert is_one is (person in group.members), told
        said = {(row["group"], row["who"]): row["role"] for row in roles}
        told = {
            (group.account.uri, person.account.uri): role.value
            for group in self.groups
            for person, role in group.members.items()
            if group.home is house and role != "member"
        }
        assert said == told, "somebody has another role"
        for person in self.people:
            for other in self.people:
                if house in (person.home, other.home):
                    follows_them = (person.account.uri, other.account.uri) in known
                    told = f"{house.name}: {person.name} follows {other.name}: {follows_them}"
                    assert follows_them is (other in person.follows), told

    async def _check_posts(self, house: House) -> None:
        people = [one for one in self.here if one.home is house]
        held, seen = await copies(house, self.posts, people)
        for post in self.posts:
            assert post.uri not in held or self.may_hold(house, post), f"{house.name} holds {post.uri}"
            for person in people:
                reads = (person, post.uri) in seen
                assert not reads or self.may_read(person, post), f"{person.name} reads {post.uri}"
                due = person in post.owed and self.may_read(person, post, surely=True)
                assert reads or not due, f"{person.name} does not read {post.uri}"
            post.owed = {one for one in post.owed if self.may_read(one, post)}

    async def _check_known(self, person: Person) -> None:
        """Of whom somebody knows, as far as their node does."""
        uris = {one.account.uri: one for one in [*self.people, *self.groups]}
        async with person.home.ctx.db.read() as tx:
            rows = await tx.all("SELECT id, uri FROM accounts WHERE uri IN (:uris)", uris=list(uris))
            ids = {row["id"]: uris[row["uri"]] for row in rows}
            hidden = await people_rows.hidden(tx, list(ids), viewer_id=person.account.id)
        for id, other in ids.items():
            if isinstance(other, Person):
                may, must = self.meets(person, other), self.meets(person, other, surely=True)
            else:
                may, must = self.may_know_group(person, other), person in other.members
            assert may or id in hidden, f"{person.name} knows of {other.name}"
            assert id not in hidden or not must, f"{person.name} does not know of {other.name}"

    async def check_unlinked(self) -> None:
        """No row of any node names a pseudonym beside whose it is: these two have had nothing to do with each other."""
        for house in self.town.houses.values():
            async with house.ctx.db.read() as tx:
                rows = [(table, {str(value) for value in row}) for table, row in await rows_of(tx)]
                ids = {row["uri"]: row["id"] for row in await tx.all("SELECT id, uri FROM accounts")}
            for persona in [one for one in self.people if one.behind]:
                one, other = (
                    {uri, str(ids.get(uri, uri))} for uri in (persona.account.uri, persona.behind.account.uri)
                )
                linked = {table for table, values in rows if values & one and values & other}
                assert not linked, f"{house.name}: {linked} tell whose {persona.name} is"


_ACTS = {
    Story.found: 3, Story.join: 10, Story.answer: 8, Story.invite: 4, Story.leave: 4, Story.remove: 2, Story.lend: 3,
    Story.close: 1, Story.write: 18, Story.reply: 14, Story.edit: 5, Story.delete: 5, Story.take_out: 3, Story.boost: 3,
    Story.follow: 6, Story.unfollow: 2, Story.bring: 5, Story.name_groups: 2, Story.shorten: 1, Story.dismiss: 1,
    Story.lapse: 1, Story.move: 2, Story.take_name: 2, Story.flag: 2,
}  # fmt: skip


@pytest.mark.parametrize("number", range(_STORIES))
async def test_C09_nobody_reads_and_no_node_holds_what_the_rules_forbid(tmp_path: Path, number: int) -> None:
    async with village(tmp_path, *_NODES) as town:
        story = Story(town, random.Random(_SEED + number))
        await story.begin()
        await play(story, _ACTS, seed=_SEED + number, steps=_STEPS // _STORIES)
        await story.check_unlinked()
