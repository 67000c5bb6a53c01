"""Feeds the open streams: who of their readers gets an event is decided by the rules of reading, for all at once.

An event costs a few queries, however many streams are open, and what it shows is rendered once for all who see the
same of it. Only for those to whom it looks different (they wrote it, marked it, filter it) it is rendered again.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass, field
from typing import get_args

import orjson

from node.api.render.announcement import announcements as render_announcements
from node.api.render.conversation import conversations as render_conversations
from node.api.render.notification import notifications as render_notifications
from node.api.render.status import statuses
from node.context import Context
from node.domain import events
from node.domain.events import Event
from node.domain.filters import met
from node.domain.posts import Post
from node.domain.streams import DIRECT, NOTIFICATIONS, USER, Stream, holds
from node.ports import Reader
from node.store import announcements, audience, conversations, notices, notifications, posts, words
from node.store.database import Tx

log = logging.getLogger("allmende.streams")

_ROUND_SECONDS = 0.5
_CHECK_SECONDS = 5.0
_FORGET_SECONDS = 600.0
_OVERLAP_MS = 2_000
_DEPTH = 3
_AT_ONCE = 100

_Ear = tuple[Reader, Stream]
"""An open stream, and what is listened to on it."""


@dataclass(slots=True)
class Message:
    """One event as clients get it. payload: JSON, or the id of what is gone; None for an event that says all itself."""

    event: str
    payload: str | None = None
    _frames: dict[tuple[str, ...], str] = field(default_factory=dict)

    def frame(self, label: tuple[str, ...]) -> str:
        """Return it as a message of a WebSocket, for a stream that the client calls so; made once for all."""
        made = self._frames.get(label)
        if made is None:
            body = {"stream": label, "event": self.event}
            made = orjson.dumps(body if self.payload is None else {**body, "payload": self.payload}).decode()
            self._frames[label] = made
        return made

    def lines(self) -> str:
        """Return it as a server-sent event."""
        data = "" if self.payload is None else f"data: {self.payload}\n"
        return f"event: {self.event}\n{data}\n"


async def run(ctx: Context) -> None:
    """Feed the streams that this process holds, from the events of every process, until cancelled."""
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
    """End the streams whose token has ended, whose member was suspended (threat O04), or who do not read."""
    readers = ctx.hub.readers
    async with ctx.db.read() as tx:
        live = await audience.live_tokens(tx, {reader.token for reader in readers})
    for reader in readers:
        if reader.token not in live or reader.is_stuck(ctx.settings.limits.stream_send_seconds):
            reader.end()


async def _tell(ctx: Context, event: Event) -> None:
    match event:
        case events.PostAdded(id):
            await _post(ctx, id, "update")
        case events.PostEdited(id):
            await _post(ctx, id, "status.update")
        case events.PostDeleted():
            await _deleted(ctx, event)
        case events.Notified(account_id, id):
            await _notification(ctx, account_id, id)
        case events.NotificationsMerged(account_id):
            await _send(_told(ctx, account_id), Message("notifications_merged"))
        case events.ConversationChanged(account_id, id):
            await _conversation(ctx, account_id, id)
        case events.FiltersChanged(account_id):
            await _send(_own(ctx, account_id, USER), Message("filters_changed"))
        case events.AnnouncementChanged(id):
            await _announcement(ctx, id)
        case events.AnnouncementReacted(id, name, count):
            reaction = {"name": name, "count": count, "announcement_id": str(id)}
            await _send(_listening(ctx, USER), Message("announcement.reaction", orjson.dumps(reaction).decode()))
        case events.AnnouncementDeleted(id):
            await _send(_listening(ctx, USER), Message("announcement.delete", str(id)))


def _listening(ctx: Context, stream: Stream) -> list[_Ear]:
    return [(reader, stream) for reader in ctx.hub.readers.listening(stream)]


def _own(ctx: Context, account_id: int, stream: Stream) -> list[_Ear]:
    return [ear for ear in _listening(ctx, stream) if ear[0].account_id == account_id]


def _told(ctx: Context, account_id: int) -> list[_Ear]:
    """Return where a member hears of notifications: by the tokens that may read them."""
    ears = [*_own(ctx, account_id, USER), *_own(ctx, account_id, NOTIFICATIONS)]
    return [(reader, stream) for reader, stream in ears if reader.notifications]


async def _send(ears: Iterable[_Ear], message: Message) -> None:
    """Have a message sent, and between some and some more of it let others work."""
    for number, (reader, stream) in enumerate(ears, 1):
        label = reader.streams.get(stream)
        if label is not None:
            reader.put((label, message))
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)


async def _deleted(ctx: Context, event: events.PostDeleted) -> None:
    """Tell whoever had the post, or could have it before their eyes. They learn its number and nothing else."""
    had = frozenset(event.had)
    ears: list[_Ear] = []
    for stream in ctx.hub.readers.streams():
        if stream.public and event.wide:
            ears += _listening(ctx, stream)
        elif stream == USER or stream.name == "list":
            ears += [ear for ear in _listening(ctx, stream) if ear[0].account_id in had]
    await _send(ears, Message("delete", str(event.post_id)))


async def _notification(ctx: Context, account_id: int, id: int) -> None:
    """Tell a member of a notification that does not wait among the requests."""
    ears = _told(ctx, account_id)
    if not ears:
        return
    async with ctx.db.read() as tx:
        found = await notifications.one(tx, id, account_id=account_id)
        told = [found] if found is not None and not found.filtered else []
        shown = await render_notifications(ctx, tx, told, viewer_id=account_id)
    if shown:
        await _send(ears, Message("notification", orjson.dumps(shown[0]).decode()))


async def _conversation(ctx: Context, account_id: int, id: int) -> None:
    """Tell a member of a new message."""
    ears = _own(ctx, account_id, DIRECT)
    if not ears:
        return
    async with ctx.db.read() as tx:
        found = await conversations.by_id(tx, id, account_id=account_id)
        shown = await render_conversations(ctx, tx, [found] if found else [], viewer_id=account_id)
    if shown:
        await _send(ears, Message("conversation", orjson.dumps(shown[0]).decode()))


async def _announcement(ctx: Context, id: int) -> None:
    """Tell everybody of an announcement; who has read it and reacted to it is not in it."""
    async with ctx.db.read() as tx:
        found = await announcements.by_id(tx, id, now=ctx.clock())
        shown = await render_announcements(ctx, tx, [found] if found else [], viewer_id=0)
    if shown:
        await _send(_listening(ctx, USER), Message("announcement", orjson.dumps(shown[0]).decode()))


async def _post(ctx: Context, id: int, event: str) -> None:
    """Tell those of a post in whose streams it stands."""
    async with ctx.db.read() as tx:
        post = await posts.by_id(tx, id)
        wanted = await _wanted(ctx, tx, post) if post is not None else {}
        if post is None or not wanted:
            return
        async for members, shown in _renderings(ctx, tx, post, set(wanted)):
            await _send((ear for member in members for ear in wanted[member]), Message(event, shown))


async def _wanted(ctx: Context, tx: Tx, post: Post) -> dict[int, list[_Ear]]:
    """Return, by member, in which open streams a post stands."""
    open_streams = ctx.hub.readers.streams()
    hashtags: Collection[str] = ()
    if any(stream.name.startswith("hashtag") for stream in open_streams):
        hashtags = (await posts.hashtags(tx, [post.id])).get(post.id, [])
    media = any(stream.name.endswith(":media") for stream in open_streams) and await audience.has_media(tx, post.id)
    lists = [int(stream.of) for stream in open_streams if stream.name == "list"]
    with_it = await audience.lists_with(tx, post.id, lists) if lists else set()
    concerned = [
        stream
        for stream in open_streams
        if stream == USER
        or (stream.name == "list" and int(stream.of) in with_it)
        or (stream.public and holds(stream, post, hashtags=hashtags, media=media))
    ]
    ears = [ear for stream in concerned for ear in _listening(ctx, stream)]
    if not ears:
        return {}
    members = await audience.reading(tx, post.id, {reader.account_id for reader, _ in ears})
    home = await audience.at_home(tx, post.id, members) if USER in concerned else set()
    wanted: dict[int, list[_Ear]] = defaultdict(list)
    for reader, stream in ears:
        if reader.account_id in (home if stream == USER else members):
            wanted[reader.account_id].append((reader, stream))
    return wanted


async def _renderings(
    ctx: Context, tx: Tx, post: Post, members: set[int]
) -> AsyncIterator[tuple[Collection[int], str]]:
    """Render a post for these members, all of whom may see it: (members, status as JSON), the largest group first.

    Two members see the same when they have nothing to do with what is shown, filter none of it, and may see the same
    of what it passes on, quotes and answers.
    """
    shown, parents = await _related(tx, post)
    others = (set(shown) - {post.id}) | parents
    special = await audience.involved(tx, shown, members)
    filtered = await audience.keywords(tx, members - special, now=ctx.clock())
    if filtered:
        said = [text.casefold() for text in (await words.texts(tx, list(shown))).values()]
        special |= {member for member, some in filtered.items() if any(met(some, text) for text in said)}
    seen = await audience.seeing(tx, others, members - special) if others else {}
    alike: dict[frozenset[int], list[int]] = defaultdict(list)
    for member in members - special:
        alike[frozenset(id for id in others if member in seen[id])].append(member)
    for some in [*sorted(alike.values(), key=len, reverse=True), *([member] for member in sorted(special))]:
        rendered = await statuses(ctx, tx, [post], viewer_id=some[0])
        if rendered:
            yield some, orjson.dumps(rendered[0]).decode()
        await asyncio.sleep(0)


async def _related(tx: Tx, post: Post) -> tuple[dict[int, Post], set[int]]:
    """Return a post with what it passes on and quotes, by id, and the ids of what all these answer."""
    shown: dict[int, Post] = {}
    found = {post.id: post}
    for _ in range(_DEPTH):
        shown |= found
        wanted = {id for one in found.values() for id in (one.boost_of, one.quote_id) if id} - shown.keys()
        if not wanted:
            break
        found = await posts.by_ids(tx, wanted)
    return shown, {one.reply_to_id for one in shown.values() if one.reply_to_id}
