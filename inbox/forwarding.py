"""Hands on what others answer to our posts, to the nodes that hold these (ActivityPub, section 7.1.2).

The bytes stay as they came, so that a proof in them still holds; without one, the receiver asks the origin.
Only what is public, once, and only what our own nodes would not get from its author anyway: a post for the
organisation goes to every node by itself. We answer for the copies we give: they stand in the ledger, and the
author's Delete goes the same way (requirements E2).
"""

from federation.activities import Activity, Create, Delete, Update
from federation.addressing import visibility_of
from federation.objects import Note
from node.context import Change
from node.domain import uris
from node.domain.accounts import Account
from node.domain.visibility import Visibility
from node.store import accounts, copies, posts, queues
from outbox.audience import within_organisation
from outbox.publish import queue


async def forward(change: Change, row: queues.InboxRow, activity: Activity, sender: Account) -> None:
    """Hand an activity on, after it was handled, to whom it concerns beside us."""
    match activity:
        case Create(object=Note() as note):
            await _answer(change, row, note, sender)
        case Update(object=Note()) | Delete():
            await _to_holders(change, row)


async def _answer(change: Change, row: queues.InboxRow, note: Note, sender: Account) -> None:
    parent = await posts.by_uri(change.tx, note.in_reply_to) if note.in_reply_to else None
    visibility = visibility_of(note.to, note.cc, followers=sender.followers, members="")
    if parent is None or not parent.local or visibility is not Visibility.PUBLIC:
        return
    if parent.visibility is not Visibility.ORGANISATION or await posts.by_uri(change.tx, note.id) is None:
        return
    held = [(copy.host, copy.inbox) for copy in await copies.holders(change.tx, parent.uri) if copy.host != row.host]
    reached = await within_organisation(change, held)
    await _hand_on(change, row, reached)
    await copies.record(change.tx, objects=[note.id], owner=sender.uri, holders=reached, how="forward", now=change.now)


async def _to_holders(change: Change, row: queues.InboxRow) -> None:
    held = [(copy.host, copy.inbox) for copy in await copies.holders(change.tx, row.object) if copy.inbox]
    if held and row.type == "Delete":
        await _hand_on(change, row, held, until_confirmed=True)
        await copies.order(change.tx, row.object)
    elif held:
        await _hand_on(change, row, await within_organisation(change, held))


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
