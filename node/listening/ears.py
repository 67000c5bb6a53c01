"""Who of those with open streams hears of an event: decided by the rules of reading, for all of them at once.

An event costs a few queries, however many streams are open.
"""

from collections.abc import Collection

from node.context import Context
from node.domain import events
from node.domain.events import Event
from node.domain.posts import Post
from node.domain.streams import DIRECT, NOTIFICATIONS, THREAD, USER, Stream, holds
from node.ports import Reader
from node.store import audience, posts
from node.store import hashtags as tags_of
from node.store.database import Tx

Ear = tuple[Reader, Stream]
"""An open stream, and what is listened to on it."""


async def hearing(ctx: Context, tx: Tx, event: Event) -> list[Ear]:
    """Return who hears of an event; [] when nobody does, or when it is none that streams tell of."""
    match event:
        case events.PostAdded(id) | events.PostEdited(id):
            post = await posts.by_id(tx, id)
            edited = isinstance(event, events.PostEdited)
            return await _of_post(ctx, tx, post, edited=edited) if post is not None else []
        case events.PostDeleted():
            return _of_deleted(ctx, event)
        case events.Notified(account_id) | events.NotificationsMerged(account_id):
            return _told(ctx, account_id)
        case events.ConversationChanged(account_id):
            return _own(ctx, account_id, DIRECT)
        case events.FiltersChanged(account_id):
            return _own(ctx, account_id, USER)
        case events.AnnouncementChanged() | events.AnnouncementReacted() | events.AnnouncementDeleted():
            return _listening(ctx, USER)
    return []


def _listening(ctx: Context, stream: Stream) -> list[Ear]:
    return [(reader, stream) for reader in ctx.hub.readers.listening(stream)]


def _own(ctx: Context, account_id: int, stream: Stream) -> list[Ear]:
    return [ear for ear in _listening(ctx, stream) if ear[0].account_id == account_id]


def _told(ctx: Context, account_id: int) -> list[Ear]:
    """Return where a member hears of notifications: by what may read them."""
    ears = [*_own(ctx, account_id, USER), *_own(ctx, account_id, NOTIFICATIONS)]
    return [(reader, stream) for reader, stream in ears if reader.notifications]


def _of_deleted(ctx: Context, event: events.PostDeleted) -> list[Ear]:
    """Return whoever had the post, or could have it before their eyes. They learn its number and nothing else."""
    had = frozenset(event.had)
    ears: list[Ear] = []
    for stream in ctx.hub.readers.streams():
        if stream.public and event.wide:
            ears += _listening(ctx, stream)
        elif stream == USER or stream.name in ("list", THREAD):
            ears += [ear for ear in _listening(ctx, stream) if ear[0].account_id in had]
    return ears


async def _of_post(ctx: Context, tx: Tx, post: Post, *, edited: bool) -> list[Ear]:
    """Return in which open streams a post stands, for those who may see it; an edited one also where its group passed
    it on.
    """
    open_streams = ctx.hub.readers.streams()
    hashtags: Collection[str] = ()
    if any(stream.name.startswith("hashtag") for stream in open_streams):
        hashtags = (await tags_of.of_posts(tx, [post.id])).get(post.id, [])
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
        return []
    members = await audience.reading(tx, post.id, {reader.account_id for reader, _ in ears})
    home = await audience.at_home(tx, post.id, members, passed_on=edited) if USER in concerned else set()
    return [ear for ear in ears if ear[0].account_id in (home if ear[1] == USER else members)]
