"""ZIP archives made as they are read: no more than a piece of one is ever in memory (APPNOTE 6.3.10)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an archive, in chunks. packed: it is compressed; pictures and films are already."""

    name: str
    chunks: AsyncIterator[bytes]
    packed: bool = True


class _Waiting:
    """What `zipfile` wrote and nobody took yet; it cannot go back in it, so sizes follow after each file."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """There is nowhere to write it to."""

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


async def zipped(entries: AsyncIterator[Entry], *, at: int) -> AsyncIterator[bytes]:
    """Return an archive of these files, made at `at` (Unix ms), in chunks."""
    moment = datetime.fromtimestamp(at / 1000, UTC).timetuple()[:6]
    waiting = _Waiting()
    with ZipFile(waiting, "w") as archive:  # type: ignore[call-overload]
        async for entry in entries:
            about = ZipInfo(entry.name, moment)
            about.compress_type = ZIP_DEFLATED if entry.packed else ZIP_STORED
            with archive.open(about, "w") as file:
                async for chunk in entry.chunks:
                    file.write(chunk)
                    if ready := waiting.take():
                        yield ready
    yield waiting.take()
