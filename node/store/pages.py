"""Which part of a long list is asked for: by ids, so that a list that grows meanwhile is neither cut nor doubled."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")

NEWEST = (1 << 63) - 1
"""Lists start here: greater than any id."""


@dataclass(frozen=True, slots=True)
class Page:
    """At most `limit` entries with ids between `after` and `before`, both exclusive.

    They are the newest of these; with `upward` the oldest. Newest first in either case.
    """

    before: int = NEWEST
    after: int = 0
    upward: bool = False
    limit: int = 20

    def of(self, column: str) -> str:
        """Return the end of a statement that reads this page by a column: the last condition, order and limit."""
        return _end(column, self.upward)

    @property
    def values(self) -> dict[str, int]:
        """The parameters that `of` needs."""
        return {"before": self.before, "after": self.after, "limit": self.limit}

    def newest_first(self, found: Sequence[T]) -> list[T]:
        """Return what was read in the order in which it is shown."""
        return list(reversed(found)) if self.upward else list(found)


@lru_cache(maxsize=256)
def _end(column: str, upward: bool) -> str:
    order = "ASC" if upward else "DESC"
    return f"{column} < :before AND {column} > :after ORDER BY {column} {order} LIMIT :limit"
