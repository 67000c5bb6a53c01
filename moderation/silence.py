"""Nodes of which nothing is heard any more: nobody is there to order that copies go, so they go by the clock.

Each day on which a node gave no sign counts, and any sign begins anew: a request that it signed, a delivery that it
took, or its NodeInfo, for which it is asked once a day when it took nothing. Days on which this node was off count for
nobody. Whom we parted with is not asked; what they send counts (requirements C21, E16).
"""

import asyncio
import logging
from urllib.parse import urlsplit

import orjson

from federation.errors import FederationError
from node.config import Retention
from node.context import Context
from node.domain.times import DAY_MS, days
from node.effects import accounts as effects
from node.store import accounts
from node.store import silence as rows
from node.store.database import Tx

audit = logging.getLogger("allmende.audit")


async def listen(ctx: Context) -> None:
    """Note, once a day, of which nodes something was heard. Repeating it changes nothing."""
    now = ctx.clock()
    async with ctx.db.read() as tx:
        hosts = await rows.to_ask(tx, day=days(now), since=now - DAY_MS)
    speaking = await ctx.policy.speaking()
    answers = await asyncio.gather(*[_answers(ctx, host) for host in hosts if host in speaking])
    heard = {host for host, answered in zip(filter(speaking.__contains__, hosts), answers, strict=True) if answered}
    async with ctx.change() as change:
        await rows.note(change.tx, sorted(heard), day=days(now), heard=True)
        await rows.note(change.tx, sorted(set(hosts) - heard), day=days(now), heard=False)


async def _answers(ctx: Context, host: str) -> bool:
    """Whether there is a node: a page of whoever has its name now is none."""
    try:
        reply = await ctx.wire.get(
            f"{urlsplit(ctx.settings.url).scheme}://{host}/.well-known/nodeinfo",
            accept="application/json",
            max_bytes=ctx.settings.limits.fetched_document,
            may_contact=lambda authority: authority == host,
        )
        found = orjson.loads(reply.body)
    except (FederationError, ValueError):
        return False
    return reply.status == 200 and isinstance(found, dict) and isinstance(found.get("links"), list)


async def erase_due(ctx: Context) -> None:
    """Erase what is here of nodes that were silent for too long; should they come back, it may come again."""
    silent_days = ctx.settings.retention.silent_days
    while silent_days:
        async with ctx.change() as change:
            id = await rows.left_behind(change.tx, least=silent_days)
            account = await accounts.by_id(change.tx, id) if id is not None else None
            if account is None:
                return
            await effects.forget(change, account)
        audit.warning("%s is erased here: nothing was heard of its node for %d days", account.uri, silent_days)


async def warned_of(tx: Tx, retention: Retention) -> list[tuple[str, int, int]]:
    """Return (host, days of silence, days left) of nodes whose copies go if they stay silent, from half time on."""
    if not retention.silent_days:
        return []
    found = await rows.of_days(tx, (retention.silent_days + 1) // 2)
    return [(host, silent, max(0, retention.silent_days - silent)) for host, silent in found]
