"""Whoever falls out of an audience loses the copy: each node where nobody is in it any more is ordered to (E19).

What is still on its way there is stopped (E20). Nodes that sign get one order for all that was for an actor's
followers, or a group's members; from other software each post of ours is taken back by itself, some at a time. Who
comes in again gets what is written from then on, and may fetch what was.
"""

from collections.abc import Iterable

from node.context import Change, Context
from node.domain.accounts import Account
from node.domain.erasures import Ground, Scope
from node.domain.posts import Post
from node.store import accounts, copies, nodes, posts, queues, relationships
from node.store.nodes import Member
from outbox import erasures
from outbox.as_node import node_of

_BATCH = 100


async def leave_out(change: Change, actor: Account, host: str) -> None:
    """Somebody of a node follows one of ours, or is in a group of ours, no more: were they the last one there?

    With nodes outside the organisation a group is shared by a bridge, which has an end of its own.
    """
    member = await nodes.member(change.tx, host) if actor.local and host else None
    if member is None or await relationships.has_follower_at(change.tx, actor.id, host):
        return
    signs = member.kind != "admitted"
    if await copies.withdraw(change.tx, actor.id, host, owed=not signs):
        await queues.cancel_withdrawn(change.tx, host)
        if signs:
            await erasures.order_audience(change, actor, host=host, inbox=member.shared_inbox)


async def part_with(change: Change, members: Iterable[Member]) -> None:
    """Take everything back from nodes that leave the organisation, or all others, when this one does.

    Call it while they are members still: who signs is known of those.
    """
    node = await node_of(change.tx, change.settings.url)
    for member in members:
        signs = member.kind != "admitted"
        if await copies.withdraw_all(change.tx, member.host, owed=not signs) and signs:
            await erasures.order_audience(change, node, host=member.host, inbox=member.shared_inbox)
        await queues.cancel_to_host(change.tx, member.host)


async def narrow(change: Change, post: Post, *, author: Account) -> None:
    """Take a post of ours back from the holders at which nobody is in its audience any more."""
    holders = await copies.fallen(change.tx, post.uri)
    if not holders:
        return
    hosts = [host for host, _ in holders]
    await copies.order_at(change.tx, post.uri, hosts)
    for host in hosts:
        await queues.cancel_withdrawn(change.tx, host)
    await _take_back(change, post, author=author, holders=holders)


async def taken_out(change: Change, post: Post | None) -> None:
    """A post stands in a group no more; one of ours is taken back from whoever had it for that."""
    author = await accounts.by_id(change.tx, post.author_id) if post is not None and post.local else None
    if post is not None and author is not None:
        await narrow(change, post, author=author)


async def take_back_owed(ctx: Context) -> None:
    """Take back some of the posts that other software has, and nobody there is to read any more."""
    async with ctx.db.read() as tx:
        found = await copies.owed(tx, limit=_BATCH)
    for copy in found:
        async with ctx.change() as change:
            await copies.order_at(change.tx, copy.object, [copy.host])
            post = await posts.by_uri(change.tx, copy.object)
            author = await accounts.by_id(change.tx, post.author_id) if post is not None else None
            if post is not None and author is not None:
                await _take_back(change, post, author=author, holders=[(copy.host, copy.inbox)])


async def _take_back(change: Change, post: Post, *, author: Account, holders: Iterable[tuple[str, str]]) -> None:
    reached = [(host, inbox) for host, inbox in holders if inbox]
    if reached:
        await erasures.order_deletion(
            change, post, author=author, holders=reached, scope=Scope.COPY, ground=Ground.NARROWED
        )
