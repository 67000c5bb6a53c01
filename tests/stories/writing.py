"""What people of an organisation write, answer, change, delete and pass on, and whom they follow.

Each act returns what is told of it, '' when there was nothing to do.
"""

from dataclasses import dataclass

import pytest

from node.domain.posts import Draft, Post
from node.domain.visibility import Visibility
from node.errors import Forbidden, Invalid, NotFound
from outbox import posts, reactions, relationships
from tests.stories.colleagues import Colleagues, Group, Person, Written
from tests.stories.play import naming

FEW_POSTS = 12
_INSIDE = [Visibility.GROUP, Visibility.ORGANISATION]
_OUTSIDE = [Visibility.UNIT, Visibility.ORGANISATION, Visibility.FOLLOWERS, Visibility.DIRECT]
_NOT_FOR_GUESTS = (*_OUTSIDE[:3], Visibility.PUBLIC)
_NOT_FOR_PERSONAS = _OUTSIDE[2:]


def apart(one: Person, other: Person) -> bool:
    """Whether two are to have nothing to do with each other: who has a pseudonym takes care not to meet it."""
    return one.behind is other or other.behind is one


@dataclass
class Writing(Colleagues):
    async def write(self) -> str:
        person = self.somebody()
        theirs = [one for one in self.groups if person in one.members]
        group = self.some([None, self.some(self.groups), *[self.some(theirs) for _ in range(3)]])
        wish = self.some(_INSIDE if group else _OUTSIDE)
        near = [one for one in self.people if one.home is person.home and one is not person]
        named = {one for one in (self.some(self.people), self.some(near)) if not apart(one, person)}
        id = (await person.home.account(group.account)).id if group else None
        audience = self.audience_in(wish, group)
        may, must = (self._may_write(person, audience, group, named, surely=surely) for surely in (False, True))
        draft = Draft(naming(self.words(), named), visibility=wish, group=id)
        try:
            made = await posts.publish(person.home.ctx, person.account, draft)
        except Forbidden:
            assert not must, f"{person.name} was kept from writing for {audience}"
            return f"{person.name} may not write for {audience} in {group and group.name}"
        assert may, f"{person.name} wrote for {audience}"
        assert made.visibility is audience, f"it is for {made.visibility}, not {audience}"
        self._remember(made, person, group, named)
        return f"{person.name} writes {made.uri} for {audience} in {group and group.name}"

    async def reply(self) -> str:
        person, post = self.somebody(), self.some(self.open_posts)
        here = post and await self._read(person, post)
        if here is None or apart(person, post.author):
            return ""
        wish, group = self.some([*_INSIDE, *_OUTSIDE[2:]]), post.group if here.group_id is not None else None
        audience = self.audience_of_answer(person, wish, post, group)
        inside, named = group if audience in _INSIDE else None, {post.author} - {person}
        homeless = audience is Visibility.GROUP and group is None
        may, must = (
            not homeless and self._may_write(person, audience, inside, named, surely=surely, answers=post.author)
            for surely in (False, True)
        )
        draft = Draft(self.words(), visibility=wish, reply_to_id=here.id)
        try:
            made = await posts.publish(person.home.ctx, person.account, draft)
        except (Forbidden, Invalid):
            assert not must, f"{person.name} could not answer {post.uri} for {audience}"
            return f"{person.name} may not answer {post.uri} for {audience}"
        assert may, f"{person.name} answered {post.uri} for {audience}"
        assert made.visibility is audience, f"it is for {made.visibility}, not {audience}"
        self._remember(made, person, inside, named, parent=post)
        return f"{person.name} answers {post.uri} with {made.uri} for {audience}"

    async def edit(self) -> str:
        post = self.some([one for one in self.open_posts if not one.author.out])
        if post is None:
            return ""
        author, here = post.author, await post.author.home.post(post.uri)
        left_out = self.some([None, None, *[one for one in self.people if one in post.named]])
        kept = post.named - {left_out}
        draft, audience = Draft(naming(self.words(), kept)), post.visibility
        named = kept | ({post.answers} - {None, author})
        may, must = (
            author.gone_to is None and self._may_speak(author, audience, named, post.answers, surely=surely)
            for surely in (False, True)
        )
        try:
            await posts.edit(author.home.ctx, author.account, here.id, draft)
        except Forbidden:
            assert not must, f"{author.name} was kept from editing"
            return f"{author.name} may not edit {post.uri}"
        assert may, f"{author.name} edited {post.uri}"
        post.spoken = self.spoken_to(author, named, post.answers)
        post.named = self.heard_by(author, post.spoken)
        if audience is Visibility.DIRECT:
            post.owed &= {author, *self.spoken_to(author, post.named, post.answers, surely=True)}
        return f"{post.uri} is edited" + (f", and names {left_out.name} no more" if left_out else "")

    async def delete(self) -> str:
        post = self.some([one for one in self.open_posts if not one.author.out])
        if post is None or (len(self.posts) < FEW_POSTS and self.chance.random() < 0.6):
            return ""
        here = await post.author.home.post(post.uri)
        await posts.delete(post.author.home.ctx, post.author.account, here.id)
        post.gone = True
        return f"{post.uri} is deleted"

    async def boost(self) -> str:
        person, post = self.somebody(), self.some(self.open_posts)
        here = post and await self._read(person, post)
        if here is None or apart(person, post.author):
            return ""
        own = post.visibility is Visibility.FOLLOWERS and person is post.author
        may = not person.guest and (own or post.visibility in (Visibility.UNIT, Visibility.ORGANISATION))
        try:
            await reactions.boost(person.home.ctx, person.account, here.id)
        except Forbidden:
            assert not may, f"{person.name} could not pass {post.uri} on"
            return f"{person.name} may not pass {post.uri} on"
        assert may, f"{person.name} passed {post.uri} on, which is for {post.visibility}"
        return f"{person.name} passes {post.uri} on"

    async def follow(self) -> str:
        person, other = self.somebody(), self.somebody()
        if person is other or other in person.follows or apart(person, other):
            return ""
        there = await person.home.account(other.account)
        if not self.meets(person, other):
            with pytest.raises(NotFound):
                await relationships.follow(person.home.ctx, person.account, there.id)
            return f"{person.name} may not follow {other.name}"
        try:
            await relationships.follow(person.home.ctx, person.account, there.id)
        except NotFound:
            assert not self.meets(person, other, surely=True), f"{person.name} could not follow {other.name}"
            return ""
        person.follows.add(other)
        return f"{person.name} follows {other.name}"

    async def unfollow(self) -> str:
        person = self.somebody()
        other = self.some([one for one in self.people if one in person.follows])
        if other is None or not self.meets(person, other, surely=True):
            return ""
        there = await person.home.account(other.account)
        await relationships.unfollow(person.home.ctx, person.account, there.id)
        person.follows.discard(other)
        return f"{person.name} follows {other.name} no more"

    async def _read(self, person: Person, post: Written) -> Post | None:
        """Return a post as somebody's node has it, None when they do not read it."""
        return await person.home.post(post.uri) if await person.home.reads(person.account, post.uri) else None

    def _may_write(
        self,
        person: Person,
        audience: Visibility,
        group: Group | None,
        named: set[Person],
        *,
        surely: bool,
        answers: Person | None = None,
    ) -> bool:
        if person.gone_to is not None:
            return False
        if group is not None and not self.may_write_in(group, person, answer=answers is not None):
            return False
        if (person.guest and audience in _NOT_FOR_GUESTS) or (person.persona and audience in _NOT_FOR_PERSONAS):
            return False
        return self._may_speak(person, audience, named, answers, surely=surely)

    def _may_speak(
        self, person: Person, audience: Visibility, named: set[Person], answers: Person | None, *, surely: bool
    ) -> bool:
        """Whether somebody may write to those whom their words name: `surely`, to all whom they may name."""
        spoken_to = self.spoken_to(person, named, answers, surely=not surely)
        if audience is Visibility.FOLLOWERS:
            gone = {one for one in self.people if one.out and (one.home is person.home or not surely)}
            return self.may_name_for_few(person, spoken_to - gone - {person})
        return audience is not Visibility.DIRECT or self.may_write_alone(person, spoken_to, surely=surely)

    def _remember(
        self, made: Post, person: Person, group: Group | None, named: set[Person], *, parent: Written | None = None
    ) -> None:
        answers = parent.author if parent is not None else None
        known = self.spoken_to(person, named, answers)
        heard = self.heard_by(person, known)
        sure = heard & self.spoken_to(person, named, answers, surely=True)
        owed = self.reaches(person, made.visibility, group, sure)
        came_to = {person.home, *(one.home for one in known)}
        self.posts.append(
            Written(made.uri, person, made.visibility, group, heard, owed, parent=parent, came_to=came_to, spoken=known)
        )
        if group is not None:
            group.authors.add(person)
