"""What moderators do about an account, each time with a reason that its person is told."""

from dataclasses import dataclass
from enum import StrEnum

from node.errors import Invalid

LONGEST_REASON = 1_000


class Kind(StrEnum):
    """What was done."""

    WARNED = "warned"
    LIMITED = "limited"
    """Only followers find them in streams, in searches and among people; whatever else they may stays."""
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure. at, ended_at: Unix ms; a warning never ends. by_id: the moderator, None for the operator."""

    id: int
    account_id: int
    kind: Kind
    reason: str
    by_id: int | None
    at: int
    ended_at: int | None = None


def check_reason(typed: str) -> str:
    """Return the reason that the person whom a measure meets is told.

    Raises:
        Invalid: none, or one that is too long.
    """
    said = typed.strip()
    if not 0 < len(said) <= LONGEST_REASON:
        raise Invalid("Give a reason, in at most %(longest)d characters. The person reads it.", longest=LONGEST_REASON)
    return said
