"""The one way out: an activity and its recipients become rows, in the transaction of what caused them."""

from collections.abc import Iterable
from typing import Any

from federation import documents, render
from node.context import Change
from node.domain import uris
from node.domain.accounts import Account
from node.domain.events import DeliveriesQueued
from node.store import copies, queues

Json = dict[str, Any]

# What others may have to believe without its signed request: passed on by a third, or by a forwarding server.
_PROVEN = frozenset({"Create", "Update", "Delete", "Announce", "Undo", "Move", "Add", "Remove", "Like"})


def new_uri(change: Change) -> tuple[int, str]:
    """Return the number and the id for a new activity."""
    id = change.new_id()
    return id, uris.activity(change.settings.url, id)


async def publish(
    change: Change,
    activity: Json,
    *,
    actor: Account,
    object: str,
    recipients: Iterable[tuple[str, str]],
    carries: str = "",
    until_confirmed: bool = False,
    private: bool = False,
    id: int | None = None,
    owner: str = "",
    handed_on: bool = False,
) -> Json:
    """Store an activity and queue it for these (host, inbox) pairs, one durable row each; return it as it is sent.

    object: the uri it is about. carries: the uri of what leaves with it; its holders go into the copy
    ledger, with its `owner`, the actor unless another is named. handed_on: a group of ours sends it further.
    until_confirmed: retry without end (deletions, and what takes back or hides). private: for certain people, so it
    leaves without a proof, which they could show to others (federation.md 5.1). id: the activity's number when its uri
    has one.
    """
    inboxes = sorted(set(recipients))
    document = render.document(activity)
    if (inboxes or handed_on) and not private and activity["type"] in _PROVEN:
        document = await change.keys.prove(change.tx, actor.id, document, now=change.now)
    number = id if id is not None else change.new_id()
    row = queues.Activity(
        number, activity["id"], actor.id, activity["type"], object, documents.dump(document), change.now
    )
    await queue(change, row, recipients=inboxes, until_confirmed=until_confirmed)
    if carries:
        await copies.record(
            change.tx, objects=[carries], owner=owner or actor.uri, holders=inboxes, how="delivery", now=change.now
        )
    return document


async def queue(
    change: Change,
    activity: queues.Activity,
    *,
    recipients: Iterable[tuple[str, str]],
    until_confirmed: bool = False,
) -> None:
    """Store an activity as it shall be sent, signed by its `actor_id`, and queue it for these (host, inbox) pairs."""
    await queues.put_activity(change.tx, activity)
    horizon = change.now + change.settings.limits.delivery_horizon_seconds * 1000
    rows = [
        {
            "id": change.new_id(),
            "activity_id": activity.id,
            "host": host,
            "inbox": inbox,
            "now": change.now,
            "gives_up_at": None if until_confirmed else horizon,
        }
        for host, inbox in recipients
    ]
    if rows:
        await queues.put_deliveries(change.tx, rows)
        change.tell(DeliveriesQueued())
