"""The end of accounts that nobody uses (CNIL; requirements A18, C8, D17): told, hidden, warned once more, erased.

And of those that a moderator suspended (D19), who were told of it at the sign-in: warned, erased.

Each step is measured from when the member was told of it, never from a date alone. Where there are mails, nobody is
erased before a last warning: who has no address, or whose mails are refused, is told of by a mail to those who look
after data protection.
"""

from dataclasses import dataclass
from enum import StrEnum

from node.config import Retention
from node.domain.times import DAY_MS


class Step(StrEnum):
    """What was done last about an account that nobody uses; ENDING: about one that is suspended."""

    TOLD = "told"
    HIDDEN = "hidden"
    WARNED = "warned"
    ENDING = "ending"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder. days: from the last sign of the member, or from the step before it (`after`).

    suspended: it is for those whom a moderator suspended; without a step before it from when that was.
    """

    step: Step
    after: Step | None
    days: int
    suspended: bool = False


ENDING_DAYS = 30
"""From the last warning until a suspended account is erased."""


def ladder(retention: Retention) -> tuple[Rung, ...]:
    """Return the steps in their order; none when accounts do not end by themselves."""
    if not retention.inactive_days:
        return ()
    last = retention.delete_days // 2
    return (
        Rung(Step.TOLD, None, retention.inactive_days),
        Rung(Step.HIDDEN, Step.TOLD, retention.hide_days),
        Rung(Step.WARNED, Step.HIDDEN, retention.delete_days - last),
        Rung(Step.ERASED, Step.WARNED, last),
    )


def ladder_of_suspended(retention: Retention) -> tuple[Rung, ...]:
    """Return the steps for accounts that are suspended, in their order."""
    return (
        Rung(Step.ENDING, None, retention.suspended_days - ENDING_DAYS, suspended=True),
        Rung(Step.ERASED, Step.ENDING, ENDING_DAYS, suspended=True),
    )


def days_left(retention: Retention, step: Step) -> int:
    """Return in how many days from this step on an account is erased."""
    rungs = ladder_of_suspended(retention) if step is Step.ENDING else ladder(retention)
    return sum(rung.days for rung in rungs[[rung.step for rung in rungs].index(step) + 1 :])


def lost_days(now: int, last: int | None) -> int:
    """Return for how many days nobody could give a sign: the node was off, or its clock jumped, maybe backwards.

    now, last: when the loop goes round and when it did before (Unix ms), which is every hour.
    """
    days = (now - last) // DAY_MS if last is not None else 0
    return days if abs(days) > 1 else 0
