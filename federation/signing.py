"""Signs requests beside the event loop: a signature takes most of a millisecond, another core may do it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from node.ports import Sign

_AT_ONCE = 16
_TRIPS = 2


@dataclass(frozen=True, slots=True)
class _Wanted:
    sign: Sign
    method: str
    url: str
    body: bytes | None
    headers: "asyncio.Future[Mapping[str, str]]"


class Signing:
    """Makes signatures in threads. Those wanted in the same moment share a trip, which costs a fifth of a request."""

    def __init__(self) -> None:
        self._waiting: list[_Wanted] = []
        self._trips: set[asyncio.Task[None]] = set()

    async def headers(self, sign: Sign, method: str, url: str, body: bytes | None) -> Mapping[str, str]:
        """Return what `sign` returns, or raise what it raises."""
        wanted = _Wanted(sign, method, url, body, asyncio.get_running_loop().create_future())
        self._waiting.append(wanted)
        if len(self._trips) < _TRIPS:
            self._trips.add(asyncio.create_task(self._travel()))
        return await wanted.headers

    async def _travel(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
            made = await asyncio.to_thread(_made, group)
            for wanted, headers in zip(group, made, strict=True):
                if wanted.headers.done():
                    continue
                if isinstance(headers, Exception):
                    wanted.headers.set_exception(headers)
                else:
                    wanted.headers.set_result(headers)
        # At once, not by a callback: whoever comes next must see that nobody travels any more.
        self._trips.discard(cast("asyncio.Task[None]", asyncio.current_task()))


def _made(group: list[_Wanted]) -> list[Mapping[str, str] | Exception]:
    made: list[Mapping[str, str] | Exception] = []
    for wanted in group:
        try:
            made.append(wanted.sign(wanted.method, wanted.url, wanted.body))
        except Exception as error:
            made.append(error)
    return made
