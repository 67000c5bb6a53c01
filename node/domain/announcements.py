"""Announcements: what administrators tell everybody, and how members react to it."""

from dataclasses import dataclass
from unicodedata import category

from node.errors import Invalid

LONGEST = 5_000
MOST_REACTIONS = 8
_LONGEST_NAME = 32
# A letter in a circle, a skin tone, what joins and varies signs, digits and the keycap around them.
_PICTURE = frozenset({"So", "Sk", "Mn", "Me", "Cf", "Nd", "Po", "Sm"})
_KEYCAP = "\u20e3"


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is told. text: as typed (Markdown); content: HTML. starts_at, ends_at: when what it is about happens.

    all_day: of these the days count, not the hours. Once that is over it is told no more. Times are Unix ms.
    """

    id: int
    text: str
    content: str
    starts_at: int | None
    ends_at: int | None
    all_day: bool
    published_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Reaction:
    """How many members reacted with `name`, an emoji or the shortcode of one of ours; mine: the viewer is one."""

    name: str
    count: int
    mine: bool


def check(text: str, *, starts_at: int | None, ends_at: int | None) -> None:
    """Check what is to be announced.

    Raises:
        Invalid: nothing, too much, or an end before the beginning.
    """
    if not 0 < len(text.strip()) <= LONGEST:
        raise Invalid("An announcement has 1 to %(longest)d characters.", longest=LONGEST)
    if starts_at is not None and ends_at is not None and ends_at < starts_at:
        raise Invalid("What is announced ends before it begins. Correct the dates.")


def check_end(ends_at: int | None, *, now: int) -> None:
    """Check the end that somebody chooses for what is to be announced.

    Raises:
        Invalid: it is over by now (Unix ms).
    """
    if ends_at is not None and ends_at <= now:
        raise Invalid("This day is over. Choose a later one, or none.")


def is_emoji(name: str) -> bool:
    """Tell whether this is one emoji, as far as the kinds of its signs tell."""
    kinds = [category(sign) for sign in name]
    shows = "So" in kinds or _KEYCAP in name or ("\ufe0f" in name and kinds[0] in ("Po", "Sm"))
    return 0 < len(name) <= _LONGEST_NAME and shows and set(kinds) <= _PICTURE
