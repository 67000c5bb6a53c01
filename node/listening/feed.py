"""Feeds the open streams of this process, from the events of every process."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import get_args

from node.context import Context
from node.domain import events
from node.domain.events import Event
from node.listening.ears import Ear, hearing
from node.store import notices
from node.store.database import Tx

log = logging.getLogger("allmende.streams")

_ROUND_SECONDS = 0.5
_CHECK_SECONDS = 5.0
_FORGET_SECONDS = 600.0
_OVERLAP_MS = 2_000


@dataclass(frozen=True, slots=True)
class Door:
    """What a door does for the streams opened at it.

    live: returns those of the hashes of secrets by which one still may read. tell: has those who hear of an event
    told of it.
    """

    live: Callable[[Context, Tx, set[str]], Awaitable[set[str]]]
    tell: Callable[[Context, Tx, Event, list[Ear]], Awaitable[None]]


async def run(ctx: Context) -> None:
    """Feed the streams that this process holds until cancelled."""
    elsewhere = _Elsewhere(ctx)
    time = asyncio.get_running_loop().time
    checked = forgot = time()
    with ctx.hub.listen(*get_args(events.Streamed)) as heard:
        while True:
            found: list[Event] = await heard.next(seconds=_ROUND_SECONDS)
            try:
                if time() - forgot > _FORGET_SECONDS:
                    await elsewhere.forget()
                    forgot = time()
                if not ctx.hub.readers:
                    elsewhere.rest()
                    continue
                found += await elsewhere.news()
                if time() - checked > _CHECK_SECONDS:
                    await _check(ctx)
                    checked = time()
            except Exception:
                log.exception("open streams could not be looked after")
            for event in dict.fromkeys(found):
                try:
                    await _check(ctx)
                    await _tell(ctx, event)
                except Exception:
                    log.exception("an event could not be streamed")
                await asyncio.sleep(0)


class _Elsewhere:
    """Finds what the other processes of the node tell, looking twice a second.

    They commit in about the order of their clocks, so each look goes a little further back than the last one did.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._since: int | None = None
        self._known: set[int] = set()
        self._looked = 0.0

    def rest(self) -> None:
        """Nobody listens: what happens now need not be found later."""
        self._since = None

    async def news(self) -> list[Event]:
        """Return what was told since the last look; [] when that was just now."""
        now = asyncio.get_running_loop().time()
        if self._since is not None and now - self._looked < _ROUND_SECONDS:
            return []
        self._looked = now
        if self._since is None:
            self._since, self._known = self._ctx.clock(), set()
        async with self._ctx.db.read() as tx:
            found = await notices.since(tx, self._since - _OVERLAP_MS, process=self._ctx.hub.process)
        fresh = [notice for notice in found if notice.id not in self._known]
        self._known = {notice.id for notice in found}
        self._since = max([self._since, *[notice.at for notice in found]])
        return [event for notice in fresh for event in notice.events]

    async def forget(self) -> None:
        """Drop what every process has seen."""
        async with self._ctx.change() as change:
            await notices.forget(change.tx, before=change.now - int(_FORGET_SECONDS * 1000))


async def _check(ctx: Context) -> None:
    """End the streams whose token or session has ended, whose member was suspended (threat O04), or who do not read."""
    shown: dict[Door, set[str]] = defaultdict(set)
    readers = ctx.hub.readers
    for reader in readers:
        shown[reader.door].add(reader.secret)
    async with ctx.db.read() as tx:
        live = {door: await door.live(ctx, tx, secrets) for door, secrets in shown.items()}
    for reader in readers:
        gone = reader.door in live and reader.secret not in live[reader.door]
        if gone or reader.is_stuck(ctx.settings.limits.stream_send_seconds):
            reader.end()


async def _tell(ctx: Context, event: Event) -> None:
    async with ctx.db.read() as tx:
        ears: dict[Door, list[Ear]] = defaultdict(list)
        for ear in await hearing(ctx, tx, event):
            ears[ear[0].door].append(ear)
        for door, some in ears.items():
            await door.tell(ctx, tx, event, some)
