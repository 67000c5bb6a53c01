"""What trends: hashtags, links and posts of which many people took part, so that nobody's own doing can be read off it.

People count, never how often somebody did something, and nothing is told of fewer than five. Only what the whole
organisation may read counts, by people who want to be found.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from node.domain.visibility import Visibility

FEWEST_PEOPLE = 5
DAYS = 7
MOST = 40
"""How many of each kind are kept."""


class Kind(StrEnum):
    TAG = "tag"
    LINK = "link"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Day:
    """How often on a day, and by how many people: nothing (0, 0) where those were fewer than five."""

    times: int = 0
    people: int = 0


@dataclass(frozen=True, slots=True)
class Trend:
    """Something that trends. name: the hashtag, the address or, as text, the id of the post. people: of all seven days.

    days: today first; none of a post. refused: a moderator does not want it to be shown.
    """

    kind: Kind
    name: str
    people: int
    days: tuple[Day, ...] = ()
    refused: bool = False


def counts(visibility: Visibility) -> bool:
    """Tell whether a post for this audience counts."""
    return visibility in (Visibility.ORGANISATION, Visibility.PUBLIC)


class Tally:
    """Counts who used which name on which of the last seven days; `today` is the number of a day since 1970."""

    def __init__(self, kind: Kind, *, today: int) -> None:
        self._kind = kind
        self._today = today
        self._people: dict[str, list[set[int]]] = {}
        self._times: dict[str, list[int]] = {}

    def add(self, name: str, *, by: int, day: int) -> None:
        """Count one use; `by` is an account's id."""
        place = self._today - day
        if not 0 <= place < DAYS:
            return
        self._people.setdefault(name, [set() for _ in range(DAYS)])[place].add(by)
        self._times.setdefault(name, [0] * DAYS)[place] += 1

    def trends(self) -> list[Trend]:
        """Return what at least five people used, what most did first."""
        found = []
        for name, days in self._people.items():
            people = len(set().union(*days))
            if people >= FEWEST_PEOPLE:
                told = tuple(_told(*one) for one in zip(self._times[name], days, strict=True))
                found.append(Trend(self._kind, name, people, told))
        return foremost(found)


def _told(times: int, people: set[int]) -> Day:
    return Day(times, len(people)) if len(people) >= FEWEST_PEOPLE else Day()


def foremost(found: Iterable[Trend]) -> list[Trend]:
    """Return those with the most people, and no more than are kept."""
    return sorted(found, key=lambda one: (-one.people, one.name))[:MOST]
