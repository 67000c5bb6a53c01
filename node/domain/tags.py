"""Hashtags that a member follows, or shows in the profile."""

from dataclasses import dataclass
from re import compile as pattern

_NAME = pattern(r"\w{1,100}")


@dataclass(frozen=True, slots=True)
class FeaturedTag:
    """A hashtag in somebody's profile."""

    id: int
    account_id: int
    name: str


def tag_name(typed: str) -> str | None:
    """Return a hashtag as it is kept, lower-case and without the sign; None when it is none."""
    name = typed.strip().removeprefix("#").lower()
    return name if _NAME.fullmatch(name) else None
