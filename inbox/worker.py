"""Claims inbox rows and handles them. A row's effects commit together with its end, or not at all."""

import logging

from federation import bridges, documents, parse
from federation.activities import HEARD_FROM_ANYBODY, Activity
from federation.errors import FederationError, Refused, Retry, Unreachable, Unsupported
from inbox import dispatch
from inbox.fetches import Fetches
from inbox.forwarding import forward
from inbox.retry import FIRST_MS, later
from node.context import Change, Context
from node.domain.events import InboxFilled
from node.effects import errands
from node.errors import AllmendeError, Gone, NotFound, Unavailable
from node.store import accounts, queues

log = logging.getLogger("allmende.inbox")
audit = logging.getLogger("allmende.audit")

_IDLE_SECONDS = 1.0
_BATCH = 50


async def run(ctx: Context) -> None:
    """Handle what comes in until cancelled."""
    fetches = Fetches(ctx)
    try:
        while True:
            if not await work(ctx, fetches):
                await ctx.hub.wait(InboxFilled, seconds=_IDLE_SECONDS)
    finally:
        fetches.cancel()


async def drain(ctx: Context) -> None:
    """Handle everything that is due, and what becomes so by what it makes us fetch."""
    fetches = Fetches(ctx)
    while await work(ctx, fetches):
        await fetches.finish()


async def work(ctx: Context, fetches: Fetches) -> int:
    """Handle one batch of due rows in the order they came; return how many there were.

    They share a transaction, each within its own savepoint: one commit for many, and a bad row harms none. What
    a row misses is fetched beside; it waits for it.
    """
    async with ctx.db.write() as tx:
        rows = await queues.claim_inbox(
            tx, now=ctx.clock(), lease=ctx.settings.limits.inbox_lease_seconds * 1000, limit=_BATCH
        )
    if not rows:
        return 0
    done: list[int] = []
    missing: dict[str, dispatch.Fetch] = {}
    members = await ctx.policy.members()
    async with ctx.change() as change:
        for row in rows:
            if errand := errands.of(row):
                fetches.answer(errand, row)
                continue
            activity = _read(row)
            match await _one(change, row, activity, members):
                case Retry(waits_for=str(uri)) if fetch := _needs(activity).get(uri):
                    missing[uri] = fetch
                case None:
                    done.append(row.id)
        if done:
            await queues.finish_inbox(change.tx, done)
    for uri, fetch in missing.items():
        fetches.start(uri, fetch)
    ctx.policy.changed()
    return len(rows)


def _read(row: queues.InboxRow) -> Activity | AllmendeError:
    try:
        return parse.activity(documents.reload(row.body))
    except AllmendeError as error:
        return error


def _needs(activity: Activity | AllmendeError) -> dict[str, dispatch.Fetch]:
    return {} if isinstance(activity, AllmendeError) else dispatch.needs(activity)


async def _one(
    change: Change, row: queues.InboxRow, activity: Activity | AllmendeError, members: frozenset[str]
) -> Exception | None:
    """Handle one row; return why it is not done, after writing down what becomes of it."""
    try:
        async with change.tx.savepoint():
            if isinstance(activity, AllmendeError):
                raise activity
            sender = await accounts.by_uri(change.tx, row.actor)
            if sender is None or sender.deleted_at is not None:
                raise Refused("The sender is not known, or deleted.")
            if not sender.may_act and not isinstance(activity, HEARD_FROM_ANYBODY):
                raise Refused("The sender is suspended.")
            if sender.host not in members:
                # Asked again: the bridge may have ended since it came in, and a group hands on what others say.
                await bridges.admit(change.tx, activity, host=sender.host)
            await dispatch.handle(change, activity, sender, received_at=row.received_at)
            await forward(change, row, activity, sender)
        return None
    except Unsupported as error:
        await queues.finish_inbox(change.tx, [row.id], state="ignored", keep_body=True)
        return error
    except (Retry, Unreachable, Unavailable) as error:
        await later(change, row, error)
        return error
    except (FederationError, NotFound, Gone) as error:
        audit.warning("ignored %s of %s: %s", row.type, row.actor, error.message)
        await queues.finish_inbox(change.tx, [row.id], state="ignored")
        return error
    except AllmendeError as error:
        audit.warning("refused %s of %s: %s", row.type, row.actor, error.message)
        await queues.finish_inbox(change.tx, [row.id], state="ignored")
        return error
    except Exception as error:
        log.exception("handling %s failed", row.uri)
        if row.attempts >= change.settings.limits.inbox_attempts:
            await queues.fail_inbox(change.tx, row.id, error=type(error).__name__)
        else:
            await queues.postpone_inbox(
                change.tx, row.id, due_at=change.now + FIRST_MS, waits_for="", error=type(error).__name__
            )
        return error
