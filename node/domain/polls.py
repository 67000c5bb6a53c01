"""Polls: a question with answers to vote for."""

from dataclasses import dataclass

from node.errors import Invalid


@dataclass(frozen=True, slots=True)
class Option:
    """An answer and how many voted for it."""

    name: str
    votes: int


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll. several: more than one answer may be chosen. ends_at: Unix ms, None for never.

    voters: how many people voted, None when its origin does not tell.
    """

    options: tuple[Option, ...]
    several: bool
    ends_at: int | None
    closed: bool = False
    voters: int | None = None

    def is_over(self, now: int) -> bool:
        """Whether no more votes are taken; `now` in Unix ms."""
        return self.closed or (self.ends_at is not None and self.ends_at <= now)


def check_choice(poll: Poll, places: tuple[int, ...], *, now: int) -> None:
    """Check a vote for the answers at these places.

    Raises:
        Invalid: over, no such answer, none, or more than one where one is to be chosen.
    """
    if poll.is_over(now):
        raise Invalid("This poll is over.")
    if not places or any(not 0 <= place < len(poll.options) for place in places):
        raise Invalid("Choose one of the answers.")
    if len(places) > 1 and not poll.several:
        raise Invalid("Choose one answer only.")
