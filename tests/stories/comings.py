"""Who comes to an organisation and goes: guests for a time, pseudonyms, people who change the unit.

Each act returns what is told of it, '' when there was nothing to do.
"""

from dataclasses import dataclass

import pytest

from moderation import guests, members, minors, personas
from node.domain.accounts import Role
from node.domain.guests import Terms
from node.domain.times import DAY_MS
from node.errors import Forbidden, Invalid, NotFound
from node.store import accounts
from outbox import moves
from tests.stories.colleagues import Colleagues, Group, Person, Stay
from tests.stories.group_life import GroupLife
from tests.stories.writing import apart

PASSWORD = "correct horse battery"
_MOST_GUESTS = 3
_MOST_PERSONAS = 2
_MOST_MOVES = 3
_HOUR_MS = 3_600_000


@dataclass
class Guests(GroupLife):
    async def bring(self) -> str:
        """A guest comes, for one group or two."""
        sponsor = self.some([one for one in self.here if one.member])
        named = self._some_groups()
        if len([one for one in self.people if one.guest]) >= _MOST_GUESTS or not named:
            return ""
        stay = Stay(sponsor, self.town.clock.now + self.chance.randint(1, 20) * DAY_MS, set(named))
        name, terms = f"guest{len(self.people)}", await self._terms(sponsor, stay, named)
        made = await members.add(sponsor.home.ctx, username=name, password=PASSWORD, guest=terms)
        person = Person(made, sponsor.home, stay=stay)
        self.people.append(person)
        self._enter(person, named)
        return f"{sponsor.name} brings {name} into {[one.name for one in named]}"

    async def name_groups(self) -> str:
        """An administrator gives a guest other groups and another last day; whoever was out comes back."""
        person, named = self.some([one for one in self.people if one.guest]), self._some_groups()
        if person is None:
            return ""
        if self.chance.random() < 0.5:
            named = [one for one in self.groups if one in person.stay.groups]
        stay = Stay(person.stay.sponsor, self.town.clock.now + self.chance.randint(1, 20) * DAY_MS, set(named))
        terms = await self._terms(person, stay, named)
        await guests.change_terms(person.home.ctx, person.account.id, terms, by=None)
        for group in [one for one in self.groups if one in person.stay.groups - stay.groups]:
            self.part(person, group)
        person.stay = stay
        self._enter(person, named)
        await self._look_up(person)
        return f"{person.name} is a guest of {[one.name for one in named]}"

    async def shorten(self) -> str:
        """Who brought a guest lets them go earlier, and not later."""
        person = self.some([one for one in self.here if one.guest])
        if person is None or person.stay.until < self.town.clock.now + 2 * DAY_MS:
            return ""
        ctx, id, sponsor = person.home.ctx, person.account.id, person.stay.sponsor
        with pytest.raises(Forbidden):
            await guests.shorten(ctx, id, person.stay.until + _HOUR_MS, by=sponsor.account)
        person.stay.until -= DAY_MS
        await guests.shorten(ctx, id, person.stay.until, by=sponsor.account)
        return f"{sponsor.name} lets {person.name} go a day earlier"

    async def dismiss(self) -> str:
        """A guest's time ends by somebody's word."""
        person = self.some([one for one in self.here if one.guest])
        if person is None or self.chance.random() < 0.5:
            return ""
        await guests.end(person.home.ctx, person.account.id, by=person.stay.sponsor.account)
        self._let_go(person)
        await self._look_up(person)
        return f"{person.name} is no guest any more"

    async def lapse(self) -> str:
        """Days go by, until the last one of somebody: by the clock alone they are out, whatever the loop does."""
        due = self.some([one for one in self.here if one.guest])
        if due is None or self.chance.random() < 0.5:
            return ""
        # Some while later: others who came at the same time are out by then as well, and not a moment after.
        self.town.clock.now = max(due.stay.until, self.town.clock.now) + self.chance.randrange(1, 3_600) * 1_000
        over = [one for one in self.here if one.stay is not None and one.stay.until <= self.town.clock.now]
        for person in over:
            self._let_go(person)
            await self.check_door(person)
            await guests.end_due(person.home.ctx)
            await self._look_up(person)
        return f"it is over for {[one.name for one in over]}"

    async def check_door(self, person: Person) -> None:
        """Check that somebody may sign in as long as they may, and no longer."""
        async with person.home.ctx.db.read() as tx:
            account = await accounts.by_id(tx, person.account.id)
            lets_in = await guests.is_here(tx, account, now=self.town.clock.now)
        assert lets_in is not person.out, f"{person.name} may sign in: {lets_in}"

    def _some_groups(self) -> list[Group]:
        return self.chance.sample(self.groups, min(len(self.groups), self.chance.randint(1, 2)))

    async def _terms(self, at: Person, stay: Stay, named: list[Group]) -> Terms:
        ids = [(await at.home.account(group.account)).id for group in named]
        return Terms(stay.sponsor.account.id, stay.until, tuple(ids))

    def _enter(self, guest: Person, named: list[Group]) -> None:
        """Let a guest join what is named, but where one comes in by invitation: there it waits for the guest."""
        for group in named:
            if guest not in {*group.members, *group.asked} and group.charter.joining != "invitation":
                self.enter(group, guest)

    def _let_go(self, guest: Person) -> None:
        guest.stay.over = True
        for group in self.groups:
            self.part(guest, group)

    async def _look_up(self, person: Person) -> None:
        person.account = await person.home.account(person.account)


@dataclass
class Moves(Colleagues):
    async def move(self) -> str:
        """Somebody goes on under another account, here or at another node, and who follows them goes along."""
        known = [one for one in self.here if any(one in guest.follows for guest in self.here if guest.guest)]
        old, new = self.some([*self.here, *known * 3]), self.some(self.here)
        if old.persona or new.persona:
            with pytest.raises((Forbidden, NotFound)):
                await moves.add_alias(new.home.ctx, new.account, old.name, old.home.host)
            return f"{new.name} may not be {old.name}, too"
        if old is new or (old.gone_to is None and len([one for one in self.people if one.gone_to]) >= _MOST_MOVES):
            return ""
        followers = [one for one in self.people if old in one.follows and one is not new]
        unsure = any(self.meets(one, new) is not self.meets(one, new, surely=True) for one in followers)
        if unsure or any(apart(one, new) for one in [old, *followers]):
            return ""
        if self.chance.random() < 0.8:
            new.account = await moves.add_alias(new.home.ctx, new.account, old.name, old.home.host)
            new.gone_to = None if new.gone_to is old else new.gone_to
        lately = old.moved_at is not None and self.town.clock.now - old.moved_at < moves.PAUSE_MS
        if lately or new.gone_to is not None or old.account.uri not in new.account.also_known_as:
            with pytest.raises(Invalid):
                await moves.move(old.home.ctx, old.account, new.name, new.home.host)
            return f"{old.name} may not go on as {new.name}"
        old.account = await moves.move(old.home.ctx, old.account, new.name, new.home.host)
        old.gone_to, old.moved_at = new, self.town.clock.now
        for one in followers:
            if not one.out and (new in one.follows or self.meets(one, new)):
                one.follows = one.follows - {old} | {new}
        return f"{old.name} goes on as {new.name}"


@dataclass
class Personas(Colleagues):
    async def take_name(self) -> str:
        """Somebody takes a pseudonym."""
        person = self.somebody()
        has = any(one.behind is person for one in self.people)
        if has or len([one for one in self.people if one.persona]) >= _MOST_PERSONAS:
            return ""
        name = f"otter{len(self.people)}"
        if not person.member or person.minor:
            with pytest.raises(Forbidden):
                await personas.make(person.home.ctx, person.account, username=name, name="")
            return f"{person.name} may not take a pseudonym"
        made = await personas.make(person.home.ctx, person.account, username=name, name="")
        self.people.append(Person(made, person.home, behind=person))
        return f"{person.name} writes as {name}, too"

    async def flag(self) -> str:
        """Somebody is found to be under age, or comes of age; who has a pseudonym is left alone."""
        person = self.some(
            [one for one in self.here if one.member and all(one is not each.behind for each in self.people)]
        )
        if person is None:
            return ""
        person.minor = not person.minor and self.chance.random() < 0.5
        await minors.set_minor(person.home.ctx, person.account.id, person.minor, by=None)
        return f"{person.name} is under age: {person.minor}"


@dataclass
class Comings(Guests, Moves, Personas):
    async def begin(self) -> None:
        """Two people live at each node, the first of whom looks after it."""
        for house in self.town.houses.values():
            for place, role in enumerate([Role.ADMIN, Role.MEMBER]):
                made = await house.member(f"{house.name}{place}", role=role)
                self.people.append(Person(made, house, admin=role is Role.ADMIN))
