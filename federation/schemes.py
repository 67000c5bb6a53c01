"""Which of the two signature schemes a host takes: found out by knocking twice, and remembered for a while."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from node.ports import Scheme

_WEEK = 7 * 86_400.0
_TEN_MINUTES = 600.0


@dataclass(frozen=True, slots=True)
class _Known:
    first: Scheme
    again: bool
    until: float


class Schemes:
    """Remembers, for at most `hosts` hosts, what they took. `seconds` is the time that passes."""

    def __init__(self, *, hosts: int, seconds: Callable[[], float] = monotonic) -> None:
        self._most = hosts
        self._seconds = seconds
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def order(self, host: str) -> tuple[Scheme, Scheme | None]:
        """Return how to knock first, and how when that is refused; None: the other way was tried of late.

        The draft first: every server knows it, and half of them nothing else (federation.md 4.2).
        """
        known = self._known.get(host)
        if known is None or known.until < self._seconds():
            return Scheme.DRAFT, Scheme.RFC9421
        other = Scheme.DRAFT if known.first is Scheme.RFC9421 else Scheme.RFC9421
        return known.first, other if known.again else None

    def took(self, host: str, scheme: Scheme) -> None:
        """The host let us in this way: for a week it comes first."""
        self._remember(host, _Known(scheme, True, self._seconds() + _WEEK))

    def refused_both(self, host: str) -> None:
        """It is not the scheme that the host minds: for ten minutes it is asked once only."""
        self._remember(host, _Known(self.order(host)[0], False, self._seconds() + _TEN_MINUTES))

    def _remember(self, host: str, known: _Known) -> None:
        self._known[host] = known
        self._known.move_to_end(host)
        if len(self._known) > self._most:
            self._known.popitem(last=False)
