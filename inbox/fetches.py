"""Fetches what an activity is about, beside the worker: a slow server keeps nobody else's activities waiting."""

import asyncio
import logging

from federation import hosts, resolve
from node.context import Context
from node.errors import AllmendeError

log = logging.getLogger("allmende.inbox")

_MOST = 500
_PER_HOST = 4


class Fetches:
    """Posts being fetched: each uri once (threat N11), a few at a time from one host.

    One that arrives wakes the activities that wait for it; one that does not is asked for again when they are
    tried again.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._turns: dict[str, asyncio.Semaphore] = {}

    def start(self, uri: str) -> None:
        """Fetch this post, unless that is under way, or there is too much to fetch already."""
        if uri not in self._under_way and len(self._under_way) < _MOST:
            task = asyncio.create_task(self._fetch(uri))
            self._under_way[uri] = task
            task.add_done_callback(lambda _: self._under_way.pop(uri, None))

    async def finish(self) -> None:
        """Wait for everything that is under way."""
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def cancel(self) -> None:
        """Give up what is under way."""
        for task in self._under_way.values():
            task.cancel()

    async def _fetch(self, uri: str) -> None:
        try:
            host = hosts.authority(uri)
            if host in await self._ctx.policy.members():
                async with self._turns.setdefault(host, asyncio.Semaphore(_PER_HOST)):
                    await resolve.post(self._ctx, uri)
        except AllmendeError as error:
            log.info("could not fetch %s: %s", uri, error.message)
        except Exception:
            log.exception("fetching %s failed", uri)
