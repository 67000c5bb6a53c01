"""The home stream's own way in: the one question that clients ask all day, answered before Quart wakes up.

It asks the same functions as the route (`node.api.timelines.home`); see `node.api.doors`.

Most of these questions come when nothing has happened since the last one. While the database is the same, a page is
sent again as it was, to the token for which it was made.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson

from moderation import members
from node.api import doors
from node.api.answers import links_at, page_of
from node.api.doors import Receive, Scope, Send
from node.api.timelines import home_page
from node.context import Context
from node.domain.viewer import grants
from node.errors import Throttled
from node.store import tokens

_PATH = "/api/v1/timelines/home"
_KEPT_MS = 5_000
_MOST_PAGES = 500
_KNOWN = frozenset({"max_id", "since_id", "min_id", "limit"})


class HomeDoor:
    """Stands before the application, as ASGI."""

    def __init__(self, app: Any, ctx: Context) -> None:
        self._app = app
        self._ctx = ctx
        self._pages: OrderedDict[tuple[str, bytes], _Home] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if doors.is_for(scope, "GET", _PATH):
            try:
                home = await self._home(scope)
            except Exception as error:
                await doors.refuse(self._ctx, send, error)
                return
            if home is not None:
                more = {"Link": home.link} if home.link else {}
                await doors.answer(self._ctx, send, home.body, more, account_id=home.account_id)
                return
        await self._app(scope, receive, send)

    async def _home(self, scope: Scope) -> "_Home | None":
        """Return the page that is asked for; None: something is unusual."""
        token = doors.token(dict(scope["headers"]), self._ctx)
        given = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if not token or not _is_usual(given):
            return None
        home = self._kept(token, scope["query_string"]) or await self._read(token, scope["query_string"], given)
        if home is None:
            return None
        try:
            members.count_request(self._ctx, home.account_id)
        except Throttled:
            return None
        return home

    def _kept(self, token: str, query: bytes) -> "_Home | None":
        home = self._pages.get((token, query))
        fresh = home is not None and home.version == self._ctx.db.version() and self._ctx.clock() < home.until
        return home if fresh else None

    async def _read(self, token: str, query: bytes, given: Sequence[tuple[str, str]]) -> "_Home | None":
        """Return a page as it is now; None: the token does not let its bearer read it."""
        version = self._ctx.db.version()  # before anything is read: what changes meanwhile makes another one
        page = page_of(dict(given))
        async with self._ctx.db.read() as tx:
            reader = await tokens.reader(tx, token, now=self._ctx.clock())
            if reader is None or not grants(frozenset(reader[1].split()), "read:statuses"):
                return None
            shown, ids = await home_page(self._ctx, tx, reader[0], page)
        link = links_at(f"{self._ctx.settings.url}{_PATH}", given, page, ids)
        home = _Home(reader[0], orjson.dumps(shown), link, version, self._ctx.clock() + _KEPT_MS)
        if version is not None:
            self._pages[token, query] = home
            self._pages.move_to_end((token, query))
            if len(self._pages) > _MOST_PAGES:
                self._pages.popitem(last=False)
        return home


@dataclass(frozen=True, slots=True)
class _Home:
    """A page of a member's home as it was at a version of the database; `until`: Unix ms, links and polls age."""

    account_id: int
    body: bytes
    link: str
    version: int | None
    until: int


def _is_usual(given: Sequence[tuple[str, str]]) -> bool:
    names = [name for name, _ in given]
    return (
        len(names) == len(set(names))
        and _KNOWN.issuperset(names)
        and all(value.isdecimal() and value.isascii() and len(value) < 19 for _, value in given)
    )
