"""What a member opens to more people than before: each time one act of theirs, written down for them, and undone there.

Article 29 WP163: restrictive defaults; who widens them knows that they do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from node.domain.accounts import Account, Habits
from node.domain.profiles import NARROWED
from node.domain.visibility import Visibility

_READERS = (Visibility.DIRECT, Visibility.FOLLOWERS, Visibility.UNIT, Visibility.ORGANISATION)
_QUOTERS = ("nobody", "followers", "public")


class What(StrEnum):
    """What was opened."""

    READERS = "readers"
    """Who reads a new post, unless its author says otherwise."""
    QUOTERS = "quoters"
    SEARCH = "search"
    """Posts are found by others."""
    DIRECTORY = "directory"
    """They are found beyond their unit."""
    LISTS = "lists"
    """Others see whom they follow, and who them."""
    FOLLOWERS = "followers"
    """Anybody follows without asking."""
    PROFILE = "profile"
    """A part of the profile goes beyond the unit."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One act. closed_at: when it was undone, None if it stands. Times: Unix ms."""

    what: What
    at: int
    closed_at: int | None


def openness(account: Account, habits: Habits) -> Mapping[What, int]:
    """Return how open each of them is, as numbers that grow with it."""
    return {
        What.READERS: _READERS.index(habits.audience) if habits.audience in _READERS else len(_READERS),
        What.QUOTERS: _QUOTERS.index(habits.quote_policy),
        What.SEARCH: int(account.indexable),
        What.DIRECTORY: int(account.discoverable),
        What.LISTS: int(not account.hides_follows),
        What.FOLLOWERS: int(not account.locked),
        What.PROFILE: len(NARROWED) - len(account.narrow),
    }
