"""Figures about people: told of five or more, of fewer never (works-council mode, requirements C11)."""

from collections.abc import Mapping

FEWEST = 5
WEEK_MS = 7 * 86_400_000
_MONDAY_MS = 4 * 86_400_000  # the epoch was a Thursday; 5 January 1970 a Monday


def week_of(at: int) -> int:
    """Return when the week of a moment began, on Monday (Unix ms, UTC)."""
    return at - (at - _MONDAY_MS) % WEEK_MS


def told(count: int, *, people: int) -> int:
    """Return a count as it may be told: 0 when fewer than five people stand behind it."""
    return count if people >= FEWEST else 0


def told_apart(people: Mapping[str, int]) -> frozenset[str]:
    """Return of which groups a figure may be told, by how many people each has.

    Who knows the sum of all could work out a single small group, or some that are fewer than five together: then the
    smallest of the others is kept back, too (complementary suppression).
    """
    small = {name for name, count in people.items() if count < FEWEST}
    rest = sorted(people.keys() - small, key=lambda name: (people[name], name))
    if small and rest and (len(small) == 1 or sum(people[name] for name in small) < FEWEST):
        small.add(rest[0])
    return frozenset(people.keys() - small)
