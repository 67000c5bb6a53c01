"""People of organisations that share groups, at work: what they do at random, and what has to follow from it.

Their nodes and bridges are a village's (`tests/village.py`); here is remembered what people did, told by nobody else.
"""

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, field

import pytest

from moderation import personas
from node.domain.groups import Charter, Joining, Readers
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.errors import Forbidden, Invalid
from outbox import groups, moves, posts, reactions
from tests.stories import play
from tests.stories.play import naming
from tests.village import House

MOST_POSTS = 16
_MOST_GROUPS = 4
_MOST_MOVES = 2
_MOST_PERSONAS = 4
_INSIDE = [Visibility.GROUP, Visibility.ORGANISATION]
_OUTSIDE = [Visibility.UNIT, Visibility.ORGANISATION, Visibility.DIRECT]


def kin(one: House, other: House) -> bool:
    """Whether two nodes are of one organisation."""
    return one is other or {one.name, other.name} == {"lyon", "graz"}


@dataclass(eq=False)
class Person(play.Person):
    """Somebody, who may be under age. gone: they go on under another account. behind: whose pseudonym this is."""

    minor: bool = False
    gone: bool = False
    behind: "Person | None" = None

    @property
    def persona(self) -> bool:
        return self.behind is not None


@dataclass(eq=False)
class Link:
    """A bridge. parts: the home side's nodes that ever took part. met: who may be known at which node across it.

    nameless: only pseudonyms are met across it, and only what they write crosses.
    """

    id: int
    uri: str
    partner: House
    lead: Person
    ends_at: int
    parts: set[House]
    nameless: bool = False
    open: bool = True
    paused: bool = False
    met: set[tuple[Person, House]] = field(default_factory=set)

    @property
    def active(self) -> bool:
        return self.open and not self.paused

    def lets_meet(self, person: Person) -> bool:
        return person.persona or not self.nameless


@dataclass(eq=False)
class Group(play.Group):
    """A group. owner: None when they had to leave. link: the bridge that is open."""

    owner: Person | None
    members: set[Person]
    link: Link | None = None

    def active(self) -> bool:
        return self.link is not None and self.link.active

    def across(self, house: House) -> bool:
        return self.link is not None and self.link.partner is house

    def known_at(self, house: House) -> bool:
        return kin(house, self.home) or self.across(house)


@dataclass(eq=False)
class Written(play.Written):
    """A post. named: who was, in the author's organisation. link: the bridge it was to cross when it was written.

    answers: whose post it answers. words: as it is at home; crossed: as others may have it.
    """

    _: KW_ONLY
    answers: Person | None
    link: Link | None
    words: str
    crossed: set[str]


@dataclass
class Work(play.Story):
    """What people do. met: who was ever to be known at which node of another organisation. spoken: words → of whom."""

    met: set[tuple[Person, House]] = field(default_factory=set)
    spoken: dict[str, set[Person]] = field(default_factory=dict)

    def some_writer(self) -> Person:
        return self.some([one for one in self.people if not one.gone])

    def some_post(self) -> Written | None:
        here = [one for one in self.posts if not one.gone]
        return self.some(self.chance.choice([here, [one for one in here if one.link and one.link.open] or here]))

    # What people do. Each returns what is told of it, '' when there was nothing to do.

    async def found(self) -> str:
        owner = self.some([one for one in self.people if not one.minor and not one.persona])
        if len(self.groups) >= _MOST_GROUPS or owner is None:
            return ""
        joining, readers = self.chance.choice([*Joining, Joining.OPEN, Joining.OPEN]), self.chance.choice(list(Readers))
        charter = Charter(name="G", joining=joining, readers=readers)
        made = await groups.found(owner.home.ctx, owner.account, f"g{len(self.groups)}", charter)
        self.groups.append(Group(made, owner.home, charter, owner, {owner}))
        return f"{owner.name} founds {made.username} {joining} {readers}"

    async def join(self) -> str:
        strangers = [(one, each) for one in self.groups for each in self.people if each not in one.members]
        able = [(one, each) for one, each in strangers if one.owner and one.known_at(each.home)]
        across = [(one, each) for one, each in able if one.across(each.home) and one.link.lets_meet(each)]
        if not able:
            return ""
        group, person = self.some(self.chance.choice([able, across or able]))
        kept_out = person.minor and group.link is not None
        waits = group.across(person.home) and group.link.paused
        named = group.across(person.home) and not group.link.lets_meet(person)
        try:
            await groups.join(person.home.ctx, person.account, (await person.home.account(group.account)).id)
        except Forbidden:
            shut = kept_out or waits or named or group.charter.joining is Joining.INVITATION
            assert shut, "somebody could not join"
            return f"{person.name} may not join {group.name}"
        assert not waits, "somebody joined over a bridge that is paused"
        assert not named, "somebody joined by name over a bridge for pseudonyms"
        assert not kept_out or not group.across(person.home), "somebody under age asked to join at a partner"
        await self.town.settle()
        if group.across(person.home):
            group.link.met |= {(person, house) for house in group.link.parts}
        elif group.link:
            group.link.parts.add(person.home)
        if kept_out or group.charter.joining is Joining.INVITATION:
            return f"{person.name} asks to join {group.name} in vain"
        yes = group.charter.joining is Joining.OPEN or self.chance.random() < 0.8
        if group.charter.joining is Joining.REQUEST:
            there = await group.home.account(person.account)
            await groups.answer(group.home.ctx, group.owner.account, group.account.id, there.id, accept=yes)
        group.members |= {person} if yes else set()
        return f"{person.name} asks to join {group.name}: {yes}"

    async def leave(self) -> str:
        group = self.some(self.groups)
        person = group and self._some_member(group)
        if person is None:
            return ""
        await groups.leave(person.home.ctx, person.account, (await person.home.account(group.account)).id)
        self.part(person, group)
        return f"{person.name} leaves {group.name}"

    async def remove(self) -> str:
        group = self.some([one for one in self.groups if one.owner])
        person = group and self._some_member(group)
        if person is None:
            return ""
        there = await group.home.account(person.account)
        await groups.remove(group.home.ctx, group.owner.account, group.account.id, there.id)
        self.part(person, group)
        return f"{group.name} removes {person.name}"

    async def write(self) -> str:
        person = self.some_writer()
        group = self.some([None, *self._groups_for(person)])
        choices = _INSIDE if group else _OUTSIDE
        named, words = self.chance.sample(self.people, 2), self.words()
        named = self._nameable(person, group, named)
        id = (await person.home.account(group.account)).id if group else None
        silent = group is not None and not self._takes(group, person)
        draft = Draft(naming(words, named), visibility=self.chance.choice(choices), group=id)
        few = draft.visibility is Visibility.DIRECT
        bars = few and self._barred(person, named)
        try:
            made = await posts.publish(person.home.ctx, person.account, draft)
        except Forbidden:
            assert group is None or person not in group.members or silent, "a member was kept from writing"
            assert group is not None or bars or (few and person.persona), "somebody was kept from writing to others"
            return f"{person.name} may not write in {group and group.name}"
        assert group is None or (person in group.members and not silent), "somebody wrote who may not"
        assert not (few and person.persona), "somebody whispered under a pseudonym"
        assert not (bars and any(kin(one.home, person.home) for one in bars)), "a minor wrote to another unit"
        self._remember(made, person, group, words, named)
        return f"{person.name} writes {made.uri} {made.visibility} in {group and group.name}"

    def _nameable(self, person: Person, group: Group | None, named: Iterable[Person]) -> list[Person]:
        """Whom somebody surely may name: in a shared group its members, as far as one's own node knows them."""
        if group is None or group.link is None:
            return list(named)
        return [one for one in named if one in group.members and one.home is person.home and group.link.lets_meet(one)]

    async def reply(self) -> str:
        person, post = self.some_writer(), self.some_post()
        if post is None or not await person.home.reads(person.account, post.uri):
            return ""
        here, words = await person.home.post(post.uri), self.words()
        wanted = self.chance.choice([Visibility.GROUP, Visibility.ORGANISATION, Visibility.DIRECT])
        try:
            made = await posts.publish(person.home.ctx, person.account, Draft(words, wanted, reply_to_id=here.id))
        except (Forbidden, Invalid):
            group = post.group
            may = group and person in group.members and self._takes(group, person)
            alone = not self._barred(person, [post.author]) and not person.persona
            able = alone if wanted is Visibility.DIRECT else may
            assert not able or wanted is Visibility.GROUP or here.group_id is None, "somebody could not answer"
            return ""
        self._remember(made, person, post.group if made.group_id else None, words, [post.author])
        return f"{person.name} answers {post.uri} with {made.uri} {made.visibility}"

    async def edit(self) -> str:
        young = [one for one in self.posts if one.author.minor and one.link and one.link.open and not one.gone]
        post = self.some(young) or self.some_post()
        if post is None or post.author.gone:
            return ""
        here, words, author = await post.author.home.post(post.uri), self.words(), post.author
        try:
            named = self._nameable(author, post.group, post.named)
            await posts.edit(author.home.ctx, author.account, here.id, Draft(naming(words, named)))
        except Forbidden:
            assert post.visibility is Visibility.DIRECT
            assert self._barred(author, [*post.named, post.answers or author]), "an author was kept from editing"
            return ""
        self.spoken[words] = self.spoken[post.words]
        post.words = words
        if post.visibility is Visibility.DIRECT:
            post.owed -= {one for one in post.named if one.minor and one.home is not author.home}
            post.named |= self._heard(author, [post.answers or author])  # who came of age hears of it now
        if post.link and post.link.active and post.inside and not post.author.minor:
            member = post.author in post.group.members
            post.crossed = {post.words} if member else post.crossed | {post.words}
        return f"{post.uri} is edited: {post.words}"

    async def delete(self) -> str:
        post = self.some_post()
        if post is None or (len(self.posts) < MOST_POSTS and self.chance.random() < 0.6):
            return ""
        here = await post.author.home.post(post.uri)
        await posts.delete(post.author.home.ctx, post.author.account, here.id)
        post.gone = True
        return f"{post.uri} is deleted"

    async def take_out(self) -> str:
        post = self.some([one for one in self.posts if one.group and one.group.owner and one.inside and not one.gone])
        here = post and await post.group.home.post(post.uri)
        if here is None:
            return ""
        group = post.group
        await groups.take_out(group.home.ctx, group.owner.account, group.account.id, here.id)
        post.inside = False
        return f"{group.name} takes {post.uri} out"

    async def react(self) -> str:
        person, post = self.some(self.people), self.some_post()
        if post is None or not await person.home.reads(person.account, post.uri):
            return ""
        here = await person.home.post(post.uri)
        if self.chance.random() < 0.5:
            await reactions.favourite(person.home.ctx, person.account, here.id)
            return f"{person.name} likes {post.uri}"
        try:
            await reactions.boost(person.home.ctx, person.account, here.id)
        except Forbidden:
            assert here.visibility in (Visibility.GROUP, Visibility.DIRECT)
            return ""
        assert kin(person.home, post.author.home), "something of a partner's was passed on"
        return f"{person.name} passes {post.uri} on"

    async def move(self) -> str:
        """Somebody goes on under another account of their organisation."""
        old, new = self.some_writer(), self.some_writer()
        if (
            old is new
            or old.persona
            or new.persona
            or not kin(old.home, new.home)
            or len([one for one in self.people if one.gone]) >= _MOST_MOVES
        ):
            return ""
        new.account = await moves.add_alias(new.home.ctx, new.account, old.name, old.home.host)
        old.account, old.gone = await moves.move(old.home.ctx, old.account, new.name, new.home.host), True
        return f"{old.name} goes on as {new.name}"

    async def take_name(self) -> str:
        """Somebody takes a pseudonym; nobody under age does."""
        person = self.some([one for one in self.people if all(one is not each.behind for each in self.people)])
        if person is None or len([one for one in self.people if one.persona]) >= _MOST_PERSONAS:
            return ""
        if person.minor or person.persona:
            with pytest.raises(Forbidden):
                await self.give_name(person)
            return f"{person.name} may not take a pseudonym"
        await self.give_name(person)
        return f"{person.name} takes a pseudonym"

    async def give_name(self, person: Person) -> None:
        made = await personas.make(person.home.ctx, person.account, username=f"otter{len(self.people)}", name="")
        self.people.append(Person(made, person.home, behind=person))

    def _groups_for(self, person: Person) -> list[Group]:
        """The groups that somebody may know of, those that they are in more often."""
        known = [one for one in self.groups if one.known_at(person.home)]
        return known + [one for one in known if person in one.members] * 8

    def _takes(self, group: Group, person: Person) -> bool:
        """Whether a group takes what its member writes: it is closed without an owner, and hears nobody in a pause."""
        return group.owner is not None and not (group.across(person.home) and group.link.paused)

    def _barred(self, person: Person, others: Iterable[Person]) -> list[Person]:
        """To whom of others somebody may not write for few: under age, to nobody of another unit."""
        return [one for one in others if person.minor and one.home is not person.home]

    def somebody_at(self, house: House) -> Person:
        return self.some([one for one in self.people if one.home is house and not one.persona])

    def _some_member(self, group: Group) -> Person | None:
        return self.some([one for one in self.people if one in group.members and one is not group.owner])

    def part(self, person: Person, group: Group) -> None:
        group.members.discard(person)
        group.owner = None if person is group.owner else group.owner
        lost = {person} if any(one.home is person.home for one in group.members) else self.all_at(person.home)
        for post in self.posts:
            if post.group is group:
                post.owed -= lost

    def parted(self, group: Group) -> None:
        group.link.open, partner = False, group.link.partner
        group.link = None
        for person in group.members & self.all_at(partner):
            self.part(person, group)

    def _remember(self, made, person: Person, group: Group | None, words: str, named: list[Person]) -> None:
        family = {one for one in self.people if kin(one.home, person.home)}
        link = group.link if group and group.active() and group.link.lets_meet(person) else None
        heard = self._heard(person, [*named, person])
        owed = {
            Visibility.UNIT: self.all_at(person.home),
            Visibility.ORGANISATION: family,
            Visibility.DIRECT: heard,
        }.get(made.visibility, set())
        self.spoken[words] = set(named)
        if group:
            owed = owed | {one for one in group.members if link or one in family}
        answers = named[0] if made.reply_to_uri else None
        post = Written(
            made.uri,
            person,
            made.visibility,
            group,
            heard,
            owed,
            answers=answers,
            link=link,
            words=words,
            crossed={words},
        )
        self.posts.append(post)

    def _heard(self, person: Person, named: list[Person]) -> set[Person]:
        """Whom of those that they name words for few come to: of the organisation, and nobody under age elsewhere."""
        return {one for one in named if kin(one.home, person.home) and (one.home is person.home or not one.minor)}
