"""A random organisation at work: after every step nobody reads, and no node holds, what the rules forbid.

The rules are told here a second time, as plainly as can be, from what people did alone. `ALLMENDE_STORY_SEED` plays
one story again, `ALLMENDE_STORY_STEPS` makes it longer.
"""

import os
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from node.domain.accounts import Account
from node.domain.groups import Charter, Joining, Posting, Readers, Role
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.errors import AllmendeError, Forbidden, Invalid, NotFound
from node.store import groups as group_rows
from node.store import relationships
from outbox import groups, posts, reactions
from tests.village import House, Village, village

_SEED = int(os.environ.get("ALLMENDE_STORY_SEED", "20260612"))
_STEPS = int(os.environ.get("ALLMENDE_STORY_STEPS", "2000"))
_STORIES = 8
_NODES = ("lyon", "graz", "turin", "ghent")
_MOST_POSTS = 12
_MOST_GROUPS = 4


@dataclass(eq=False)
class Person:
    """Somebody, and where they are at home."""

    account: Account
    home: House


@dataclass(eq=False)
class Group:
    """A group as its home knows it. members: who is one, with their roles."""

    account: Account
    home: House
    charter: Charter
    members: dict[Person, Role] = field(default_factory=dict)
    asked: set[Person] = field(default_factory=set)
    invited: set[Person] = field(default_factory=set)
    banned: set[Person] = field(default_factory=set)
    closed: bool = False

    def nodes(self) -> set[House]:
        return {person.home for person in self.members}


@dataclass(eq=False)
class Written:
    """A post. owed: who was to get it when it was written, and could read it ever since."""

    uri: str
    author: Person
    visibility: Visibility
    group: Group | None
    owed: set[Person]
    inside: bool = True
    gone: bool = False


@dataclass
class Story:
    """What happened so far."""

    town: Village
    chance: random.Random
    people: list[Person] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    posts: list[Written] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def some(self, found: list) -> object:
        return self.chance.choice(found) if found else None

    # What people do. Each returns what is told of it, '' when there was nothing to do.

    async def found(self) -> str:
        if len(self.groups) >= _MOST_GROUPS:
            return ""
        owner = self.chance.choice(self.people)
        charter = Charter(
            name="G",
            joining=self.chance.choice(list(Joining)),
            readers=self.chance.choice(list(Readers)),
            posting=self.chance.choice([Posting.MEMBERS, Posting.MEMBERS, Posting.MODERATORS]),
            listed=self.chance.random() < 0.7,
        )
        made = await groups.found(owner.home.ctx, owner.account, f"g{len(self.told)}", charter)
        self.groups.append(Group(made, owner.home, charter, {owner: Role.OWNER}))
        return f"{owner.account.username} founds {made.username} {charter.joining} {charter.readers}"

    async def join(self) -> str:
        person, group = self.some(self.people), self.some(self.groups)
        if group is None or person in group.members:
            return ""
        here = await person.home.account(group.account)
        refused = False
        try:
            await groups.join(person.home.ctx, person.account, here.id, answer="because")
        except Forbidden:
            refused = True
        wanted = person in group.invited or group.charter.joining is Joining.OPEN
        may_ask = group.charter.joining is Joining.REQUEST
        shut = person in group.banned or group.closed
        if person in group.asked:
            pass  # a second question changes nothing
        elif not shut and wanted:
            group.members[person] = Role.MEMBER
            group.invited.discard(person)
        elif not shut and may_ask:
            group.asked.add(person)
        else:
            assert refused or person.home is not group.home
        return f"{person.account.username} asks to join {group.account.username}"

    async def answer(self) -> str:
        group = self.some([one for one in self.groups if one.asked])
        if group is None:
            return ""
        person, yes = self.chance.choice(sorted(group.asked, key=lambda one: one.account.username)), True
        yes = self.chance.random() < 0.7
        officer = self._officer(group)
        there = await group.home.account(person.account)
        await groups.answer(group.home.ctx, officer.account, group.account.id, there.id, accept=yes)
        group.asked.discard(person)
        if yes:
            group.members[person] = Role.MEMBER
        return f"{group.account.username} answers {person.account.username}: {yes}"

    async def invite(self) -> str:
        person, group = self.some(self.people), self.some(self.groups)
        if group is None or person in group.members or person in group.asked:
            return ""
        there = await group.home.account(person.account)
        await groups.invite(group.home.ctx, self._officer(group).account, group.account.id, there.id)
        group.invited.add(person)
        group.banned.discard(person)
        return f"{group.account.username} invites {person.account.username}"

    async def leave(self) -> str:
        person, group = self.some(self.people), self.some(self.groups)
        if group is None or person not in group.members or group.members[person] is Role.OWNER:
            return ""
        here = await person.home.account(group.account)
        await groups.leave(person.home.ctx, person.account, here.id)
        self._part(person, group)
        return f"{person.account.username} leaves {group.account.username}"

    async def remove(self) -> str:
        person, group = self.some(self.people), self.some(self.groups)
        if group is None or group.members.get(person) is not Role.MEMBER:
            return ""
        there, for_good = await group.home.account(person.account), self.chance.random() < 0.5
        await groups.remove(group.home.ctx, self._officer(group).account, group.account.id, there.id, for_good=for_good)
        self._part(person, group)
        if for_good:
            group.banned.add(person)
        return f"{group.account.username} removes {person.account.username} {for_good}"

    async def lend(self) -> str:
        person, group = self.some(self.people), self.some(self.groups)
        if group is None or group.members.get(person) in (None, Role.OWNER):
            return ""
        role = self.chance.choice([Role.MEMBER, Role.MODERATOR, Role.ADMIN])
        there = await group.home.account(person.account)
        owner = next(one for one, held in group.members.items() if held is Role.OWNER)
        await groups.lend(group.home.ctx, owner.account, group.account.id, there.id, role)
        group.members[person] = role
        return f"{person.account.username} is {role} of {group.account.username}"

    async def close(self) -> str:
        group = self.some(self.groups)
        if group is None or self.chance.random() < 0.5:
            return ""
        owner = next(one for one, held in group.members.items() if held is Role.OWNER)
        group.closed = not group.closed
        await groups.archive(group.home.ctx, owner.account, group.account.id, closed=group.closed)
        return f"{group.account.username} closed: {group.closed}"

    async def write(self) -> str:
        person, group = self.some(self.people), self.some([None, *self.groups, *self.groups])
        visibility = self.chance.choice([Visibility.UNIT, Visibility.ORGANISATION])
        id = None
        if group is not None:
            visibility = self.chance.choice([Visibility.GROUP, Visibility.ORGANISATION])
            id = (await person.home.account(group.account)).id
        names = "".join(f" @{one.account.username}@{one.home.host}" for one in self.chance.sample(self.people, 2))
        role = group.members.get(person) if group else None
        try:
            made = await posts.publish(
                person.home.ctx, person.account, Draft(f"words{names}", visibility=visibility, group=id)
            )
        except Forbidden:
            assert group is not None
            strict = group.charter.posting is Posting.MODERATORS and role is Role.MEMBER
            assert role is None or group.closed or strict, "a member was kept from writing"
            return f"{person.account.username} may not write in {group.account.username}"
        if group is not None:
            assert role is not None, "somebody wrote in a group who is no member"
        self._remember(made, person, group)
        return f"{person.account.username} writes {made.uri} {made.visibility}"

    async def reply(self) -> str:
        person, post = self.some(self.people), self.some([one for one in self.posts if not one.gone])
        if post is None or not await person.home.reads(person.account, post.uri):
            return ""
        here = await person.home.post(post.uri)
        wanted = self.chance.choice([Visibility.GROUP, Visibility.ORGANISATION])
        try:
            made = await posts.publish(
                person.home.ctx, person.account, Draft("answer", visibility=wanted, reply_to_id=here.id)
            )
        except Forbidden:
            assert post.group is not None
            return ""
        except Invalid:
            assert wanted is Visibility.GROUP
            assert here.group_id is None
            return ""
        group = post.group if made.group_id is not None else None
        assert made.visibility is not Visibility.ORGANISATION or post.visibility is Visibility.ORGANISATION
        self._remember(made, person, group)
        return f"{person.account.username} answers {post.uri} with {made.uri} {made.visibility}"

    async def edit(self) -> str:
        post = self.some([one for one in self.posts if not one.gone])
        if post is None:
            return ""
        here = await post.author.home.post(post.uri)
        await posts.edit(post.author.home.ctx, post.author.account, here.id, Draft("other words"))
        return f"{post.uri} is edited"

    async def delete(self) -> str:
        post = self.some([one for one in self.posts if not one.gone])
        if post is None or (len(self.posts) < _MOST_POSTS and self.chance.random() < 0.6):
            return ""
        here = await post.author.home.post(post.uri)
        await posts.delete(post.author.home.ctx, post.author.account, here.id)
        post.gone = True
        return f"{post.uri} is deleted"

    async def take_out(self) -> str:
        post = self.some([one for one in self.posts if one.group and one.inside and not one.gone])
        if post is None or self.chance.random() < 0.5:
            return ""
        officer = self._officer(post.group, anywhere=True)
        here, group = await officer.home.post(post.uri), await officer.home.account(post.group.account)
        if here is None:
            return ""
        try:
            await groups.take_out(officer.home.ctx, officer.account, group.id, here.id)
        except (Forbidden, NotFound):
            assert officer.home is not post.group.home
            return ""
        post.inside = False
        return f"{officer.account.username} takes {post.uri} out"

    async def boost(self) -> str:
        person, post = self.some(self.people), self.some([one for one in self.posts if not one.gone])
        if post is None or not await person.home.reads(person.account, post.uri):
            return ""
        here = await person.home.post(post.uri)
        try:
            await reactions.boost(person.home.ctx, person.account, here.id)
        except Forbidden:
            assert post.visibility is Visibility.GROUP
            return ""
        assert post.visibility is not Visibility.GROUP
        return f"{person.account.username} passes {post.uri} on"

    def _officer(self, group: Group, *, anywhere: bool = False) -> Person:
        able = [
            person
            for person, role in group.members.items()
            if role is not Role.MEMBER and (anywhere or person.home is group.home)
        ]
        return self.chance.choice(able)

    def _part(self, person: Person, group: Group) -> None:
        del group.members[person]
        for post in self.posts:
            if post.group is group and post.visibility is Visibility.GROUP:
                post.owed.discard(person)
                if person.home not in group.nodes():
                    post.owed -= {one for one in post.owed if one.home is person.home}

    def _remember(self, made, person: Person, group: Group | None) -> None:
        match made.visibility:
            case Visibility.UNIT:
                owed = {one for one in self.people if one.home is person.home}
            case Visibility.ORGANISATION:
                owed = set(self.people)
            case _:
                owed = set(group.members)
        self.posts.append(Written(made.uri, person, made.visibility, group, owed))

    # What has to be true after every step.

    async def check(self) -> None:
        for group in self.groups:
            await self._check_members(group)
        for post in self.posts:
            for house in self.town.houses.values():
                held = await house.post(post.uri) is not None
                assert not held or self._may_hold(house, post), f"{house.name} holds {post.uri}"
            for person in self.people:
                reads = await person.home.reads(person.account, post.uri)
                assert not reads or self._may_read(person, post), f"{person.account.username} reads {post.uri}"
                due = person in post.owed and self._may_read(person, post)
                assert reads or not due, f"{person.account.username} does not read {post.uri}"
        self.posts = [post for post in self.posts if not post.gone][-_MOST_POSTS * 2 :]

    async def _check_members(self, group: Group) -> None:
        async with group.home.ctx.db.read() as tx:
            for person in self.people:
                known = await group.home.account(person.account)
                standing = await group_rows.standing(tx, group.account.id, known.id, now=self.town.clock.now)
                assert standing.role == group.members.get(person), (group.account.username, person.account.username)
        for person in self.people:
            here = await person.home.account(group.account)
            async with person.home.ctx.db.read() as tx:
                follow = await relationships.between(tx, follower_id=person.account.id, target_id=here.id)
            assert bool(follow and follow.accepted) is (person in group.members), "a node is mistaken about a member"

    def _may_read(self, person: Person, post: Written) -> bool:
        if post.gone:
            return False
        match post.visibility:
            case Visibility.UNIT:
                return person.home is post.author.home
            case Visibility.ORGANISATION:
                return True
            case _:
                return person is post.author or (post.inside and person in post.group.members)

    def _may_hold(self, house: House, post: Written) -> bool:
        if post.gone:
            return False
        match post.visibility:
            case Visibility.UNIT:
                return house is post.author.home
            case Visibility.ORGANISATION:
                return True
            case _:
                return house in {post.author.home, post.group.home, *post.group.nodes()}


_ACTS = {
    Story.found: 3, Story.join: 12, Story.answer: 8, Story.invite: 4, Story.leave: 4, Story.remove: 2, Story.lend: 3,
    Story.close: 1, Story.write: 14, Story.reply: 10, Story.edit: 4, Story.delete: 5, Story.take_out: 3, Story.boost: 3,
}  # fmt: skip


@pytest.mark.parametrize("number", range(_STORIES))
async def test_C09_nobody_reads_and_no_node_holds_what_the_rules_forbid(tmp_path: Path, number: int) -> None:
    async with village(tmp_path, *_NODES) as town:
        story = Story(town, random.Random(_SEED + number))
        for house in town.houses.values():
            for place in range(2):
                account = await house.member(f"{house.name}{place}")
                story.people.append(Person(account, house))
        try:
            for _ in range(_STEPS // _STORIES):
                act = story.chance.choices(list(_ACTS), weights=list(_ACTS.values()))[0]
                said = await act(story)
                if said:
                    story.told.append(said)
                    await town.settle()
                    await story.check()
        except (AssertionError, AllmendeError) as error:
            last = "\n".join(story.told[-25:])
            raise AssertionError(f"seed {_SEED + number}, after {len(story.told)} steps: {error}\n{last}") from error
