"""Commands on what is on its way to other nodes."""

import logging

from node.context import Context
from node.store import queues

audit = logging.getLogger("allmende.audit")


async def retry(ctx: Context, host: str) -> int:
    """Try everything undelivered to a host ('' for all) again now; return how many deliveries that are."""
    async with ctx.change() as change:
        horizon = change.now + ctx.settings.limits.delivery_horizon_seconds * 1000
        count = await queues.retry_now(change.tx, host=host, now=change.now, gives_up_at=horizon)
    audit.warning("%d deliveries are tried again", count)
    return count
