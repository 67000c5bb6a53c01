"""What an order to erase takes away at this node, and what a legal hold keeps back, hidden, until it ends."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial

from federation import documents, erasures
from federation.erasures import Order, Removed
from node.context import Change
from node.domain import uris
from node.domain.accounts import Account
from node.domain.bridges import OPEN, State
from node.domain.erasures import Scope
from node.domain.posts import Post
from node.effects import accounts as account_effects
from node.effects import bridges as bridge_effects
from node.effects import circles as circle_effects
from node.effects import errands
from node.effects import posts as post_effects
from node.effects.errands import Errand
from node.store import (
    accounts,
    bridges,
    circles,
    holds,
    media,
    posts,
    queues,
    relationships,
    tombstones,
    versions,
)
from node.store import erasures as rows
from node.store.holds import Hold
from outbox import narrowing

audit = logging.getLogger("allmende.audit")


async def erase(change: Change, order: Order) -> Removed:
    """Erase what an order is about, wherever it stands here; return what it was, as the receipt says it."""
    if order.scope is Scope.BRIDGE:
        return await _erase_bridge(change, order)
    if order.scope is Scope.PASSAGE:
        return await _erase_passage(change, order)
    if order.scope is Scope.COPY:
        return await _erase_copy(change, order)
    if order.scope is Scope.AUDIENCE:
        return await _erase_audience(change, order)
    if order.scope is Scope.ACTOR:
        removed = await _erase_actor(change, order.object)
    else:
        removed = await _erase_object(change, order)
    # A receipt is given for what is so, not for what was meant.
    left = await posts.by_uri(change.tx, order.object), await posts.uris_by(change.tx, order.object)
    assert left == (None, []), "something of it is left"
    return removed


async def _erase_object(change: Change, order: Order) -> Removed:
    post = await posts.by_uri(change.tx, order.object)
    author = await accounts.by_id(change.tx, post.author_id) if post is not None else None
    if post is None or author is None:
        await post_effects.forget_unseen(change, order.object, by=order.node, former_type="Object")
        return Removed(0, 0, erasures.digest([]))
    files = (await media.of_posts(change.tx, [post.id])).get(post.id, [])
    await post_effects.delete(change, [post], author=author)
    assert not await rows.traces(change.tx, post.uri, post.id), "something of it is left"
    return Removed(1, len(files), erasures.digest([post.uri]))


async def _erase_actor(change: Change, uri: str) -> Removed:
    account = await accounts.by_uri(change.tx, uri)
    if account is None:
        await post_effects.forget_unseen(change, uri, by=uri, former_type="Person")
        return Removed(0, 0, erasures.digest([]))
    written = await posts.uris_by(change.tx, uri)
    removed = Removed(len(written), await media.count_by(change.tx, account.id), erasures.digest(written))
    await erase_account(change, account)
    return removed


async def erase_account(change: Change, account: Account) -> None:
    """Erase somebody of another node, or hide them until the end of a legal hold."""
    if await hold_back(change, account) is not None:
        return
    followed = await relationships.targets_of(change.tx, account.id, local=True)
    await account_effects.bury(change, account)
    await queues.wipe_inbox_from(change.tx, account.uri, but=0)
    for actor in (await accounts.by_ids(change.tx, followed)).values():
        await narrowing.leave_out(change, actor, account.host)


async def hold_back(change: Change, account: Account) -> Hold | None:
    """Hide somebody of another node whom that erases, and on whom a legal hold stands; None: there is none."""
    hold = await holds.of(change.tx, account.id)
    if hold is None or hold.until <= change.now:
        return None
    if not hold.asked:
        await holds.ask(change.tx, account.id)
        await account_effects.hide(change, account)
        audit.warning("%s is hidden, and erased when the legal hold ends", account.uri)
    return hold


async def held_over(change: Change, order: Order) -> Removed | None:
    """Return what is here over the bridge that an order is about, before it is erased; None: it is about none."""
    bridge = await bridges.by_uri(change.tx, order.object)
    if order.scope is not Scope.BRIDGE or bridge is None:
        return None
    found = await bridges.uris_from(change.tx, bridge.group_id, await bridge_effects.beyond_of(change, bridge))
    files = await media.count_in(change.tx, found)
    return Removed(len(found), files, erasures.digest(found))


async def _erase_bridge(change: Change, order: Order) -> Removed:
    removed, bridge = await held_over(change, order), await bridges.by_uri(change.tx, order.object)
    if removed is None or bridge is None:
        return Removed(0, 0, erasures.digest([]))
    if bridge.state in OPEN:
        bridge = bridge.stands(State.ENDING, now=change.now)
        await bridges.put(change.tx, bridge)
    await bridge_effects.close(change, bridge)
    return removed


async def _erase_copy(change: Change, order: Order) -> Removed:
    """Erase a post as it was when nobody here was in its audience any more; a later version may be here, or come."""
    grave = tombstones.Tombstone(order.object, order.node, "Object", _ordered_at(change, order), withdrawn=True)
    await tombstones.bury(change.tx, [grave])
    post = await former(change, order)
    if post is None or post.local:
        return Removed(0, 0, erasures.digest([]))
    files = (await media.of_posts(change.tx, [post.id])).get(post.id, [])
    await post_effects.erase_copies(change, [post])
    return Removed(1, len(files), erasures.digest([post.uri]))


async def _erase_audience(change: Change, order: Order) -> Removed:
    """Erase what was here for an actor's followers, or a group's members, or all that came from a node."""
    until = _ordered_at(change, order)
    if order.object == uris.followers(order.node):
        return await _erase_node(change, order, until=until)
    actor = await accounts.by_followers(change.tx, order.object, host=order.host)
    if actor is None:
        return Removed(0, 0, erasures.digest([]))
    return await _erase_all(change, partial(circles.posts_for, change.tx, actor.id, until=until))


async def _erase_node(change: Change, order: Order, *, until: int) -> Removed:
    """Erase what came from a node, and its people, unless a group is shared with it; whom a hold keeps is hidden."""
    removed = await _erase_all(change, partial(circles.posts_from, change.tx, order.host, until=until))
    if order.host in await bridges.speaking_hosts(change.tx):
        return removed
    itself, after = [order.node, uris.organisation(order.node.removesuffix(uris.node("")))], 0
    while batch := await accounts.at_host(change.tx, order.host, but=itself, until=until, after=after):
        for account in batch:
            if await hold_back(change, account) is None:
                await account_effects.forget(change, account)
        after = batch[-1].id
    return removed


async def _erase_all(change: Change, found: Callable[[], Awaitable[list[int]]]) -> Removed:
    """Erase posts as long as some are found; return what was erased, together."""
    gone: list[str] = []
    files = 0
    while batch := await found():
        files += sum(map(len, (await media.of_posts(change.tx, batch)).values()))
        gone += [post.uri for post in await circle_effects.erase(change, batch)]
    return Removed(len(gone), files, erasures.digest(gone))


async def _erase_passage(change: Change, order: Order) -> Removed:
    post = await posts.by_uri(change.tx, order.object)
    if post is None:
        return Removed(0, 0, erasures.digest([]))
    if await versions.forget(change.tx, post.id):  # else its new version came as one that erases, and did so
        await post_effects.forget_former_texts(change, post)
    return Removed(0, 0, erasures.digest([post.uri]))


async def drop_former(change: Change, order: Order) -> None:
    """Serve no more what a backup brought back: the copy goes, and is fetched as it is now."""
    post = await former(change, order)
    if post is not None:
        await post_effects.erase_copies(change, [post])
        await errands.ask(change, Errand.REFETCH, order.object, actor=order.node)


async def former(change: Change, order: Order) -> Post | None:
    """Return the post that an order is about if it is here as it was before the order."""
    post = await posts.by_uri(change.tx, order.object)
    ordered_at = _ordered_at(change, order)
    return post if post is not None and (post.edited_at or post.published_at) < ordered_at else None


def _ordered_at(change: Change, order: Order) -> int:
    return documents.time(order.document.get("published")) or change.now
