"""Counts what somebody did of late, in memory: so much in five minutes, made up for evenly as time passes."""

from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from time import monotonic

from node.errors import Throttled

_WINDOW_SECONDS = 300.0


class Rates:
    """Implements `node.ports.Rates`: a bucket for each subject, the least recently used going first when it is full.

    Each process counts for itself. `seconds` tells the time that passes, whatever the wall clock does.
    """

    def __init__(self, *, subjects: int, seconds: Callable[[], float] = monotonic) -> None:
        self._most_subjects = subjects
        self._seconds = seconds
        self._used: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._used)

    def count(self, subject: str, *, most: int) -> None:
        """Count one more act of a subject that may do `most` in five minutes."""
        used = self._used_by(subject, most)
        self._used[subject] = (min(used + 1, float(most)), self._seconds())
        self._used.move_to_end(subject)
        if len(self._used) > self._most_subjects:
            self._used.popitem(last=False)

    def check(self, subject: str, *, most: int) -> None:
        """Let a subject go on that has not done too much.

        Raises:
            Throttled: it has; the error says for how many seconds to wait.
        """
        over = self._used_by(subject, most) + 1 - most
        if over > 0:
            raise Throttled("Too many requests. Wait a little, then try again.", retry_after=ceil(over / _refill(most)))

    def take(self, subject: str, *, most: int) -> None:
        """Let a subject go on and count that.

        Raises:
            Throttled: see `check`.
        """
        self.check(subject, most=most)
        self.count(subject, most=most)

    def left(self, subject: str, *, most: int) -> tuple[int, float]:
        """Return how often a subject may still do it now, and in how many seconds all is made up for."""
        used = self._used_by(subject, most)
        return max(0, int(most - used)), used / _refill(most)

    def _used_by(self, subject: str, most: int) -> float:
        used, at = self._used.get(subject, (0.0, 0.0))
        return max(0.0, used - (self._seconds() - at) * _refill(most)) if used else 0.0


def _refill(most: int) -> float:
    return most / _WINDOW_SECONDS
