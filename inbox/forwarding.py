"""Hands on what others answer to our posts, to the nodes that hold these (ActivityPub, section 7.1.2), and what they
say and do in groups of ours (FEP-1b12).

The bytes stay as they came, so that a proof in them still holds; without one, the receiver asks the origin.
Only what is public, once, and only what our own nodes would not get from its author anyway: a post for the
organisation goes to every node by itself. We answer for the copies we give: they stand in the ledger, and the
author's Delete goes the same way (requirements E2).
"""

import orjson

from federation import bridges
from federation.activities import Activity, Create, Delete, Like, Undo, Update
from federation.addressing import visibility_of
from federation.objects import Note
from node.context import Change
from node.domain import uris
from node.domain.accounts import Account
from node.domain.posts import Post
from node.domain.visibility import Visibility
from node.store import accounts, copies, posts, queues, reactions
from outbox import group_posts
from outbox.audience import within_reach
from outbox.publish import queue


async def forward(change: Change, row: queues.InboxRow, activity: Activity, sender: Account) -> None:
    """Hand an activity on, after it was handled, to whom it concerns beside us."""
    match activity:
        case Create(object=Note() as note):
            if not await _into_group(change, row, note, sender):
                await _answer(change, row, note, sender)
        case Update(object=Note()):
            if not await _changed_in_group(change, row, sender):
                await _to_holders(change, row)
        case Delete() if await posts.by_uri(change.tx, row.object) is None:
            await _gone(change, row)
        case Like() if await reactions.by_uri(change.tx, activity.id) is not None:
            await _reacted_in_group(change, row, activity.object, sender)
        case Undo(kind="Like" | "EmojiReact"):
            await _reacted_in_group(change, row, activity.about, sender)


async def _into_group(change: Change, row: queues.InboxRow, note: Note, sender: Account) -> bool:
    """Let a post stand in the group of ours that it was written to; False when there is none."""
    if not any(uri.startswith(f"{change.settings.url}/") for uri in note.audience):
        return False
    post, group = await _grouped(change, note.id)
    if post is None or group is None:
        return False
    await group_posts.pass_on(change, group, post, orjson.loads(row.body), author=sender)
    return True


async def _changed_in_group(change: Change, row: queues.InboxRow, sender: Account) -> bool:
    post, group = await _grouped(change, row.object)
    if post is None or group is None:
        return False
    inside = await posts.boost_by(change.tx, author_id=group.id, post_id=post.id) is not None
    if not inside and post.visibility is Visibility.GROUP:
        return True  # it was taken out: no member reads it any more
    fallen = {host for host, _ in await copies.fallen(change.tx, post.uri)}
    holders = await copies.holders(change.tx, post.uri)
    held = [(one.host, one.inbox) for one in holders if one.state == "held" and one.host not in fallen]
    author = await accounts.by_id(change.tx, post.author_id)
    beyond = await bridges.post_crosses(change.tx, post, author=author) if author else set()
    also = await within_reach(change, held, beyond=beyond)
    await group_posts.hand_on(change, group, orjson.loads(row.body), post=post, owner=sender.uri, also=also)
    return True


async def _reacted_in_group(change: Change, row: queues.InboxRow, uri: str, sender: Account) -> None:
    post, group = await _grouped(change, uri)
    if post is not None and group is not None:
        await group_posts.tell_reaction(change, group, orjson.loads(row.body), post=post, by=sender)


async def _grouped(change: Change, uri: str) -> tuple[Post | None, Account | None]:
    """Return a post that stands in a group of ours, with that group."""
    post = await posts.by_uri(change.tx, uri)
    group = await accounts.by_id(change.tx, post.group_id) if post is not None and post.group_id else None
    return post, group if group is not None and group.local and group.active else None


async def _answer(change: Change, row: queues.InboxRow, note: Note, sender: Account) -> None:
    parent = await posts.by_uri(change.tx, note.in_reply_to) if note.in_reply_to else None
    visibility = visibility_of(note.to, note.cc, followers=sender.followers, members="")
    if parent is None or not parent.local or visibility is not Visibility.PUBLIC:
        return
    if parent.visibility is not Visibility.ORGANISATION or await posts.by_uri(change.tx, note.id) is None:
        return
    held = [(copy.host, copy.inbox) for copy in await copies.holders(change.tx, parent.uri) if copy.host != row.host]
    reached = await within_reach(change, held)
    await _hand_on(change, row, reached)
    await copies.record(change.tx, objects=[note.id], owner=sender.uri, holders=reached, how="forward", now=change.now)


async def _to_holders(change: Change, row: queues.InboxRow) -> None:
    held = await copies.keepers(change.tx, row.object)
    if held:
        await _hand_on(change, row, await within_reach(change, held))


async def _gone(change: Change, row: queues.InboxRow) -> None:
    """Hand a deletion on to those who have it, or anything of who is gone, from us; not to who sent it."""
    held = {*await copies.keepers(change.tx, row.object), *await copies.holders_of_owner(change.tx, row.object)}
    reached = sorted((host, inbox) for host, inbox in held if inbox and host != row.host)
    await _hand_on(change, row, reached, until_confirmed=True)
    await copies.order(change.tx, row.object)
    await copies.order_all_of(change.tx, row.object)
    await copies.confirm(change.tx, object=row.object, host=row.host)


async def _hand_on(
    change: Change, row: queues.InboxRow, recipients: list[tuple[str, str]], *, until_confirmed: bool = False
) -> None:
    node = await accounts.by_uri(change.tx, uris.node(change.settings.url))
    if node is not None and recipients:
        await queue(
            change,
            queues.Activity(change.new_id(), row.uri, node.id, row.type, row.object, row.body, change.now),
            recipients=recipients,
            until_confirmed=until_confirmed,
        )
