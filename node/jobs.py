"""Starts and supervises the background loops: what comes in, what goes out, what time does."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from federation.errors import FederationError
from inbox import worker as inbox
from moderation import (
    case_retention,
    expiry,
    guests,
    holds,
    imports,
    inactivity,
    leavers,
    personas,
    reminders,
    restore,
    retention,
    shredding,
    silence,
    trends,
    witnesses,
)
from node.context import Context
from node.domain.events import ContentErased
from node.domain.times import DAY_MS
from node.effects.relationships import end_due_mutes
from node.errors import Unavailable
from node.listening import feed
from outbox import bridges, erasures, hello, narrowing, polls, processing, push, scheduled
from outbox import worker as outbox
from outbox.mail import worker as mails

log = logging.getLogger("allmende.jobs")

_REST_SECONDS = 1.0
_HOUR = 3_600
_QUARTER = 900
_QUIET_MS = 2 * _HOUR * 1000  # after midnight, UTC


class Jobs:
    """The loops of one process."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, *, workers: bool = True) -> None:
        """Start every loop; one that fails is logged and started again.

        Without `workers` it feeds its own streams, forgets what this process erases, pushes what it tells and notes who
        is there: no other process does.
        """
        everywhere = (feed.run, push.run, mails.note_presence, _scrub)
        brought = (processing.run, processing.run_theirs, imports.run)
        mail = (mails.run, mails.tell)
        now_and_then = (_retain, _greet, _witness, _listen, _count)
        alone = (inbox.run, outbox.run, *brought, *mail, shredding.run, _compact, _due, *now_and_then)
        for loop in (*everywhere, *alone) if workers else everywhere:
            self._tasks.append(asyncio.create_task(self._supervise(loop), name=loop.__name__))

    async def stop(self) -> None:
        """End the loops. What they held is leased, not lost."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _supervise(self, loop: Callable[[Context], Awaitable[None]]) -> None:
        while True:
            try:
                await loop(self._ctx)
                return
            except Exception:
                log.exception("a background loop failed and starts again")
                await asyncio.sleep(_REST_SECONDS)


async def _scrub(ctx: Context) -> None:
    """Make the storage forget deleted text, soon after a deletion and once for many.

    At the start as well: whoever was killed a moment after a deletion did not come to it.
    """
    seconds = 0
    while True:
        await ctx.hub.wait(ContentErased, seconds=seconds)
        await asyncio.sleep(_REST_SECONDS)
        await retention.erase_files(ctx)
        await ctx.db.scrub()
        seconds = _HOUR


async def _compact(ctx: Context) -> None:
    """Write the storage anew each night: until then the gaps between rows may keep traces of what was deleted."""
    while True:
        await asyncio.sleep((_QUIET_MS - ctx.clock()) % DAY_MS / 1000 + _REST_SECONDS)
        await ctx.db.compact()


async def _due(ctx: Context) -> None:
    """Do what its moment has come for: planned posts, polls that end or have new votes, mutes and people that go."""
    while True:
        await _each(
            ctx,
            scheduled.publish_due,
            polls.do_due,
            end_due_mutes,
            bridges.do_due,
            narrowing.take_back_owed,
            erasures.remind,
            restore.write_down,
            guests.end_due,
            leavers.end_due,
        )
        await asyncio.sleep(_REST_SECONDS)


async def _retain(ctx: Context) -> None:
    while True:
        await _each(
            ctx,
            retention.forget_old_rows,
            mails.forget,
            case_retention.forget,
            imports.forget,
            expiry.erase_due,
            expiry.forget_versions,
            reminders.of_bridges,
            holds.end_due,
            inactivity.climb,
            leavers.erase_due,
            personas.end_due,
            personas.close_due,
        )
        await asyncio.sleep(_HOUR)


async def _each(ctx: Context, *work: Callable[[Context], Awaitable[object]]) -> None:
    """Do one after the other; one that fails is logged, and keeps none of the others from being done."""
    for one in work:
        try:
            await one(ctx)
        except Unavailable:
            raise  # so would the others
        except Exception:
            log.exception("%s.%s failed and is tried again", one.__module__, one.__name__)


async def _count(ctx: Context) -> None:
    while True:
        await trends.count(ctx)
        await asyncio.sleep(_QUARTER)


async def _witness(ctx: Context) -> None:
    while True:
        await witnesses.ask(ctx)
        await asyncio.sleep(_HOUR)


async def _listen(ctx: Context) -> None:
    while True:
        await silence.listen(ctx)
        await silence.erase_due(ctx)
        await asyncio.sleep(_HOUR)


async def _greet(ctx: Context) -> None:
    """At the start, and once an hour: fetch the organisation's list, and tell the others that we are there."""
    while True:
        try:
            await hello.say(ctx)
        except FederationError as error:
            log.info("the founding node does not answer: %s", error.message)
        await asyncio.sleep(_HOUR)
