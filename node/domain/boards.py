"""Notice boards: pages whose posts are notices, with a category and the days from and until which they are valid."""

from dataclasses import dataclass
from re import compile as pattern

from node.domain.people import folded
from node.domain.text import tags_in
from node.errors import Invalid

LONGEST_CATEGORY = 60
_BETWEEN_WORDS = pattern(r"\W+")


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice carries beside its post: '' and None for nothing.

    category: as it is shown. starts_at, ends_at: Unix ms; it stands on the board from the one on and leaves it at the
    other, by the clock.
    """

    category: str = ""
    starts_at: int | None = None
    ends_at: int | None = None

    def is_over(self, now: int) -> bool:
        """Tell whether it has left the board for the archive."""
        return self.ends_at is not None and self.ends_at <= now


NOTHING = Notice()


def check_notice(notice: Notice, *, board: bool, poll: bool, now: int | None = None) -> None:
    """Check what a notice is to carry. now: Unix ms when it is new; one that stands there may be ended by an edit.

    Raises:
        Invalid: it is not for a board, its category is too long, or its days make no sense; a poll has an end of its
        own (ActivityStreams knows one `endTime`).
    """
    if notice != NOTHING and not board:
        raise Invalid("Only notices on a board have a category and days from and until which they are valid.")
    if len(notice.category) > LONGEST_CATEGORY:
        raise Invalid("The category is too long. Keep it to %(longest)d characters.", longest=LONGEST_CATEGORY)
    if notice.ends_at is None:
        return
    if poll:
        raise Invalid("A poll ends by itself. Take out the poll, or the last day of the notice.")
    if notice.ends_at <= (notice.starts_at or 0) or (now is not None and notice.is_over(now)):
        raise Invalid("The notice would be over before it begins. Choose a later last day.")


def spelt(category: str, used: list[str]) -> str:
    """Return a category as the board spells it already, whatever its case, accents and spaces; else as it was typed."""
    wanted = " ".join(category.split())
    return next((one for one in used if folded(one) == folded(wanted)), wanted)


def tag_of(category: str) -> str:
    """Return the hashtag that stands for a category, lower-case, without the sign; '' when it has no letter.

    Other software knows hashtags: there the notices of a category are found by it.
    """
    tag = _BETWEEN_WORDS.sub("", category).lower()
    return tag if tags_in(f"#{tag}") == {tag} and not tag.isdecimal() else ""
