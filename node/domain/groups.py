"""Groups: whom they take in, who reads them, and what each role may do."""

from dataclasses import dataclass
from enum import StrEnum
from re import compile as pattern

from node.domain.accounts import Account
from node.domain.people import folded
from node.errors import Forbidden, Invalid


class Joining(StrEnum):
    """How somebody becomes a member."""

    OPEN = "open"
    REQUEST = "request"
    INVITATION = "invitation"


class Readers(StrEnum):
    """Who may read what is written in a group, unless its author wants members only."""

    MEMBERS = "members"
    ORGANISATION = "organisation"


class Posting(StrEnum):
    """Who begins a conversation in a group; every member answers."""

    MEMBERS = "members"
    MODERATORS = "moderators"


class Role(StrEnum):
    """What a member of a group may do there."""

    MEMBER = "member"
    MODERATOR = "moderator"
    ADMIN = "admin"
    OWNER = "owner"


LENT = (Role.MODERATOR, Role.ADMIN)
"""Roles that are given, for good or until a date; a group is handed over instead of getting a second owner."""

_RANK = {Role.MEMBER: 0, Role.MODERATOR: 1, Role.ADMIN: 2, Role.OWNER: 3}


class Act(StrEnum):
    """What only some members of a group may do."""

    MODERATE = "moderate"
    """Take posts out, pin them, answer requests, remove members."""
    INVITE = "invite"
    ADMINISTER = "administer"
    """Change what the group is, and lend roles below one's own."""
    OWN = "own"
    """Hand the group over, archive it, delete it."""


_NEEDS = {Act.MODERATE: Role.MODERATOR, Act.INVITE: Role.MODERATOR, Act.ADMINISTER: Role.ADMIN, Act.OWN: Role.OWNER}


def may(role: Role | None, act: Act) -> bool:
    """Tell whether somebody with a role in a group may do this; `None` is no member."""
    return role is not None and _RANK[role] >= _RANK[_NEEDS[act]]


def outranks(role: Role, other: Role) -> bool:
    """Tell whether a role stands above another: nobody moderates their equals."""
    return _RANK[role] > _RANK[other]


def above(role: Role) -> list[Role]:
    """Return the roles that stand above one."""
    return [other for other in Role if outranks(other, role)]


def highest(roles: list[Role]) -> Role:
    """Return the highest of the roles that somebody has beside being a member."""
    return max(roles, key=_RANK.__getitem__, default=Role.MEMBER)


@dataclass(frozen=True, slots=True)
class Group:
    """What makes a Group actor a group; what it is called, and tells of itself, is its account's.

    listed: it can be found by who is no member. rules: one a line, plain text. question: asked of who wants to join.
    real_names: why everybody is in it under their own name; '' where pseudonyms are
    welcome, too.
    moderators: the collection of those who look after it. archived_at: nobody writes in it any more since (Unix ms).
    """

    account_id: int
    joining: Joining = Joining.REQUEST
    readers: Readers = Readers.MEMBERS
    posting: Posting = Posting.MEMBERS
    listed: bool = True
    rules: str = ""
    question: str = ""
    real_names: str = ""
    moderators: str = ""
    archived_at: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands to a group. role: `None` for no member. asked: they want to join; invited: they may.

    shut: a guest here, for whom the group is not named. guest: one of another node, whom only those let in who look
    after the group.
    """

    role: Role | None = None
    asked: bool = False
    invited: bool = False
    banned: bool = False
    shut: bool = False
    guest: bool = False


@dataclass(frozen=True, slots=True)
class Charter:
    """What an administrator of a group sets; `None` leaves it as it is. name, summary: the account's, as typed.

    icon_file, image_file: the small and the wide picture in the media folder, '' for none; icon_alt, image_alt: what
    they show, in words.
    """

    name: str | None = None
    summary: str | None = None
    joining: Joining | None = None
    readers: Readers | None = None
    posting: Posting | None = None
    listed: bool | None = None
    rules: str | None = None
    question: str | None = None
    real_names: str | None = None
    icon_file: str | None = None
    icon_alt: str | None = None
    image_file: str | None = None
    image_alt: str | None = None


MOST_RULES = 20
LONGEST_RULE = 300
LONGEST_ANSWER = 500


_LONGEST_HANDLE = 24
_NO_LETTER = pattern(r"[^a-z0-9]+")


def handle_for(name: str) -> str:
    """Return a user name made from a group's name: "Färberei Lyon" becomes `farberei_lyon`; '' when nothing is left."""
    return _NO_LETTER.sub("_", folded(name)).strip("_")[:_LONGEST_HANDLE].strip("_")


def check_charter(charter: Charter) -> None:
    """Check what is set.

    Raises:
        Invalid: no name, or too much of something.
    """
    if charter.name is not None and not charter.name.strip():
        raise Invalid("A group has a name. Write one.")
    rules = rules_of(charter.rules or "")
    if len(rules) > MOST_RULES or any(len(rule) > LONGEST_RULE for rule in rules):
        raise Invalid(
            "A group has at most %(most)d rules of %(longest)d characters.", most=MOST_RULES, longest=LONGEST_RULE
        )
    if len(charter.question or "") > LONGEST_RULE:
        raise Invalid("The question is too long. Keep it to %(longest)d characters.", longest=LONGEST_RULE)
    if len(charter.real_names or "") > LONGEST_RULE:
        raise Invalid("The reason is too long. Keep it to %(longest)d characters.", longest=LONGEST_RULE)


def rules_of(text: str) -> list[str]:
    """Return the rules in a text: one a line."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def may_read(group: Group, standing: Standing) -> bool:
    """Tell whether somebody sees what stands in a group; each post is asked about besides. Members see who is in it."""
    return standing.role is not None or group.readers is Readers.ORGANISATION


def check_name(group: Group, account: Account) -> None:
    """Check that somebody is not under a pseudonym where a group has a reason for real names.

    Raises:
        Forbidden: they are; it says the reason.
    """
    if account.persona and group.real_names:
        raise Forbidden("In this group everybody goes by their own name: %(reason)s", reason=group.real_names)


def may_join(group: Group, standing: Standing) -> bool | None:
    """Tell whether somebody who asks becomes a member: at once (`True`), by somebody's word (`None`), or not."""
    if standing.banned or standing.shut or group.archived_at is not None:
        return False
    if standing.role is not None or standing.invited or (group.joining is Joining.OPEN and not standing.guest):
        return True
    return False if group.joining is Joining.INVITATION else None


def may_write(group: Group, role: Role | None, *, answer: bool) -> bool:
    """Tell whether somebody writes in a group; `answer`: in a conversation that is there."""
    if role is None or group.archived_at is not None:
        return False
    return answer or group.posting is Posting.MEMBERS or may(role, Act.MODERATE)
