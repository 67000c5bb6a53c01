"""Pushes notifications to members' browsers and apps, by way of the push services that these chose.

A push service learns when a member is told something. What it is stays sealed, and says no more than who did what, and
the beginning of what many may read anyway: it is shown on locked screens (threat L08).
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from federation import hosts
from federation.errors import FederationError, Refused, Unreachable
from node.adapters.push import Message, sealed
from node.context import Context
from node.domain import text
from node.domain.accounts import Account
from node.domain.events import Notified
from node.domain.media import Links
from node.domain.notifications import Notification
from node.domain.posts import Post
from node.domain.push import Subscription, Way
from node.domain.visibility import is_private
from node.ports import Scheme
from node.store import accounts, notifications, posts, push
from outbox.subscriptions import seen_after
from themes.phrases import Phrases, notices

log = logging.getLogger("allmende.push")

_HOUR = 3_600
_AT_ONCE = 20
_WAITING = 1_000
_PAUSES = (0, 10, 60)
_LONGEST_BODY = 140
_LONGEST_NAME = 60
_GONE = (404, 410)
_NEWS = "/notifications"
_CONTENT_TYPE = "application/octet-stream"


async def run(ctx: Context) -> None:
    """Push what this process tells its members, until cancelled. What is under way then is lost."""
    slots = asyncio.Semaphore(_AT_ONCE)
    under_way: set[asyncio.Task[None]] = set()
    try:
        with ctx.hub.listen(Notified) as heard:
            while True:
                for event in await heard.next(seconds=_HOUR):
                    if isinstance(event, Notified):
                        for due in await _due(ctx, event):
                            if len(under_way) >= _WAITING:
                                log.warning("push messages are dropped: too many are under way")
                                break
                            task = asyncio.create_task(_deliver(ctx, due, slots))
                            under_way.add(task)
                            task.add_done_callback(under_way.discard)
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Due:
    """What one client is to be told."""

    subscription: Subscription
    payload: bytes


async def _due(ctx: Context, event: Notified) -> list[_Due]:
    """Return whom to tell of a notification; nobody, when it is gone or about what its member may not see."""
    if not ctx.settings.push.enabled:
        return []
    async with ctx.db.read() as tx:
        found = await notifications.one(tx, event.notification_id, account_id=event.account_id)
        if found is None or found.filtered:
            return []
        telling = await push.telling(
            tx, event.account_id, from_id=found.from_id, seen_after=seen_after(ctx), now=ctx.clock()
        )
        if telling is None:
            return []
        sender = await accounts.by_id(tx, found.from_id)
        post = await posts.visible_to(tx, found.post_id, viewer_id=event.account_id) if found.post_id else None
    if sender is None or (found.post_id is not None and post is None):
        return []
    told = _payload(ctx, found, sender, post, language=telling.language)
    return [
        _Due(one, _sent_to(one, told, link=f"/posts/{post.id}" if post else _NEWS))
        for one in telling.subscriptions
        if one.wants(found.kind, followed=telling.followed, follower=telling.follower)
    ]


def _payload(
    ctx: Context, notification: Notification, sender: Account, post: Post | None, *, language: str
) -> dict[str, str]:
    """Return what clients show (Mastodon's Web::NotificationSerializer).

    The id is text, for no script can hold our numbers. `access_token` is empty: we keep none, and clients that look
    for their account by it take the one in use.
    """
    said = notices(Phrases(language))[notification.kind]
    shown = post is not None and not is_private(post.visibility)
    return {
        "access_token": "",
        "preferred_locale": language,
        "notification_id": str(notification.id),
        "notification_type": notification.kind.value,
        "icon": Links(ctx.settings.url, ctx.secret, ctx.clock()).portrait(sender),
        "title": f"{text.plain(sender.name or sender.username, longest=_LONGEST_NAME)} {said}",
        "body": (post.summary or text.excerpt(post.content))[:_LONGEST_BODY] if post is not None and shown else "",
    }


def _sent_to(one: Subscription, told: dict[str, str], *, link: str) -> bytes:
    """Return the message for one client. Apps know by themselves where a notification leads; our pages are told."""
    return orjson.dumps(told if one.holder.way is Way.APP else {**told, "link": link})


async def sample(ctx: Context, one: Subscription, *, title: str, language: str) -> bool:
    """Push a message that says no more than that it arrives; False: the push service does not take it."""
    told = {"notification_id": "sample", "preferred_locale": language, "title": title, "body": "", "icon": ""}
    due = _Due(one, _sent_to(one, told, link=_NEWS))
    try:
        status = await _post(ctx, due)
    except FederationError as error:
        log.info("a push message could not be sent: %s", error.message)
        return False
    if status in _GONE:
        await _end(ctx, one)
    return status < 400


async def _end(ctx: Context, one: Subscription) -> None:
    async with ctx.change() as change:
        await push.remove(change.tx, one.id, account_id=one.account_id)


async def _deliver(ctx: Context, due: _Due, slots: asyncio.Semaphore) -> None:
    """Post one message, at most three times; a push service that says so ends the subscription."""
    for pause in _PAUSES:
        await asyncio.sleep(pause)
        async with slots:
            try:
                status = await _post(ctx, due)
            except Unreachable:
                continue
            except Refused:
                status = 410  # the guard will never let it through
            except FederationError as error:
                log.info("a push message could not be sent: %s", error.message)
                return
        if status in _GONE:
            await _end(ctx, due.subscription)
            return
        if status < 500 and status not in (408, 429):
            if status >= 400:
                log.warning("%s refuses a push message: %d", hosts.parse(due.subscription.endpoint).authority, status)
            return


async def _post(ctx: Context, due: _Due) -> int:
    one = due.subscription
    contact = ctx.settings.node.contact
    message = await asyncio.to_thread(
        sealed,
        due.payload,
        secret=ctx.secret,
        endpoint=one.endpoint,
        p256dh=one.p256dh,
        auth=one.auth,
        standard=one.standard,
        contact=f"mailto:{contact}" if contact else ctx.settings.url,
        now=ctx.clock(),
    )
    reply = await ctx.wire.post(one.endpoint, message.body, content_type=_CONTENT_TYPE, sign=_Headers(message))
    status: int = reply.status
    return status


@dataclass(frozen=True, slots=True)
class _Headers:
    """Signs a message to a push service (RFC 8292)."""

    message: Message

    def __call__(
        self, method: str, url: str, body: bytes | None, /, scheme: Scheme = Scheme.DRAFT
    ) -> Mapping[str, str]:
        return self.message.headers
