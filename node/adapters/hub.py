"""Events within one process: a commit wakes the loops that wait for its kind, and fills the open streams."""

import asyncio
import logging
import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from node.adapters.readers import Readers
from node.domain.events import Event
from node.limits import Limits

log = logging.getLogger("allmende.hub")

_HEARD = 10_000


class LocalHub:
    """Wakes waiters in this process, and holds its open streams. Another process finds the same rows by polling.

    process: tells this process from others in the notices they leave each other.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self.process = secrets.token_hex(8)
        self.readers = Readers(
            most=limits.open_streams,
            each=limits.streams_per_member,
            waiting=limits.waiting_events,
            streams=limits.subscriptions_per_stream,
        )
        self._bells: dict[type, asyncio.Event] = {}
        self._listeners: list[Listener] = []

    def publish(self, events: Sequence[Event]) -> None:
        """Ring the bell of each kind of event, and hand the events to whoever listens to them."""
        for kind in {type(event) for event in events}:
            if kind in self._bells:
                self._bells[kind].set()
        for listener in self._listeners:
            listener.hear(events)

    async def wait(self, kind: type[Event], *, seconds: float) -> None:
        """Return when such an event was published since the last wait, or after `seconds`."""
        bell = self._bells.setdefault(kind, asyncio.Event())
        try:
            async with asyncio.timeout(seconds):
                await bell.wait()
        except TimeoutError:
            return
        bell.clear()

    @contextmanager
    def listen(self, *kinds: type[Event]) -> Iterator["Listener"]:
        """Hear every event of these kinds from now on, until the end of the context."""
        listener = Listener(kinds)
        self._listeners.append(listener)
        try:
            yield listener
        finally:
            self._listeners.remove(listener)


class Listener:
    """What one loop hears, in order. Ten thousand events wait for a loop that is busy; what comes then is lost."""

    def __init__(self, kinds: Collection[type[Event]]) -> None:
        self._kinds = frozenset(kinds)
        self._waiting: list[Event] = []
        self._bell = asyncio.Event()

    def hear(self, events: Sequence[Event]) -> None:
        """Keep those of the events that it listens to."""
        heard = [event for event in events if type(event) in self._kinds]
        room = max(0, _HEARD - len(self._waiting))
        if len(heard) > room:
            log.warning("%d events are lost: too many wait already", len(heard) - room)
        if heard[:room]:
            self._waiting += heard[:room]
            self._bell.set()

    async def next(self, *, seconds: float) -> list[Event]:
        """Return what was heard since the last call, at once or as soon as there is something; after `seconds` []."""
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            return []
        self._bell.clear()
        heard, self._waiting = self._waiting, []
        return heard
