"""Random organisations that share groups with partners: nothing crosses but by a bridge, and nothing outlives one.

The rules are told here a second time, from what people did alone. What somebody wrote before they were found to be
under age, and that they were met, stays where it went; of what they do afterwards nothing goes there.
"""

import random
import re
from pathlib import Path

import pytest

from moderation import minors
from node.domain.times import DAY_MS
from node.domain.visibility import Visibility
from node.limits import Limits
from node.store import accounts, relationships
from node.store import bridges as bridge_rows
from outbox import bridges
from tests.stories.partners import MOST_POSTS, Group, Link, Person, Work, Written, kin
from tests.stories.play import copies, play, wanted
from tests.village import House, village

_SEED = wanted("SEED", 20260714)
_STEPS = wanted("STEPS", 600)
_STORIES = 5
_PEOPLE = {"lyon": 3, "graz": 3, "acme": 3, "beta": 2}
_WORDS = re.compile(r"word\d+\.")
_YOUNG = ("lyon2", "graz2", "acme2")
_WITH_PSEUDONYM = ("lyon0", "acme1")
_A_WHILE_MS = Limits().key_refetch_seconds * 1000
"""After which a key that was asked for may be asked for again."""


class Story(Work):
    """What people do, what becomes of bridges, and the rules."""

    async def begin(self) -> None:
        """Some people live at each node, a few of them under age; of both organisations somebody has a pseudonym."""
        for house in self.town.houses.values():
            for place in range(_PEOPLE[house.name]):
                made = await house.member(f"{house.name}{place}")
                self.people.append(Person(made, house, made.username in _YOUNG))
                if made.username in _YOUNG:
                    await minors.set_minor(house.ctx, made.id, True, by=None)
        for person in [one for one in self.people if one.name in _WITH_PSEUDONYM]:
            await self.give_name(person)

    async def share(self) -> str:
        group = self.some([one for one in self.groups if one.link is None and one.owner and not one.owner.minor])
        if group is None:
            return ""
        lead = self.some([one for one in self.people if not kin(one.home, group.home) and not one.persona])
        parts = {one.home for one in group.members if kin(one.home, group.home)}
        ends_at = self.town.clock.now + self.chance.randint(2, 30) * DAY_MS
        owner, nameless = group.owner.account, self.chance.random() < 0.4
        made = await self.town.bridge(
            group.account, group.home, owner, lead.home, lead.account, ends_at=ends_at, pseudonyms=nameless
        )
        group.link = Link(made.id, made.uri, lead.home, lead, made.terms.ends_at, {group.home, *parts}, nameless)
        return f"{group.name} is shared with {lead.home.name}, for pseudonyms: {nameless}"

    async def pause(self) -> str:
        group = self.some([one for one in self.groups if one.link])
        if group is None or (group.active() and self.chance.random() < 0.6):
            return ""
        by, paused = group.owner or self.somebody_at(group.home), not group.link.paused
        await bridges.pause(group.home.ctx, by.account, group.link.id, paused=paused, admin=by is not group.owner)
        group.link.paused = paused
        return f"the bridge of {group.name} is paused: {paused}"

    async def end(self) -> str:
        group = self.some([one for one in self.groups if one.link])
        if group is None or self.chance.random() < 0.5:
            return ""
        house, by = self.chance.choice([(group.home, group.owner), (group.home, None), (group.link.partner, None)])
        by = by or (group.link.lead if house is group.link.partner else self.somebody_at(house))
        async with house.ctx.db.read() as tx:
            known = await bridge_rows.by_uri(tx, group.link.uri)
        await bridges.end(house.ctx, by.account, known.id, admin=by not in (group.owner, group.link.lead))
        self.parted(group)
        return f"{by.name} ends the bridge of {group.name}"

    async def lapse(self) -> str:
        ends = [one.link.ends_at for one in self.groups if one.link]
        if not ends or self.chance.random() < 0.5:
            return ""
        self.town.clock.now = min(ends)
        return "a last day comes"

    async def flag(self) -> str:
        writers = [one.author for one in self.posts if one.link and one.link.open]
        able = [one for one in [*self.people, *writers * 2] if not one.persona]
        person = self.some([one for one in able if all(one is not each.behind for each in self.people)])
        if person is None:
            return ""
        person.minor = not person.minor and self.chance.random() < 0.4
        await minors.set_minor(person.home.ctx, person.account.id, person.minor, by=None)
        return f"{person.name} is under age: {person.minor}"

    async def ask(self) -> str:
        shared = [one for one in self.posts if one.link and one.link.open]
        asker, about = self.some(self.people), self.some([*self.people, *self.groups * 2, *self.posts, *shared * 2])
        home = about.author.home if isinstance(about, Written) else about.home
        uri = about.uri if isinstance(about, Written) else about.account.uri
        if kin(asker.home, home):
            return ""
        async with asker.home.ctx.db.read() as tx:
            sign = await asker.home.ctx.keys.sign_as(tx, asker.account.id)
        wire, kind = asker.home.ctx.wire, "application/activity+json"
        status = (await wire.get(uri, accept=kind, sign=sign, max_bytes=1_000_000)).status
        assert status != 200 or self._may_ask(asker.home, about), f"{asker.name} got {uri}"
        return f"{asker.name} asks for {uri}: {status}"

    # What has to be true after every step.

    async def settle(self) -> None:
        for group in self.groups:
            if group.link and group.link.ends_at <= self.town.clock.now:
                self.parted(group)
            for person in [one for one in self.people if group.link and one.minor and one in group.members]:
                self.part(person, group)
            if group.link:
                group.link.parts |= {one.home for one in group.members if kin(one.home, group.home)}
            if group.active():
                meet = {one for one in group.members if group.link.lets_meet(one)}
                ours = {one for one in meet if kin(one.home, group.home)}
                group.link.met |= {(one, group.link.partner) for one in ours}
                group.link.met |= {(one, house) for one in meet - ours for house in group.link.parts}
        for post in self.posts:
            if post.link and post.link.active and not post.author.minor:
                post.crossed.add(post.words)  # whoever asks again finds it
        self.met |= {pair for group in self.groups if group.link for pair in group.link.met}
        await self.town.settle()

    async def check(self) -> None:
        self._check_letters()
        for group in self.groups:
            await self._check_members(group)
        for house in self.town.houses.values():
            await self._check_posts(house)
            await self._check_known(house)
        self.posts = [post for post in self.posts if not post.gone][-MOST_POSTS:]

    async def _check_members(self, group: Group) -> None:
        for person in self.people:
            for house in {group.home, person.home}:
                async with house.ctx.db.read() as tx:
                    there, here = [await accounts.by_uri(tx, one.account.uri) for one in (person, group)]
                    both = there is not None and here is not None
                    follow = await relationships.between(tx, follower_id=there.id, target_id=here.id) if both else None
                is_one, name = bool(follow and follow.accepted), person.name
                assert is_one is (person in group.members), f"{house.name}: {name} in {group.name}"

    async def _check_posts(self, house: House) -> None:
        people = sorted(self.all_at(house), key=self.people.index)
        held, seen = await copies(house, self.posts, people)
        for post in self.posts:
            here = held.get(post.uri)
            assert here is None or self._may_hold(house, post), f"{house.name} holds {post.uri}"
            if here is not None and not kin(house, post.author.home):
                told = f"{house.name} holds {here.content} of {post.uri}, not {post.crossed}"
                assert any(words in here.content for words in post.crossed), told
            for person in people:
                reads, may = (person, post.uri) in seen, self._may_read(person, post)
                assert may or not reads, f"{person.name} reads {post.uri}"
                assert reads or not may or person not in post.owed, f"{person.name} misses {post.uri}"

    async def _check_known(self, house: House) -> None:
        async with house.ctx.db.read() as tx:
            known = {row["uri"] for row in await tx.all("SELECT uri FROM accounts WHERE host <> ''")}
        met = {pair for group in self.groups if group.link for pair in group.link.met}
        for one in [one for one in (*self.people, *self.groups) if not kin(one.home, house)]:
            may = one.across(house) if isinstance(one, Group) else (one, house) in met
            assert may or one.account.uri not in known, f"{house.name} knows {one.name}"

    def _check_letters(self) -> None:
        """Nothing that one organisation says to another names anybody whom that one was never to know.

        But for those whom somebody names in words that cross: these are their own, and signed.
        """
        for who, whom, letter in self.town.letters:
            there, text = self.town.houses[whom], letter.decode()
            if kin(self.town.houses[who], there):
                continue
            known = {one for one, house in self.met if house is there}
            known = known.union(*(self.spoken[words] for words in _WORDS.findall(text)))
            for person in [one for one in self.people if not kin(one.home, there) and one not in known]:
                named = re.search(rf".{{,80}}{re.escape(person.account.uri)}\b.{{,80}}", text)
                assert not named, f"{there.name} is told of {person.name}: {named and named[0]}"
        self.town.letters.clear()

    def _reaches(self, house: House, post: Written) -> bool:
        """Whether a node is on the author's side, or on the other one of a bridge that the post has crossed."""
        if kin(house, post.author.home):
            return True
        return bool(post.link and post.link.open) and post.group.known_at(house)

    def _may_read(self, person: Person, post: Written) -> bool:
        if post.gone or not self._reaches(person.home, post):
            return False
        if post.visibility is Visibility.ORGANISATION and kin(person.home, post.author.home):
            return True
        if post.group is None:
            return person.home is post.author.home if post.visibility is Visibility.UNIT else person in post.named
        return person is post.author or (post.inside and person in post.group.members)

    def _may_hold(self, house: House, post: Written) -> bool:
        if post.gone or not self._reaches(house, post):
            return False
        if house is post.author.home or (post.visibility is Visibility.ORGANISATION and kin(house, post.author.home)):
            return True
        if post.group is None:
            return house in {one.home for one in post.named} and post.visibility is Visibility.DIRECT
        return house is post.group.home or house in {one.home for one in post.group.members}

    def _may_ask(self, house: House, about: Person | Group | Written) -> bool:
        """Whether a node of another organisation may read a document."""
        match about:
            case Group():
                return about.across(house)
            case Person():
                return not about.minor and any((about, house) in one.link.met for one in self.groups if one.active())
        let_in = about.inside or about.group.home is house
        return bool(about.link and about.link.active) and let_in and not about.author.minor and not about.gone


_ACTS = {
    Story.found: 4, Story.join: 14, Story.leave: 3, Story.remove: 2, Story.write: 18, Story.reply: 18, Story.edit: 7,
    Story.delete: 4, Story.take_out: 3, Story.react: 6, Story.share: 5, Story.pause: 4, Story.end: 2, Story.lapse: 1,
    Story.flag: 3, Story.ask: 10, Story.move: 2,
    Story.take_name: 4,
}  # fmt: skip


@pytest.mark.parametrize("number", range(_STORIES))
async def test_C03_L06_nothing_crosses_but_by_a_bridge_and_nothing_outlives_it(tmp_path: Path, number: int) -> None:
    async with village(tmp_path, "lyon", "graz", partners=("acme", "beta")) as town:
        story = Story(town, random.Random(_SEED + number))
        await story.begin()
        await play(story, _ACTS, seed=_SEED + number, steps=_STEPS // _STORIES, pace=_A_WHILE_MS)
