"""Who may see a post: the one rule. Its twin in SQL is `node.store.visible`; a test holds them equal."""

from dataclasses import dataclass
from enum import StrEnum


class Visibility(StrEnum):
    """The author's choice of who gets a post, narrowest first in meaning, `UNIT` by default.

    `GROUP`: the members of the group it stands in. `PUBLIC` exists for posts that arrive from admitted software; our
    members cannot choose it.
    """

    UNIT = "unit"
    ORGANISATION = "organisation"
    FOLLOWERS = "followers"
    GROUP = "group"
    DIRECT = "direct"
    PUBLIC = "public"


CHOICES = (Visibility.UNIT, Visibility.ORGANISATION, Visibility.FOLLOWERS, Visibility.DIRECT)


@dataclass(frozen=True, slots=True)
class Ties:
    """What binds a viewer to a post. The viewer is a member here, or a peer's host as a whole.

    author: the viewer wrote it, or the author is at home on that host.
    unit: a member of the author's own node.
    organisation: a member of any node, or a host, of our organisation.
    follower: follows the author, accepted; for a host, somebody there does.
    mentioned: named in the post, or the wall it stands on is theirs; for a host, somebody there is.
    group: a member of the group it stands in, and the group has passed it on; for a host, somebody there is, or
    the group is at home there.
    parted: viewer or author blocks the other; a host as a whole never is.
    guest: the viewer is a guest here; met: the author is one whom this guest meets. Of a post for the organisation,
    too, a guest asks whether it stands in a group of theirs.
    """

    author: bool = False
    unit: bool = False
    organisation: bool = False
    follower: bool = False
    mentioned: bool = False
    group: bool = False
    parted: bool = False
    guest: bool = False
    met: bool = False


def can_see(visibility: Visibility, ties: Ties) -> bool:
    """Tell whether somebody with these ties may see a post of this visibility. No tie, no sight."""
    if ties.parted:
        return False
    if ties.guest:
        return ties.author or _can_guest_see(visibility, ties)
    match visibility:
        case Visibility.UNIT:
            return ties.author or ties.unit
        case Visibility.ORGANISATION | Visibility.PUBLIC:
            return ties.author or ties.organisation
        case Visibility.FOLLOWERS:
            return ties.author or ties.follower or ties.mentioned
        case Visibility.GROUP:
            return ties.author or ties.group
        case Visibility.DIRECT:
            return ties.author or ties.mentioned


def _can_guest_see(visibility: Visibility, ties: Ties) -> bool:
    match visibility:
        case Visibility.GROUP | Visibility.ORGANISATION | Visibility.PUBLIC:
            return ties.group
        case Visibility.FOLLOWERS | Visibility.DIRECT:
            return ties.mentioned and ties.met
        case Visibility.UNIT:
            return False


def is_private(visibility: Visibility) -> bool:
    """Tell whether a post is meant for certain people, rather than for everybody of a unit or the organisation."""
    return visibility in (Visibility.FOLLOWERS, Visibility.GROUP, Visibility.DIRECT)


def is_provable(visibility: Visibility) -> bool:
    """Tell whether a post leaves with a proof of its author, which its readers could show to others.

    What is said in a group does: its members' nodes get it from the group's, and believe nobody but the author.
    """
    return not is_private(visibility) or visibility is Visibility.GROUP


def may_boost(visibility: Visibility, *, by_author: bool) -> bool:
    """Tell whether a post may be passed on: what the organisation may read, or one's own to followers."""
    match visibility:
        case Visibility.ORGANISATION | Visibility.PUBLIC | Visibility.UNIT:
            return True
        case Visibility.FOLLOWERS:
            return by_author
        case Visibility.GROUP | Visibility.DIRECT:
            return False
