"""Time-ordered 64-bit ids: 41 bits of milliseconds since 2020, then 22 bits that keep them apart."""

import secrets

EPOCH = 1_577_836_800_000  # 2020-01-01T00:00:00Z in Unix milliseconds
LOW_BITS = 22
_LOW = 1 << LOW_BITS
_OLD_BITS = 7


class Ids:
    """Makes ids that grow, whatever the clock does; safe beside other processes by randomness."""

    def __init__(self) -> None:
        self._last = 0

    def new(self, now: int) -> int:
        """Return an id for this moment (`now`: Unix ms), greater than every one returned before."""
        first = (max(now - EPOCH, 0) << LOW_BITS) | secrets.randbelow(_LOW >> 1)
        self._last = max(first, self._last + 1)
        return self._last


def at(moment: int) -> int:
    """Return an id for something that happened at `moment` (Unix ms), e.g. a peer's post.

    It sorts among ours by time. Two calls for one moment differ by 22 random bits. What is older than our time begins
    shares the first day of it, in its order, and differs by 7.
    """
    if moment < EPOCH:
        return (max(moment, 1) << _OLD_BITS) | secrets.randbelow(1 << _OLD_BITS)
    return ((moment - EPOCH) << LOW_BITS) | secrets.randbelow(_LOW)


def moment(id: int) -> int:
    """Return the Unix milliseconds an id was made for."""
    return (id >> LOW_BITS) + EPOCH
