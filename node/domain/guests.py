"""Guests: people from outside who are here for a time, for some groups, by the word of a member (requirements A4).

A guest reads and writes in the groups that are named for them, and to people whom they meet there; of everything else
they do not know that it is there. What they see is decided where it is decided for all: `node.domain.visibility` and
`node.store.visible` for posts, `node.store.people` for people and groups.
"""

from dataclasses import dataclass

from node.domain.accounts import Account
from node.domain.visibility import Visibility
from node.errors import Forbidden, Invalid

AUDIENCES = (Visibility.GROUP, Visibility.DIRECT)
"""For whom a guest may write."""

MOST_GROUPS = 20


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms somebody is a guest. sponsor_id: the member who answers for them, None when that one has left.

    until: when it ends (Unix ms). group_ids: of which groups they may be a member, here or at other nodes.
    """

    sponsor_id: int | None
    until: int
    group_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest of this node. ended_at: when the end was seen to (Unix ms): their groups left, the account suspended."""

    account_id: int
    terms: Terms
    ended_at: int | None = None


def is_over(guest: Guest | None, now: int) -> bool:
    """Tell whether a guest's time is over (`now`: Unix ms); without terms it is."""
    return guest is None or guest.ended_at is not None or guest.terms.until <= now


def check_terms(terms: Terms, *, now: int) -> None:
    """Check terms that an administrator sets (`now`: Unix ms).

    Raises:
        Invalid: the end is over already, or there is no group, or there are too many.
    """
    if terms.until <= now:
        raise Invalid("Choose a day that is still to come.")
    if not terms.group_ids:
        raise Invalid("A guest is here for a group. Name one at least.")
    if len(terms.group_ids) > MOST_GROUPS:
        raise Invalid("A guest is here for %(most)d groups at most.", most=MOST_GROUPS)


def check_member(account: Account) -> None:
    """Check that somebody is a member, where nothing is to be seen of a guest's groups.

    Raises:
        Forbidden: it is a guest.
    """
    if account.guest:
        raise Forbidden("This is for members. You are here as a guest, for some groups.")


def check_audience(author: Account, visibility: Visibility) -> None:
    """Check that somebody may write for an audience.

    Raises:
        Forbidden: it is wider than a guest's.
    """
    if author.guest and visibility not in AUDIENCES:
        raise Forbidden("Guests write in their groups, or to people they meet there. Choose one of these.")
