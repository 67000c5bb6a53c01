"""The log of erasures: a file beside the database that no backup holds, so that it knows more than a restored one.

One line for each order that was given or carried out here, a signed document without any content, with the epoch of the
database; the first line of an epoch has no order. In between stands how far the journal had come. Lines are only
added.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

_TAIL = 65_536


@dataclass(frozen=True, slots=True)
class Line:
    """One line: the epoch it was written in, and the order as it was signed, None where there is none.

    journal: the number of the journal's last line, 0 where it is not said.
    """

    epoch: int
    order: dict[str, Any] | None
    journal: int = 0


class ErasureLog:
    """The file at `path`; it need not be there."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, epoch: int, orders: Iterable[bytes]) -> None:
        """Add a line for each order, a JSON document, or one without any; it is on the disk when this returns."""
        self._write([b'{"epoch":%d,"order":%b}\n' % (epoch, order) for order in orders] or [b'{"epoch":%d}\n' % epoch])

    def heed(self, epoch: int, journal: int) -> None:
        """Add a line that says how far the journal has come, unless a last line says so already."""
        last = self.last()
        if last is None or (last.epoch, last.journal) < (epoch, journal):
            self._write([b'{"epoch":%d,"journal":%d}\n' % (epoch, journal)])

    def _write(self, lines: list[bytes]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(b"".join(lines))
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> Iterator[Line]:
        """Return every line in the order in which they were written, but for one that a crash has cut off."""
        if self._path.exists():
            with self._path.open("rb") as file:
                yield from _lines(file)

    def last(self) -> Line | None:
        """Return the last epoch, with its last order and how far its journal came; None: there is no line yet."""
        if not self._path.exists():
            return None
        with self._path.open("rb") as file:
            file.seek(max(0, self._path.stat().st_size - _TAIL))
            found = list(_lines(file))
        if not found:
            return None
        epoch = found[-1].epoch
        order = next((line.order for line in reversed(found) if line.order), None)
        return Line(epoch, order, max(line.journal for line in found if line.epoch == epoch))


def _lines(file: Iterable[bytes]) -> Iterator[Line]:
    for line in file:
        try:
            found = orjson.loads(line)
            yield Line(int(found["epoch"]), found.get("order"), int(found.get("journal", 0)))
        except (ValueError, KeyError, TypeError):
            continue  # cut off by a crash, or by where the reading began
