"""Rendered pieces of answers, kept in memory while what they show is unchanged."""

from collections import OrderedDict


class Fragments:
    """Implements `node.ports.Fragments`: at most so many bytes, the least recently used going first.

    A stamp says what a piece was rendered from (revisions, the day); with another stamp it is as if it were not here,
    so nothing has to be told when something changes, in this process or in another.
    """

    def __init__(self, *, size: int) -> None:
        self._most = size
        self._size = 0
        self._kept: OrderedDict[tuple[str, int], tuple[object, bytes]] = OrderedDict()

    def get(self, name: str, id: int, stamp: object) -> bytes | None:
        """Return what was kept under a name and an id, if it was rendered for this very stamp."""
        found = self._kept.get((name, id))
        if found is None or found[0] != stamp:
            return None
        self._kept.move_to_end((name, id))
        return found[1]

    def put(self, name: str, id: int, stamp: object, rendered: bytes) -> None:
        """Keep a piece in place of the one that was there."""
        old = self._kept.pop((name, id), None)
        self._size += len(rendered) - (len(old[1]) if old else 0)
        self._kept[name, id] = (stamp, rendered)
        while self._size > self._most:
            _, (_, dropped) = self._kept.popitem(last=False)
            self._size -= len(dropped)
