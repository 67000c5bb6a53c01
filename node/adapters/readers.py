"""The open streams of one process: who listens to what, and what waits to be sent to them."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress

from node.domain.streams import Stream
from node.errors import Invalid, Throttled

log = logging.getLogger("allmende.streams")


class Reader:
    """One open stream, or socket with several: what waits to be sent to it.

    account_id: who reads. door: where the stream was opened. secret: the hash of the access token or session by which
    they read. notifications: it allows to read those. streams: what is listened to, each with the words that the client
    has for it. on_end: called when the stream has to end, whatever its sender is at.
    """

    __slots__ = (
        "_bell",
        "_busy_since",
        "_most",
        "_waiting",
        "account_id",
        "door",
        "ended",
        "notifications",
        "on_end",
        "secret",
        "streams",
    )

    def __init__(self, *, account_id: int, door: object, secret: str, notifications: bool, most: int) -> None:
        self.account_id = account_id
        self.door = door
        self.secret = secret
        self.notifications = notifications
        self.streams: dict[Stream, tuple[str, ...]] = {}
        self.on_end: Callable[[], object] | None = None
        self.ended = False
        self._most = most
        self._waiting: deque[object] = deque()
        self._bell = asyncio.Event()
        self._busy_since: float | None = None

    def put(self, item: object) -> None:
        """Have something sent. Who does not take what waits is too slow: their stream ends, no other one waits."""
        if self.ended:
            return
        if len(self._waiting) >= self._most:
            log.info("a stream ends: its reader is too slow")
            self.end()
            return
        self._waiting.append(item)
        self._bell.set()

    def end(self) -> None:
        """End the stream; what still waits is not sent any more."""
        if self.ended:
            return
        self.ended = True
        self._waiting.clear()
        self._bell.set()
        if self.on_end is not None:
            self.on_end()

    async def take(self, *, seconds: float | None = None) -> object | None:
        """Return what is to be sent next; None after `seconds` without anything, or when the stream has ended."""
        self._busy_since = None
        if not self._waiting and not self.ended:
            self._bell.clear()
            if seconds is None:
                await self._bell.wait()
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._bell.wait()
        if not self._waiting:
            return None
        self._busy_since = asyncio.get_running_loop().time()
        return self._waiting.popleft()

    def is_stuck(self, seconds: float) -> bool:
        """Tell whether what was taken last has not been sent for so long."""
        return self._busy_since is not None and asyncio.get_running_loop().time() - self._busy_since > seconds


class Readers:
    """The open streams of this process.

    most: how many there may be; each: how many of one member; waiting: how many events may wait for one;
    streams: how many one may listen to.
    """

    def __init__(self, *, most: int, each: int, waiting: int, streams: int) -> None:
        self._most = most
        self._each = each
        self._waiting = waiting
        self._streams = streams
        self._of_member: dict[int, set[Reader]] = {}
        self._of_stream: dict[Stream, dict[Reader, None]] = {}
        self._closed = False

    def __len__(self) -> int:
        return sum(map(len, self._of_member.values()))

    def __iter__(self) -> Iterator[Reader]:
        return iter([reader for some in self._of_member.values() for reader in some])

    def open(self, *, account_id: int, door: object, secret: str, notifications: bool) -> Reader:
        """Open a stream; give it back with `close`.

        Raises:
            Throttled: the member, or the node, has too many open.
        """
        mine = self._of_member.get(account_id, set())
        if self._closed or len(mine) >= self._each or len(self) >= self._most:
            raise Throttled("Too many streams are open. Close one, then try again.")
        reader = Reader(
            account_id=account_id, door=door, secret=secret, notifications=notifications, most=self._waiting
        )
        self._of_member.setdefault(account_id, set()).add(reader)
        return reader

    def close(self, reader: Reader) -> None:
        """Forget a stream."""
        reader.end()
        for stream in list(reader.streams):
            self.leave(reader, stream)
        mine = self._of_member.get(reader.account_id, set())
        mine.discard(reader)
        if not mine:
            self._of_member.pop(reader.account_id, None)

    def end_all(self) -> None:
        """End every stream, and let no new one begin: the node stops."""
        self._closed = True
        for reader in self:
            reader.end()

    def join(self, reader: Reader, stream: Stream, label: tuple[str, ...]) -> None:
        """Have a reader listen to a stream, which the client knows by `label`.

        Raises:
            Invalid: it listens to too many already.
        """
        if stream not in reader.streams and len(reader.streams) >= self._streams:
            raise Invalid("Too many streams on one socket. Unsubscribe from one first.")
        reader.streams[stream] = label
        self._of_stream.setdefault(stream, {})[reader] = None

    def leave(self, reader: Reader, stream: Stream) -> None:
        """Have a reader listen to a stream no longer."""
        reader.streams.pop(stream, None)
        listening = self._of_stream.get(stream, {})
        listening.pop(reader, None)
        if not listening:
            self._of_stream.pop(stream, None)

    def streams(self) -> list[Stream]:
        """Return the streams that somebody listens to."""
        return list(self._of_stream)

    def listening(self, stream: Stream) -> list[Reader]:
        """Return who listens to a stream."""
        return [reader for reader in self._of_stream.get(stream, ()) if not reader.ended]
