"""Groups as pages show them: what they are in words, and how the one who looks stands to them."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.context import Context
from node.domain.bridges import Bridge
from node.domain.figures import WEEK_MS
from node.domain.groups import (
    Act,
    Group,
    Joining,
    Posting,
    Readers,
    Role,
    Standing,
    may,
    may_join,
    may_read,
    may_write,
    rules_of,
)
from node.domain.text import excerpt
from node.errors import NotFound
from node.store import bridges, group_lists
from node.store import groups as rows
from node.store.database import Tx
from node.store.group_lists import Figures
from node.store.groups import Found
from node.web.views import PersonView, Sight
from themes.phrases import Phrases

_PURPOSE = 160


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group as one member sees it; what it is stands in words.

    person: how it is called, and where it is. purpose: the beginning of what it tells of itself, plain. closed: when it
    was, '' while it is open. fresh, latest, last_at: how much came into it this week, and when the last did. welcome:
    whether the member may join, None for asking to. reads, begins, moderates and so on: what they may do there, as far
    as it is done here: a group is looked after at its home. beyond: the partner's host with which it is
    shared; pseudonyms: only what is written under one is read there.
    """

    person: PersonView
    group: Group
    standing: Standing
    purpose: str
    signs: tuple[tuple[str, str], ...]
    posting: str
    rules: tuple[str, ...]
    closed: str
    role: str
    members: int
    fresh: int
    latest: str
    last_at: int
    welcome: bool | None
    reads: bool
    begins: bool
    moderates: bool
    administers: bool
    owns: bool
    beyond: str = ""
    pseudonyms: bool = False

    @property
    def id(self) -> int:
        return self.person.id

    @property
    def name(self) -> str:
        return self.person.name

    @property
    def path(self) -> str:
        return self.person.path


def joining_words(_: Phrases) -> dict[Joining, str]:
    """Return how one joins."""
    return {
        Joining.REQUEST: _("One asks to join"),
        Joining.INVITATION: _("One joins by invitation"),
        Joining.OPEN: _("Everybody may join"),
    }


def readers_words(_: Phrases) -> dict[Readers, str]:
    """Return who reads."""
    return {
        Readers.MEMBERS: _("Only members read it"),
        Readers.ORGANISATION: _("The whole organisation reads it"),
    }


def posting_words(_: Phrases) -> dict[Posting, str]:
    """Return who begins conversations."""
    return {
        Posting.MEMBERS: _("Every member begins conversations"),
        Posting.MODERATORS: _("Only those who look after it begin conversations, every member answers"),
    }


def role_words(_: Phrases) -> dict[Role, str]:
    """Return the roles in a group."""
    return {
        Role.MEMBER: _("Member"),
        Role.MODERATOR: _("Moderator"),
        Role.ADMIN: _("Administrator"),
        Role.OWNER: _("Owner"),
    }


async def views(ctx: Context, tx: Tx, found: Iterable[Found], *, viewer_id: int, words: Phrases) -> list[GroupView]:
    """Return views of groups; four queries."""
    listed = list(found)
    sight, ids = await Sight.of(ctx, tx), [one.account.id for one in listed]
    standings = await rows.standings(tx, viewer_id, ids, now=words.now)
    figures = await group_lists.figures(tx, ids, since=words.now - WEEK_MS)
    shared = await bridges.of_groups(tx, ids)
    return [
        _view(one, standings[one.account.id], figures[one.account.id], sight.person(one.account), shared, words)
        for one in listed
    ]


def _view(
    found: Found, standing: Standing, figures: Figures, person: PersonView, shared: dict[int, Bridge], _: Phrases
) -> GroupView:
    bridge = shared.get(found.account.id)
    group, role, home = found.group, standing.role, found.account.local
    inside = may_read(group, standing)
    told = excerpt(found.account.summary, longest=_PURPOSE + 1)
    signs = [
        ("users" if group.joining is Joining.OPEN else "user", joining_words(_)[group.joining]),
        ("lock" if group.readers is Readers.MEMBERS else "network", readers_words(_)[group.readers]),
        *([] if group.listed else [("eye", _("Only members and invited people know of it"))]),
    ]
    return GroupView(
        person=person,
        group=group,
        standing=standing,
        purpose=told if len(told) <= _PURPOSE else f"{told[:_PURPOSE].rsplit(' ', 1)[0]} …",
        signs=tuple(signs),
        posting=posting_words(_)[group.posting],
        rules=tuple(rules_of(group.rules)),
        closed=_.date(group.archived_at) if group.archived_at is not None else "",
        role=role_words(_)[role] if role else "",
        members=figures.members,
        fresh=figures.fresh if inside else 0,
        latest=_.ago(figures.last_at) if inside and figures.last_at else "",
        last_at=figures.last_at if inside and figures.last_at else 0,
        welcome=may_join(group, standing),
        reads=inside,
        begins=may_write(group, role, answer=False),
        moderates=home and may(role, Act.MODERATE),
        administers=home and may(role, Act.ADMINISTER),
        owns=home and may(role, Act.OWN),
        beyond=bridge.beyond if bridge is not None else "",
        pseudonyms=bridge is not None and bridge.terms.pseudonyms,
    )


async def seen(ctx: Context, tx: Tx, group_id: int, *, viewer_id: int, words: Phrases) -> tuple[Found, GroupView]:
    """Return a group that somebody may know of, and how they see it.

    Raises:
        NotFound: there is none, for them.
    """
    found = (await rows.known(tx, [group_id], viewer_id=viewer_id)).get(group_id)
    if found is None:
        raise NotFound("There is no such group.")
    (view,) = await views(ctx, tx, [found], viewer_id=viewer_id, words=words)
    return found, view
