"""Events within one process: a commit wakes the loops that wait for its kind."""

import asyncio

from node.domain.events import Event


class LocalHub:
    """Wakes waiters in this process. Another process finds the same rows by polling."""

    def __init__(self) -> None:
        self._bells: dict[type, asyncio.Event] = {}

    def publish(self, events: list[Event]) -> None:
        """Ring the bell of each kind of event."""
        for kind in {type(event) for event in events}:
            if kind in self._bells:
                self._bells[kind].set()

    async def wait(self, kind: type[Event], *, seconds: float) -> None:
        """Return when such an event was published since the last wait, or after `seconds`."""
        bell = self._bells.setdefault(kind, asyncio.Event())
        try:
            async with asyncio.timeout(seconds):
                await bell.wait()
        except TimeoutError:
            return
        bell.clear()
