"""What people of an organisation do with their groups: found, join, invite, leave, remove, lend roles, close.

Each act returns what is told of it, '' when there was nothing to do.
"""

from dataclasses import dataclass

import pytest

from node.domain.groups import Charter, Joining, Posting, Readers, Role
from node.errors import Forbidden, NotFound
from outbox import groups
from tests.stories.colleagues import Colleagues, Group, Person

_MOST_GROUPS = 4


@dataclass
class GroupLife(Colleagues):
    async def found(self) -> str:
        if len(self.groups) >= _MOST_GROUPS:
            return ""
        person = self.somebody()
        charter = Charter(
            name="G",
            joining=self.some(list(Joining)),
            readers=self.some(list(Readers)),
            posting=self.some([Posting.MEMBERS, Posting.MEMBERS, Posting.MODERATORS]),
            listed=self.chance.random() < 0.7,
            real_names="We sign contracts." if self.chance.random() < 0.2 else None,
        )
        if not person.member:
            with pytest.raises(Forbidden):
                await groups.found(person.home.ctx, person.account, f"g{len(self.told)}", charter)
            return f"{person.name} may found no group"
        made = await groups.found(person.home.ctx, person.account, f"g{len(self.told)}", charter)
        self.groups.append(Group(made, person.home, charter, {person: Role.OWNER}))
        return f"{person.name} founds {made.username} {charter.joining} {charter.readers} {charter.real_names}"

    async def join(self) -> str:
        person = self.somebody()
        able = [one for one in self.groups if self.takes_in(one, person) and person not in one.members]
        group = self.some([*self.groups, *able * 3])
        if group is None or person in group.members:
            return ""
        here, way = await person.home.account(group.account), self.takes_in(group, person)
        refused = False
        try:
            await groups.join(person.home.ctx, person.account, here.id, answer="because")
        except (Forbidden, NotFound):
            refused = True
        if person in group.asked:
            assert not refused, "somebody who waits for an answer was refused"
        else:
            assert refused or way or person.home is not group.home, "a group took in somebody whom it does not"
            assert not (refused and way), "somebody could not join"
            self.enter(group, person)
        return f"{person.name} asks to join {group.name}: {way}"

    def enter(self, group: Group, person: Person) -> None:
        """Let somebody be in a group, or ask to be, who has asked."""
        match self.takes_in(group, person):
            case Joining.OPEN:
                group.members[person] = Role.MEMBER
                group.invited.discard(person)
            case Joining.REQUEST:
                group.asked.add(person)

    async def answer(self) -> str:
        group = self.some([one for one in self.groups if one.asked])
        if group is None:
            return ""
        person, yes = self.some([one for one in self.people if one in group.asked]), self.chance.random() < 0.7
        there = await group.home.account(person.account)
        await groups.answer(group.home.ctx, self._officer(group).account, group.account.id, there.id, accept=yes)
        group.asked.discard(person)
        if yes:
            group.members[person] = Role.MEMBER
        return f"{group.name} answers {person.name}: {yes}"

    async def invite(self) -> str:
        person, group = self.somebody(), self.some(self.groups)
        if group is None or person in group.members or person in group.asked:
            return ""
        there, officer = await group.home.account(person.account), self._officer(group)
        if person.stay is not None and person.home is group.home and group not in person.stay.groups:
            with pytest.raises(Forbidden):
                await groups.invite(group.home.ctx, officer.account, group.account.id, there.id)
            return f"{group.name} may not invite {person.name}"
        await groups.invite(group.home.ctx, officer.account, group.account.id, there.id)
        group.invited.add(person)
        group.banned.discard(person)
        return f"{group.name} invites {person.name}"

    async def leave(self) -> str:
        person, group = self.somebody(), self.some(self.groups)
        if group is None or person not in {*group.members, *group.asked} or person is group.owner:
            return ""
        await groups.leave(person.home.ctx, person.account, (await person.home.account(group.account)).id)
        self.part(person, group)
        return f"{person.name} leaves {group.name}"

    async def remove(self) -> str:
        person, group = self.somebody(), self.some(self.groups)
        if group is None or group.members.get(person) is not Role.MEMBER:
            return ""
        there, for_good = await group.home.account(person.account), self.chance.random() < 0.5
        await groups.remove(group.home.ctx, self._officer(group).account, group.account.id, there.id, for_good=for_good)
        self.part(person, group)
        if for_good:
            group.banned.add(person)
        return f"{group.name} removes {person.name} {for_good}"

    async def lend(self) -> str:
        person, group = self.somebody(), self.some(self.groups)
        if group is None or group.members.get(person) in (None, Role.OWNER):
            return ""
        role = self.some([Role.MEMBER, Role.MODERATOR, Role.ADMIN])
        there = await group.home.account(person.account)
        ctx, owner = group.home.ctx, group.owner.account
        if not person.member and role is not Role.MEMBER:
            with pytest.raises(Forbidden):
                await groups.lend(ctx, owner, group.account.id, there.id, role)
            return f"{person.name} may not look after {group.name}"
        await groups.lend(ctx, owner, group.account.id, there.id, role)
        group.members[person] = role
        return f"{person.name} is {role} of {group.name}"

    async def close(self) -> str:
        group = self.some([one for one in self.groups if one.closed] or self.groups)
        if group is None or (not group.closed and self.chance.random() < 0.7):
            return ""
        group.closed = not group.closed
        await groups.archive(group.home.ctx, group.owner.account, group.account.id, closed=group.closed)
        return f"{group.name} closed: {group.closed}"

    async def take_out(self) -> str:
        post = self.some([one for one in self.open_posts if one.group and one.inside])
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
        return f"{officer.name} takes {post.uri} out"

    def _officer(self, group: Group, *, anywhere: bool = False) -> Person:
        able = [one for one, role in group.members.items() if role is not Role.MEMBER]
        return self.some([one for one in able if anywhere or one.home is group.home])
