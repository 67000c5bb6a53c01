"""Figures about people: told of five or more, of fewer never (works-council mode, requirements C11)."""

FEWEST = 5


def told(count: int, *, people: int) -> int:
    """Return a count as it may be told: 0 when fewer than five people stand behind it."""
    return count if people >= FEWEST else 0
