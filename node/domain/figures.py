"""Figures about people: told of five or more, of fewer never (works-council mode, requirements C11)."""

FEWEST = 5
WEEK_MS = 7 * 86_400_000
_MONDAY_MS = 4 * 86_400_000  # the epoch was a Thursday; 5 January 1970 a Monday


def week_of(at: int) -> int:
    """Return when the week of a moment began, on Monday (Unix ms, UTC)."""
    return at - (at - _MONDAY_MS) % WEEK_MS


def told(count: int, *, people: int) -> int:
    """Return a count as it may be told: 0 when fewer than five people stand behind it."""
    return count if people >= FEWEST else 0
