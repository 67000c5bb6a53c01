"""People of one organisation, guests and pseudonyms among them: what each of them may know and read.

The rules are told here as plainly as can be, and ask nothing of the program's own. What a guest knows of people in a
group of another node depends on what has come from there: such a rule has an answer for what may be, and one for what
must be (`surely`).
"""

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, field

from node.domain.groups import Joining, Posting, Readers, Role
from node.domain.visibility import Visibility
from tests.stories import play
from tests.village import House

WIDE = (Visibility.UNIT, Visibility.ORGANISATION)


@dataclass(eq=False)
class Stay:
    """On what terms somebody is a guest. over: nobody lets them in any more."""

    sponsor: "Person"
    until: int
    groups: set["Group"]
    over: bool = False


@dataclass(eq=False)
class Person(play.Person):
    """Somebody. stay: as a guest. behind: whose pseudonym this is. gone_to: as whom they go on, since moved_at (ms)."""

    _: KW_ONLY
    admin: bool = False
    minor: bool = False
    stay: Stay | None = None
    behind: "Person | None" = None
    follows: set["Person"] = field(default_factory=set)
    gone_to: "Person | None" = None
    moved_at: int | None = None

    @property
    def guest(self) -> bool:
        return self.stay is not None

    @property
    def persona(self) -> bool:
        return self.behind is not None

    @property
    def member(self) -> bool:
        return not self.guest and not self.persona

    @property
    def out(self) -> bool:
        return self.stay is not None and self.stay.over


@dataclass(eq=False)
class Group(play.Group):
    """A group. members: who is one, with their roles. authors: who ever wrote in it."""

    members: dict[Person, Role] = field(default_factory=dict)
    asked: set[Person] = field(default_factory=set)
    invited: set[Person] = field(default_factory=set)
    banned: set[Person] = field(default_factory=set)
    authors: set[Person] = field(default_factory=set)
    closed: bool = False

    @property
    def nodes(self) -> set[House]:
        return {person.home for person in self.members}

    @property
    def owner(self) -> Person:
        return next(one for one, role in self.members.items() if role is Role.OWNER)


@dataclass(eq=False)
class Written(play.Written):
    """A post. parent: what it answers. came_to: the nodes that may have got it for somebody there.

    spoken: whom its words name now, those among them who do not hear it: their own node alone knows why.
    """

    _: KW_ONLY
    parent: "Written | None"
    came_to: set[House]
    spoken: set[Person]

    @property
    def answers(self) -> Person | None:
        """Whose post it answers; nobody's, once that is deleted."""
        return self.parent.author if self.parent is not None and not self.parent.gone else None


@dataclass
class Colleagues(play.Story):
    """What people of an organisation know of each other."""

    @property
    def here(self) -> list[Person]:
        """Who may act: everybody but the guests whose time is over."""
        return [one for one in self.people if not one.out]

    def somebody(self) -> Person:
        """Return somebody who may act, those more often who are rare."""
        return self.some([*self.here, *[one for one in self.here if not one.member] * 2])

    @property
    def open_posts(self) -> list[Written]:
        return [one for one in self.posts if not one.gone]

    # Groups

    def takes_in(self, group: Group, person: Person) -> Joining | None:
        """How a group takes in somebody who asks: OPEN is at once, REQUEST by its people's word, None not at all."""
        unnamed = person.stay is not None and group not in person.stay.groups
        nameless = person.persona and bool(group.charter.real_names)
        if person in group.banned or group.closed or unnamed or nameless:
            return None
        stranger = person.guest and person.home is not group.home
        if person in group.invited or (group.charter.joining is Joining.OPEN and not stranger):
            return Joining.OPEN
        return None if group.charter.joining is Joining.INVITATION else Joining.REQUEST

    def may_write_in(self, group: Group, person: Person, *, answer: bool) -> bool:
        role, posting = group.members.get(person), group.charter.posting
        if role is None or group.closed or (person.persona and group.charter.real_names):
            return False
        return answer or posting is Posting.MEMBERS or role is not Role.MEMBER

    def part(self, person: Person, group: Group) -> None:
        """Somebody is in a group no more, if they were; with the last of a node it loses what was for members."""
        group.asked.discard(person)
        if group.members.pop(person, None) is None:
            return
        lost = {person} if person.home in group.nodes else self.all_at(person.home)
        for post in [one for one in self.posts if one.group is group]:
            post.owed -= lost if post.visibility is Visibility.GROUP else {one for one in lost if one.guest}

    # What somebody may know

    def may_know_group(self, person: Person, group: Group) -> bool:
        if person.stay is not None:
            return group in person.stay.groups
        return group.charter.listed is not False or person in {*group.members, *group.asked, *group.invited}

    def meets(self, person: Person, other: Person, *, surely: bool = False) -> bool:
        """Whether somebody may know of another: guests know who is in their groups, brought them, or administers."""
        if person.stay is None or other in (person, person.stay.sponsor):
            return True
        if other.admin and other.home is person.home:
            return True
        return any(
            self._meets_in(group, person, other, surely=surely)
            for group in person.stay.groups
            if person in group.members
        )

    def _meets_in(self, group: Group, guest: Person, other: Person, *, surely: bool) -> bool:
        """Of a group of another node its own tells who is in it; of others there one knows by what they write."""
        if guest.home in (group.home, other.home):
            return other in group.members
        if not surely:
            return other in group.authors
        theirs = [one for one in self.open_posts if one.group is group and one.author is other and guest in one.owed]
        return any(self.may_read(guest, one) for one in theirs)

    def may_write_alone(self, person: Person, others: Iterable[Person], *, surely: bool = False) -> bool:
        """Whether somebody may write to these and nobody else: a guest meets all whom they have to do with.

        Who is under age writes to nobody of another unit.
        """
        # Who is out is known to nobody here; another node may know them still.
        gone = {one for one in self.people if one.out and (one.home is person.home or not surely)}
        named = set(others) - gone - {person}
        if not self.may_name_for_few(person, named):
            return False
        young = {one for one in {person, *named} if one.minor and one.home is person.home}
        if any(one.guest and one.home is person.home and young - {one} for one in {person, *named}):
            return False
        guests = {one for one in named if one.guest and one.home is person.home}
        return all(self.meets(person, one, surely=surely) for one in named) and all(
            self.meets(guest, one, surely=surely) for guest in guests for one in {person, *named}
        )

    def may_name_for_few(self, person: Person, named: Iterable[Person]) -> bool:
        """Whether somebody may name these where few others read it: who is under age names no outsiders there."""
        return not person.minor or not any(one.home is not person.home or one.guest for one in named)

    def spoken_to(
        self, person: Person, named: set[Person], answers: Person | None, *, surely: bool = False
    ) -> set[Person]:
        """Whom somebody's words name: with a guest, the names of those whom they do not meet are nothing but words."""
        return {one for one in named if one is answers or self.meets(person, one, surely=surely)}

    def heard_by(self, person: Person, named: set[Person]) -> set[Person]:
        """Whom of those that words for few name they come to: nobody who is out, or under age at another unit."""
        return {one for one in named if not one.out and (one.home is person.home or not one.minor)}

    # Posts

    def reaches(self, person: Person, visibility: Visibility, group: Group | None, named: set[Person]) -> set[Person]:
        """Whom a post of this person's is for, of those who are here now."""
        match visibility:
            case Visibility.UNIT:
                found = {one for one in self.all_at(person.home) if not one.guest}
            case Visibility.ORGANISATION:
                members = set(group.members) if group else set()
                found = {one for one in self.people if not one.guest or one in members}
            case Visibility.GROUP:
                found = set(group.members) if group else set()
            case Visibility.FOLLOWERS:
                found = {one for one in self.people if person in one.follows and not one.guest} | named
            case _:
                found = set(named)
        return {one for one in found | {person} if not one.out}

    def may_read(self, person: Person, post: Written, *, surely: bool = False) -> bool:
        if post.gone or (post.author.out and person.home is post.author.home):
            return False
        if person is post.author:
            return True
        inside = post.group is not None and post.inside and person in post.group.members
        match post.visibility:
            case Visibility.GROUP:
                return inside
            case Visibility.ORGANISATION:
                return inside or not person.guest
            case Visibility.UNIT:
                return person.home is post.author.home and not person.guest
            case Visibility.FOLLOWERS if not person.guest and post.author in person.follows:
                return True
            case _:
                return person in post.named and self.meets(person, post.author, surely=surely)

    def may_hold(self, house: House, post: Written) -> bool:
        if post.gone:
            return False
        if house is post.author.home or post.visibility is Visibility.ORGANISATION:
            return True
        if post.visibility is Visibility.GROUP:
            return house is post.group.home or (post.inside and house in post.group.nodes)
        meant = {one.home for one in post.spoken}
        if post.visibility is Visibility.FOLLOWERS:
            meant |= self.follower_nodes(post.author)
        return post.visibility is not Visibility.UNIT and house in post.came_to & meant

    def follower_nodes(self, person: Person) -> set[House]:
        return {one.home for one in self.people if person in one.follows}

    def audience_of_answer(self, person: Person, wish: Visibility, post: Written, group: Group | None) -> Visibility:
        """For whom an answer is: never for more than what it answers; what a guest says stays among who meets them."""
        if Visibility.DIRECT in (wish, post.visibility):
            return Visibility.DIRECT
        if post.visibility in (Visibility.GROUP, Visibility.UNIT):
            found = post.visibility
        elif wish is Visibility.GROUP or post.visibility is Visibility.ORGANISATION:
            found = wish
        else:
            found = post.visibility
        return self.audience_in(Visibility.GROUP if person.guest else found, group)

    def audience_in(self, wish: Visibility, group: Group | None) -> Visibility:
        """For whom is what stands in a group: its members, or the organisation, where the group is for that."""
        if group is None or wish not in (Visibility.GROUP, Visibility.ORGANISATION):
            return wish
        return wish if group.charter.readers is Readers.ORGANISATION else Visibility.GROUP
