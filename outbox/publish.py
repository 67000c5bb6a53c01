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
    id: int | None = None,
) -> None:
    """Store an activity and queue it for these (host, inbox) pairs, one durable row each.

    object: the uri it is about. carries: the uri of what leaves with it; its holders go into the copy
    ledger. until_confirmed: retry without end (deletions). id: the activity's number when its uri has one.
    """
    inboxes = sorted(set(recipients))
    number = id if id is not None else change.new_id()
    body = documents.dump(render.document(activity))
    await queues.put_activity(
        change.tx,
        queues.Activity(number, activity["id"], actor.id, activity["type"], object, body, change.now),
    )
    if not inboxes:
        return
    horizon = change.now + change.settings.limits.delivery_horizon_seconds * 1000
    await queues.put_deliveries(
        change.tx,
        [
            {
                "id": change.new_id(),
                "activity_id": number,
                "host": host,
                "inbox": inbox,
                "now": change.now,
                "gives_up_at": None if until_confirmed else horizon,
            }
            for host, inbox in inboxes
        ],
    )
    if carries:
        await copies.record(
            change.tx, objects=[carries], owner=actor.uri, holders=inboxes, how="delivery", now=change.now
        )
    change.tell(DeliveriesQueued())
