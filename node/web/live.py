"""What happens while a page is open, told to it: server-sent events (WHATWG HTML, section 9.2) for a session.

An event names a post and says no more; the page asks for what it wants to show of it. A session that ends, idles or
whose member is suspended takes its streams with it, and a stream does not keep a session awake.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import orjson
from quart import Blueprint, Response, g, request

from node.context import Context, running
from node.domain import events
from node.domain.accounts import MODERATING
from node.domain.events import Event
from node.domain.posts import Post
from node.domain.streams import DIRECT, NOTIFICATIONS, THREAD, USER, Stream
from node.domain.viewer import Viewer
from node.listening.ears import Ear
from node.listening.feed import Door
from node.listening.opening import opened, sent_events
from node.ports import Reader
from node.store import audience, badges, lists, posts, timelines, tokens
from node.store.database import Tx
from node.store.pages import Page
from node.web.forms import number
from node.web.pages import fragment, words
from node.web.session import guards_data, signed_in, viewer
from node.web.views import page

live = Blueprint("live", __name__)

_PING_SECONDS = 15.0
_RETRY_MS = 4_000
_MOST = 40
_LONGEST_TAG = 100
_OVER = "event: over\ndata: 0\n\n"


@dataclass(frozen=True, slots=True)
class Told:
    """A post was `added`, `edited` or `deleted`; or what waits for the member has changed: `counts`."""

    event: str
    post_id: int = 0

    def lines(self) -> str:
        """Return it as a server-sent event; a page that was cut off says which new post it heard of last."""
        id = f"id: {self.post_id}\n" if self.event == "added" else ""
        return f"event: {self.event}\n{id}data: {self.post_id}\n\n"


_COUNTS = Told("counts")


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a page shows: the stream to listen to, and how what came into it is read."""

    stream: Stream
    read: Callable[[Tx, Page], Awaitable[list[Post]]]


async def _live(ctx: Context, tx: Tx, secrets: set[str]) -> set[str]:
    now = ctx.clock()
    seen_after = now - ctx.settings.limits.session_idle_seconds * 1000
    return await audience.live_sessions(tx, secrets, seen_after=seen_after, now=now)


async def _tell(ctx: Context, tx: Tx, event: Event, ears: list[Ear]) -> None:
    told = _said(event)
    if told is not None:
        for reader in dict.fromkeys(reader for reader, _ in ears):
            reader.put(told)


def _said(event: Event) -> Told | None:
    match event:
        case events.PostAdded(id):
            return Told("added", id)
        case events.PostEdited(id):
            return Told("edited", id)
        case events.PostDeleted(id):
            return Told("deleted", id)
        case events.Notified() | events.NotificationsMerged() | events.ConversationChanged():
            return _COUNTS
    return None


_FILTERED = {
    "home": "home",
    "lists": "home",
    "unit": "public",
    "organisation": "public",
    "tags": "public",
    "posts": "thread",
}
"""The context of filters on each kind of page."""

BROWSERS = Door(live=_live, tell=_tell)


@live.get("/live")
async def stream() -> Response:
    """Answer with what happens from now on, and before it with what a page has missed.

    `on`: the path of the page, when it shows a stream; `after`: the newest post of it; `have`: the posts on it.
    """
    ctx, found = running(), viewer()
    if found is None:
        return Response(_OVER, content_type="text/event-stream; charset=utf-8")
    async with ctx.db.read() as tx:
        shown = await _shown(tx, found.account.id, request.args.get("on", ""))
    reader = opened(ctx, found, request.scope, door=BROWSERS, secret=tokens.hashed(g.secret))
    response = sent_events(ctx, reader, _lines(ctx, found, reader, shown))
    for always in (NOTIFICATIONS, DIRECT):
        ctx.hub.readers.join(reader, always, ())
    async with ctx.db.read() as tx:
        if shown is not None:
            ctx.hub.readers.join(reader, shown.stream, ())  # listens before it looks, so that nothing is missed
        for told in await _missed(tx, found.account.id, shown):
            reader.put(told)
    reader.put(_COUNTS)
    return response


async def _shown(tx: Tx, me: int, path: str) -> _Shown | None:
    """Return what a page shows, None for one whose posts do not come by themselves."""
    kind, _, of = path.strip("/").partition("/")
    id = number(of) or 0
    match kind:
        case "home":
            return _Shown(USER, lambda tx, page: timelines.home(tx, me, page))
        case "unit":
            return _Shown(Stream("public:local"), lambda tx, page: timelines.unit(tx, page, viewer_id=me))
        case "organisation":
            return _Shown(Stream("public"), lambda tx, page: timelines.organisation(tx, page, viewer_id=me))
        case "tags" if 0 < len(of) <= _LONGEST_TAG:
            tag = of.lower()
            return _Shown(Stream("hashtag", tag), lambda tx, page: timelines.tag(tx, tag, page, viewer_id=me))
        case "lists" if await lists.is_owned(tx, id, account_id=me):
            return _Shown(Stream("list", str(id)), lambda tx, page: timelines.of_list(tx, id, page, viewer_id=me))
        case "posts" if post := await posts.visible_to(tx, id, viewer_id=me):
            return _Shown(Stream(THREAD, str(post.thread_id)), lambda tx, page: _answers(tx, id, page, me))
    return None


async def _answers(tx: Tx, id: int, page: Page, me: int) -> list[Post]:
    _, below = await posts.thread(tx, id, viewer_id=me)
    return [post for post in reversed(below) if page.after < post.id < page.before][: page.limit]


async def _missed(tx: Tx, me: int, shown: _Shown | None) -> list[Told]:
    """Return what came since the page was made or cut off, and what went."""
    told: list[Told] = []
    have = {id for text in request.args.get("have", "").split(",")[:_MOST] if (id := number(text)) is not None}
    if have:
        there = await posts.visible_ids(tx, have, viewer_id=me)
        told += [Told("deleted", id) for id in sorted(have - there.keys())]
    after = number(request.headers.get("Last-Event-ID", "")) or number(request.args.get("after", ""))
    if shown is not None and after is not None:
        told += [Told("added", post.id) for post in reversed(await shown.read(tx, Page(after=after, limit=_MOST)))]
    return told


async def _lines(ctx: Context, viewer: Viewer, reader: Reader, shown: _Shown | None) -> AsyncIterator[str]:
    yield f"retry: {_RETRY_MS}\n\n"
    while True:
        told = await reader.take(seconds=_PING_SECONDS)
        if reader.ended:
            return
        if told is None:
            yield ": \n\n"
        elif told == _COUNTS:
            yield await _counts(ctx, viewer)
        elif await _stands(ctx, shown, told):
            yield told.lines()


async def _stands(ctx: Context, shown: _Shown | None, told: Told) -> bool:
    """Tell whether a page has a place for a post: of a conversation it may show one branch only."""
    if shown is None or shown.stream.name != THREAD or told.event != "added":
        return True
    async with ctx.db.read() as tx:
        return bool(await shown.read(tx, Page(before=told.post_id + 1, after=told.post_id - 1, limit=1)))


async def _counts(ctx: Context, viewer: Viewer) -> str:
    """Return the numbers in the menu, by the signs of the entries."""
    guards = await guards_data(ctx, viewer)
    async with ctx.db.read() as tx:
        found = await badges.of(tx, viewer.account.id, moderates=viewer.role in MODERATING, guards=guards)
    counts = {
        "bell": found.notifications,
        "mail": found.conversations,
        "shield": found.complaints,
        "scroll": found.cases,
    }
    return f"event: counts\ndata: {orjson.dumps(counts).decode()}\n\n"


@live.get("/live/posts")
@signed_in
async def some(ctx: Context, viewer: Viewer) -> Response:
    """Return these posts (`id`) in this order, as they are now; those that one may not see are left out.

    `on`: the path of the page, which says what filters hide there.
    """
    kind = request.args.get("on", "").strip("/").partition("/")[0]
    wanted = [id for text in request.args.getlist("id")[:_MOST] if (id := number(text)) is not None]
    async with ctx.db.read() as tx:
        found = await posts.visible_ids(tx, wanted, viewer_id=viewer.account.id)
        ordered = [found[id] for id in dict.fromkeys(wanted) if id in found]
        views = await page(ctx, tx, ordered, viewer_id=viewer.account.id, words=words(), where=_FILTERED.get(kind, ""))
    return await fragment("parts/post.html", "several", views)
