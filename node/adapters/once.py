"""Work that several wait for at the same time, and that is done once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Once:
    """Runs one piece of work of a name at a time; who asks for it meanwhile gets the same outcome."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Task[Any]] = {}

    async def do(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        """Return what `work` returns, or raise what it raises. It goes on though one who waits gives up."""
        task = self._under_way.get(name)
        if task is None:
            task = asyncio.ensure_future(self._run(work))
            self._under_way[name] = task
            task.add_done_callback(lambda _: self._under_way.pop(name, None))
        outcome: T = await asyncio.shield(task)
        return outcome

    async def _run(self, work: Callable[[], Awaitable[T]]) -> T:
        return await work()
