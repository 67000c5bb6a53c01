"""Orders to erase, at the node they come from: whom they go to, and who has answered.

Every deletion here is one. It travels with the Delete (`federation.erasures`); each holder of ours answers with a
signed receipt, and is asked again until it has: in ten minutes, an hour, then every day without end (requirements E3).
Who refuses for a legal hold is asked again when that ends.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import orjson

from federation import documents, erasures, render
from federation.erasures import Order
from federation.errors import Refused
from node.context import Change, Context
from node.domain import uris
from node.domain.accounts import Account
from node.domain.erasures import LONGEST_HOLD_MS, Erasure, Ground, Holder, Scope, State
from node.domain.times import DAY_MS
from node.store import bridges, copies, nodes, queues, restores
from node.store import erasures as rows
from outbox.as_node import check_signed, node_of, proof_key
from outbox.audience import inbox_of
from outbox.publish import new_uri, publish

_MINUTE_MS = 60_000
_AGAIN_MS = (10 * _MINUTE_MS, 60 * _MINUTE_MS, 1_440 * _MINUTE_MS)
_BATCH = 100


async def order(
    change: Change,
    account: Account,
    object: str,
    *,
    holders: Iterable[tuple[str, str]],
    scope: Scope = Scope.OBJECT,
    ground: Ground = Ground.WISH,
) -> render.Json:
    """Write an order down and return it signed, for the Delete that carries it.

    account: whose object it is, or who is erased themselves. holders: (host, inbox) of all who have a copy.
    """
    node, id = await node_of(change.tx, change.settings.url), change.new_id()
    due_at = change.now + change.settings.limits.erasure_due_seconds * 1000
    uri = erasures.order_uri(change.settings.url, id)
    found = Erasure(id, uri, object, account.uri, scope, ground, b"", "", change.now, due_at)
    body = erasures.render_order(found, base=change.settings.url, epoch=await restores.epoch(change.tx))
    signed = await change.keys.prove(change.tx, node.id, body, now=change.now)
    key, _ = await proof_key(change.tx, node)
    told = list(holders)
    done_at = None if told else change.now
    await rows.put(change.tx, replace(found, document=documents.dump(signed), key=key, done_at=done_at))
    await _add(change, id, told, again_at=change.now + _AGAIN_MS[0])
    return signed


async def order_passage(change: Change, author: Account, object: str, *, ground: Ground) -> None:
    """Order that nobody keeps an earlier version of an object of an author's, after its newest was sent.

    It goes to the nodes that answer such an order; other software has the newest version, and signs nothing.
    """
    held = [(copy.host, copy.inbox) for copy in await copies.holders(change.tx, object)]
    signed = await order(change, author, object, holders=held, scope=Scope.PASSAGE, ground=ground)
    erasure = await rows.by_uri(change.tx, signed["id"])
    assert erasure is not None, "it was put just now"
    for one in (await rows.holders(change.tx, [erasure.id])).get(erasure.id, []):
        if one.signs and one.inbox:
            await _send(change, erasure, one.host, one.inbox)


async def _add(change: Change, id: int, holders: Sequence[tuple[str, str]], *, again_at: int) -> None:
    if not holders:
        return
    signing = await nodes.kindred(change.tx) | await bridges.speaking_hosts(change.tx, signing=True)
    await rows.put_holders(
        change.tx,
        id,
        [Holder(host, inbox, host in signing, State.ORDERED, change.now) for host, inbox in holders],
        again_at=again_at,
    )


async def remember(change: Change, order: Order, *, owner: str, holders: Sequence[tuple[str, str]]) -> None:
    """Write down again an order of ours that the database had forgotten; its holders are asked for receipts at once."""
    node = await node_of(change.tx, change.settings.url)
    key, _ = await proof_key(change.tx, node)
    id, document = change.new_id(), order.document
    ordered_at = documents.time(document.get("published")) or change.now
    due_at = documents.time(document.get("endTime")) or change.now
    await rows.put(
        change.tx,
        Erasure(
            id,
            order.uri,
            order.object,
            owner,
            order.scope,
            Ground(documents.text(document.get("ground"))),
            documents.dump(document),
            key,
            ordered_at,
            due_at,
            done_at=None if holders else change.now,
        ),
    )
    await _add(change, id, holders, again_at=change.now)


async def receipt(change: Change, document: render.Json, sender: Account) -> None:
    """Take in a receipt or a refusal (the handler of a Receipt). Whom its sender had given copies is asked, too (E2).

    Raises:
        Refused: it is not the word of the node that sends it, or refuses what may not be refused. BadSignature: it is
            not signed. Malformed: it is none.
    """
    found = erasures.parse_receipt(document)
    if sender.uri != found.node or sender.uri != uris.node_at(change.settings.url, sender.host):
        raise Refused("A node signs for itself that it has erased something.")
    key = await check_signed(change.tx, document, by=sender)
    erasure = await rows.by_uri(change.tx, found.order)
    if erasure is None:
        return
    if found.held_until is not None:
        _check_refusal(erasure, found.held_until, now=change.now)
    inboxes = {member.host: member.shared_inbox for member in await nodes.members(change.tx)}
    further = [(host, inboxes.get(host, "")) for host in found.passed_to if host != change.settings.authority]
    await _add(change, erasure.id, [inbox_of(sender), *further], again_at=change.now)
    told, now = documents.dump(document), change.now
    if found.held_until is not None:
        until = found.held_until
        again_at = max(until, now + _AGAIN_MS[0])  # a day that is over, or another clock, asks for no stream of orders
        await rows.held_by(
            change.tx, erasure.id, sender.host, receipt=told, key=key, until=until, again_at=again_at, now=now
        )
        await queues.settle_deletions(change.tx, erasure.object, host=sender.host)
        return
    await rows.erased_by(change.tx, erasure.id, sender.host, receipt=told, key=key, now=now)
    if erasure.scope is not Scope.PASSAGE:
        await copies.confirm(change.tx, object=erasure.object, host=sender.host)
        await queues.settle_deletions(change.tx, erasure.object, host=sender.host)


def _check_refusal(erasure: Erasure, until: int, *, now: int) -> None:
    if erasure.scope is not Scope.ACTOR:
        raise Refused("A legal hold keeps people, and no single posts.")
    if until > now + LONGEST_HOLD_MS + DAY_MS:  # a day, for clocks and zones
        raise Refused("A legal hold ends within ten years.")


async def remind(ctx: Context) -> None:
    """Send orders again to nodes that owe a receipt for them, by the node's own hand: their author may be gone."""
    async with ctx.db.read() as tx:
        due = await rows.to_remind(tx, now=ctx.clock(), limit=_BATCH)
    for erasure, host, inbox, tries in due:
        async with ctx.change() as change:
            again_at = change.now + _AGAIN_MS[min(tries + 1, len(_AGAIN_MS) - 1)]
            await rows.reminded(change.tx, erasure.id, host, again_at=again_at)
            if not await queues.waits(change.tx, erasure.object, type=_verb(erasure), host=host):
                await _send(change, erasure, host, inbox)


def _verb(erasure: Erasure) -> str:
    """Return the activity that carries an order: other software deletes by it what it knows to delete."""
    return "Update" if erasure.scope is Scope.PASSAGE else "Delete"


async def _send(change: Change, erasure: Erasure, host: str, inbox: str) -> None:
    node = await node_of(change.tx, change.settings.url)
    number, uri = new_uri(change)
    signed = orjson.loads(erasure.document)
    await publish(
        change,
        render.about(_verb(erasure), id=uri, actor=node.uri, object=erasure.object, to=[], order=signed),
        actor=node,
        object=erasure.object,
        recipients=[(host, inbox)],
        until_confirmed=True,
        id=number,
    )
