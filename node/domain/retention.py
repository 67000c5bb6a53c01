"""How long what people write is kept: a term that travels with it, and binds whoever has it (requirements C21, D19)."""

from typing import Protocol

from node.domain.times import DAY_MS
from node.domain.visibility import Visibility


class Terms(Protocol):
    """The days of the settings; 0 for ever."""

    @property
    def post_days(self) -> int: ...
    @property
    def message_days(self) -> int: ...


def expires_at(terms: Terms, visibility: Visibility, published_at: int) -> int | None:
    """Return when something that is published now (Unix ms) is to be erased; None: when its author wants it."""
    days = terms.message_days if visibility is Visibility.DIRECT else terms.post_days
    return published_at + days * DAY_MS if days else None
