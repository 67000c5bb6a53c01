"""What clients with open streams are told of an event.

What it shows is rendered once for all who see the same of it. Only for those to whom it looks different (they wrote it,
marked it, filter it) it is rendered again.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass, field

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
from node.listening.ears import Ear
from node.listening.feed import Door
from node.store import announcements, audience, conversations, notifications, posts, words
from node.store.database import Tx

_DEPTH = 3
_AT_ONCE = 100


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


async def tell(ctx: Context, tx: Tx, event: Event, ears: list[Ear]) -> None:
    """Have the clients told that hear of an event, in the shape in which each of them sees it."""
    match event:
        case events.PostAdded(id):
            await _post(ctx, tx, id, "update", ears)
        case events.PostEdited(id):
            await _post(ctx, tx, id, "status.update", ears)
        case events.PostDeleted(id):
            await _send(ears, Message("delete", str(id)))
        case events.Notified(account_id, id):
            await _notification(ctx, tx, account_id, id, ears)
        case events.NotificationsMerged():
            await _send(ears, Message("notifications_merged"))
        case events.ConversationChanged(account_id, id):
            await _conversation(ctx, tx, account_id, id, ears)
        case events.FiltersChanged():
            await _send(ears, Message("filters_changed"))
        case events.AnnouncementChanged(id):
            await _announcement(ctx, tx, id, ears)
        case events.AnnouncementReacted(id, name, count):
            reaction = {"name": name, "count": count, "announcement_id": str(id)}
            await _send(ears, Message("announcement.reaction", orjson.dumps(reaction).decode()))
        case events.AnnouncementDeleted(id):
            await _send(ears, Message("announcement.delete", str(id)))


async def _live(ctx: Context, tx: Tx, secrets: set[str]) -> set[str]:
    return await audience.live_tokens(tx, secrets, now=ctx.clock())


CLIENTS = Door(live=_live, tell=tell)


async def _send(ears: Iterable[Ear], message: Message) -> None:
    """Have a message sent, and between some and some more of it let others work."""
    for number, (reader, stream) in enumerate(ears, 1):
        label = reader.streams.get(stream)
        if label is not None:
            reader.put((label, message))
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)


async def _notification(ctx: Context, tx: Tx, account_id: int, id: int, ears: list[Ear]) -> None:
    """Tell a member of a notification that does not wait among the requests."""
    found = await notifications.one(tx, id, account_id=account_id)
    told = [found] if found is not None and not found.filtered else []
    for shown in await render_notifications(ctx, tx, told, viewer_id=account_id):
        await _send(ears, Message("notification", orjson.dumps(shown).decode()))


async def _conversation(ctx: Context, tx: Tx, account_id: int, id: int, ears: list[Ear]) -> None:
    """Tell a member of a new message."""
    found = await conversations.by_id(tx, id, account_id=account_id)
    for shown in await render_conversations(ctx, tx, [found] if found else [], viewer_id=account_id):
        await _send(ears, Message("conversation", orjson.dumps(shown).decode()))


async def _announcement(ctx: Context, tx: Tx, id: int, ears: list[Ear]) -> None:
    """Tell everybody of an announcement; who has read it and reacted to it is not in it."""
    found = await announcements.by_id(tx, id, now=ctx.clock())
    for shown in await render_announcements(ctx, tx, [found] if found else [], viewer_id=0):
        await _send(ears, Message("announcement", orjson.dumps(shown).decode()))


async def _post(ctx: Context, tx: Tx, id: int, event: str, ears: list[Ear]) -> None:
    """Tell those of a post in whose streams it stands."""
    post = await posts.by_id(tx, id)
    if post is None:
        return
    of_member: dict[int, list[Ear]] = defaultdict(list)
    for ear in ears:
        of_member[ear[0].account_id].append(ear)
    async for members, shown in _renderings(ctx, tx, post, set(of_member)):
        await _send((ear for member in members for ear in of_member[member]), Message(event, shown))


async def _renderings(
    ctx: Context, tx: Tx, post: Post, members: set[int]
) -> AsyncIterator[tuple[Collection[int], str]]:
    """Render a post for these members, all of whom may see it: (members, status as JSON), the largest group first.

    Two members see the same when they have nothing to do with what is shown, filter none of it, are wary of nobody whom
    it quotes, and may see the same of what it passes on, quotes and answers, and know the same of the groups in which
    all this stands.
    """
    shown, parents = await _related(tx, post)
    others = (set(shown) - {post.id}) | parents
    special = await audience.involved(tx, shown, members)
    quoted = {one.quote_id for one in shown.values() if one.quote_id}
    special |= await audience.wary(tx, quoted, members - special)
    filtered = await audience.keywords(tx, members - special, now=ctx.clock())
    if filtered:
        said = [text.casefold() for text in (await words.texts(tx, list(shown))).values()]
        special |= {member for member, some in filtered.items() if any(met(some, text) for text in said)}
    seen = await audience.seeing(tx, others, members - special) if others else {}
    groups = {one.group_id for one in shown.values() if one.group_id}
    known = await audience.knowing(tx, groups, members - special)
    alike: dict[frozenset[int], list[int]] = defaultdict(list)
    for member in members - special:
        alike[frozenset(id for id in others if member in seen[id]) | known[member]].append(member)
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
