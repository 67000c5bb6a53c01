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


@dataclass(frozen=True, slots=True)
class DraftPoll:
    """A poll that somebody wants to start. seconds: how long votes are taken."""

    options: tuple[str, ...]
    seconds: int
    several: bool = False


MOST_OPTIONS = 8
LONGEST_OPTION = 100
SHORTEST_SECONDS = 300
LONGEST_SECONDS = 90 * 86_400


def check_poll(poll: DraftPoll) -> None:
    """Check a poll that somebody wants to start.

    Raises:
        Invalid: too few or too many answers, one that is empty, too long or there twice, or an impossible end.
    """
    names = [option.strip() for option in poll.options]
    if not 2 <= len(names) <= MOST_OPTIONS:
        raise Invalid("A poll has 2 to %(most)d answers.", most=MOST_OPTIONS)
    if not all(names) or any(len(name) > LONGEST_OPTION for name in names):
        raise Invalid("Each answer of a poll has 1 to %(longest)d characters.", longest=LONGEST_OPTION)
    if len({name.lower() for name in names}) != len(names):
        raise Invalid("Two answers of the poll are the same. Change one of them.")
    if not SHORTEST_SECONDS <= poll.seconds <= LONGEST_SECONDS:
        raise Invalid("A poll is open for five minutes at least, and for ninety days at most.")


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
