"""Claims due deliveries, signs and posts them, writes down how each ended. A dead worker loses nothing."""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from federation import documents, followers_sync
from federation.errors import FederationError, Refused
from node.context import Change, Context
from node.domain.events import DeliveriesQueued
from node.errors import AllmendeError
from node.store import copies, erasures, nodes, queues, relationships
from outbox import retry

log = logging.getLogger("allmende.outbox")

_IDLE_SECONDS = 1.0
_BREATH_SECONDS = 0.005
_BREAKER_FAILURES = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt: the HTTP status (0: no answer), a short reason, seconds the peer asked us to wait.

    sent: False when we did not try, for a rule of ours.
    """

    delivery: queues.Delivery
    status: int
    error: str
    retry_after: int | None
    sent: bool = True


async def run(ctx: Context) -> None:
    """Deliver until cancelled. Attempts run side by side, a few to one host; slow hosts delay nobody."""
    running: dict[asyncio.Task[Outcome], str] = {}
    most = ctx.settings.limits.deliveries_at_once
    try:
        while True:
            if len(running) <= most // 2:
                claimed = await claim(ctx, room=most - len(running), under_way=Counter(running.values()))
                told = await _told(ctx, claimed)
                for delivery in claimed:
                    running[asyncio.create_task(_attempt(ctx, delivery, told.get(delivery.id)))] = delivery.host
            if not running:
                await ctx.hub.wait(DeliveriesQueued, seconds=_IDLE_SECONDS)
                continue
            done, _ = await asyncio.wait(running, timeout=_IDLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            # A breath lets attempts that end together be written together.
            if done and len(running) > len(done):
                await asyncio.sleep(_BREATH_SECONDS)
                done = {task for task in running if task.done()}
            for task in done:
                del running[task]
            await finish(ctx, [task.result() for task in done])
    finally:
        for task in running:
            task.cancel()


async def claim(ctx: Context, *, room: int, under_way: Mapping[str, int]) -> list[queues.Delivery]:
    """Take what is due. A lease outlasts the longest possible attempt."""
    limits = ctx.settings.limits
    async with ctx.db.write() as tx:
        return await queues.claim_deliveries(
            tx,
            now=ctx.clock(),
            lease=limits.delivery_lease_seconds * 1000,
            limit=room,
            per_host=limits.deliveries_per_host,
            under_way=under_way,
        )


async def drain(ctx: Context) -> int:
    """Deliver what is due now, one round after the other; return how many attempts were made."""
    made = 0
    while claimed := await claim(ctx, room=ctx.settings.limits.deliveries_at_once, under_way={}):
        made += len(claimed)
        told = await _told(ctx, claimed)
        await finish(
            ctx, await asyncio.gather(*[_attempt(ctx, delivery, told.get(delivery.id)) for delivery in claimed])
        )
    return made


async def _told(ctx: Context, deliveries: Sequence[queues.Delivery]) -> dict[int, str]:
    """Return delivery id → what its request tells of the author's followers there (FEP-8fcf), if it is for followers.

    They are those of this moment, at every attempt anew; one query for all deliveries that were claimed together.
    """
    authors: dict[int, str] = {}
    # A Delete goes to whoever holds a copy, former members too, and not to followers.
    for one in {one.activity_id: one for one in deliveries if one.type != "Delete"}.values():
        author = followers_sync.author_in(documents.reload(one.body), base=ctx.settings.url)
        if author is not None:
            authors[one.activity_id] = author
    to_followers = [one for one in deliveries if one.activity_id in authors]
    if not to_followers:
        return {}
    async with ctx.db.read() as tx:
        followers = await relationships.followers_at(
            tx, sorted({one.actor_id for one in to_followers}), hosts=sorted({one.host for one in to_followers})
        )
    parts = {(one.actor_id, one.host): authors[one.activity_id] for one in to_followers}
    told = {place: followers_sync.part(author, followers.get(place, ())).text for place, author in parts.items()}
    return {one.id: told[one.actor_id, one.host] for one in to_followers}


async def _attempt(ctx: Context, delivery: queues.Delivery, told: str | None) -> Outcome:
    headers = {} if told is None else {followers_sync.HEADER: told}
    try:
        async with ctx.db.read() as tx:
            sign = await ctx.keys.sign_as(
                tx, delivery.actor_id, activity=delivery.activity_id, attempt=delivery.attempts, headers=headers
            )
        reply = await ctx.wire.post(delivery.inbox, delivery.body, content_type="application/activity+json", sign=sign)
    except Refused as error:
        return Outcome(delivery, 403, error.message, None, sent=False)
    except FederationError as error:
        return Outcome(delivery, 0, error.message, None)
    except AllmendeError as error:
        return Outcome(delivery, 422, error.message, None, sent=False)
    reason = "" if reply.status < 300 else f"answered {reply.status}"
    return Outcome(delivery, reply.status, reason, reply.retry_after)


async def finish(ctx: Context, outcomes: list[Outcome]) -> None:
    """Write how attempts ended, in one transaction: rows, the hosts' breakers, confirmed deletions."""
    if not outcomes:
        return
    async with ctx.change() as change:
        results = []
        answered = set()
        for outcome in outcomes:
            verdict = retry.judge(
                outcome.status,
                attempt=outcome.delivery.attempts,
                gives_up_at=outcome.delivery.gives_up_at,
                retry_after=outcome.retry_after,
                now=change.now,
                limits=ctx.settings.limits,
            )
            results.append(
                {
                    "id": outcome.delivery.id,
                    "state": verdict.state,
                    "due_at": verdict.due_at,
                    "status": outcome.status,
                    "error": outcome.error[:200],
                }
            )
            if verdict.host_failed:
                await _failed(change, outcome, due_at=verdict.due_at)
            elif outcome.sent:
                answered.add(outcome.delivery.host)
            if verdict.state == "done" and outcome.delivery.type in ("Delete", "Undo"):
                about = {"object": outcome.delivery.object, "host": outcome.delivery.host}
                await copies.confirm(change.tx, **about)
                await erasures.taken_by(change.tx, **about, now=change.now)
            if outcome.status in (401, 403):
                log.warning("%s refused a delivery: %s", outcome.delivery.host, outcome.error)
        await queues.finish_deliveries(change.tx, results)
        await nodes.host_answered(change.tx, sorted(answered), now=change.now)


async def _failed(change: Change, outcome: Outcome, *, due_at: int) -> None:
    failures = await nodes.host_failures(change.tx, outcome.delivery.host) + 1
    await nodes.host_failed(
        change.tx,
        outcome.delivery.host,
        failures=failures,
        open_until=due_at if failures >= _BREAKER_FAILURES else 0,
        error=outcome.error[:200],
    )
