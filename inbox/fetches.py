"""Fetches what an activity is about, beside the worker: a slow server keeps nobody else's activities waiting."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

from federation import hosts, quotes, resolve, threads
from federation.errors import Refused, Unreachable
from inbox.dispatch import Fetch
from inbox.retry import later
from inbox.synchronise import heal
from moderation import orders
from node.context import Context
from node.effects.errands import Errand
from node.errors import AllmendeError, Unavailable
from node.store import queues

log = logging.getLogger("allmende.inbox")

_MOST = 500
_PER_HOST = 4


class Fetches:
    """What is being fetched: each uri once (threat N11), a few at a time from one host.

    One that arrives wakes the activities that wait for it; one that does not is asked for again when they are
    tried again. A row that is itself a question (`node.effects.errands`) ends with the answer.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._turns: dict[str, asyncio.Semaphore] = {}

    def start(self, uri: str, fetch: Fetch) -> None:
        """Fetch what is at a uri, unless that is under way, or there is too much to fetch already."""
        self._start(uri, self._fetch(uri, fetch))

    def answer(self, errand: Errand, row: queues.InboxRow) -> None:
        """Ask what the row says, then end it."""
        self._start(row.uri, self._answer(errand, row))

    def _start(self, name: str, work: Coroutine[None, None, None]) -> None:
        if name in self._under_way or len(self._under_way) >= _MOST:
            work.close()
            return
        self._under_way[name] = asyncio.create_task(work)
        self._under_way[name].add_done_callback(lambda _: self._under_way.pop(name, None))

    async def finish(self) -> None:
        """Wait for everything that is under way."""
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def cancel(self) -> None:
        """Give up what is under way."""
        for task in self._under_way.values():
            task.cancel()

    async def _fetch(self, uri: str, fetch: Fetch) -> None:
        try:
            async with self._turn(uri):
                await fetch(self._ctx, uri)
        except AllmendeError as error:
            log.info("could not fetch %s: %s", uri, error.message)
        except Exception:
            log.exception("fetching %s failed", uri)

    async def _answer(self, errand: Errand, row: queues.InboxRow) -> None:
        try:
            async with self._turn(row.object):
                await self._ask(errand, row)
        except (Unreachable, Unavailable) as error:
            async with self._ctx.change() as change:
                await later(change, row, error)
            return
        except AllmendeError as error:
            log.info("no answer for %s: %s", row.object, error.message)
        except Exception:
            log.exception("asking for %s failed", row.object)
        async with self._ctx.change() as change:
            await queues.drop_inbox(change.tx, row.id)

    async def _ask(self, errand: Errand, row: queues.InboxRow) -> None:
        match errand:
            case Errand.REFETCH:
                await resolve.refresh(self._ctx, row.object)
            case Errand.SYNCHRONISE:
                await heal(self._ctx, row)
            case Errand.THREAD:
                await threads.complete(self._ctx, row.object)
            case Errand.QUOTE:
                await quotes.check(self._ctx, row.object)
            case Errand.ORDER:
                await orders.look_into(self._ctx, row.body)

    @asynccontextmanager
    async def _turn(self, uri: str) -> AsyncIterator[None]:
        host = hosts.authority(uri)
        if host not in await self._ctx.policy.speaking():
            raise Refused("That server does not belong to the organisation.")
        async with self._turns.setdefault(host, asyncio.Semaphore(_PER_HOST)):
            yield
