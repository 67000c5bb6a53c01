"""A node that comes back says so: a signed request to each other node, and what waited there is sent at once."""

import asyncio
import logging

from federation import resolve
from federation.errors import FederationError
from node.context import Context
from node.store import nodes
from outbox import organisation

log = logging.getLogger("allmende.outbox")


async def say(ctx: Context) -> None:
    """Fetch the organisation's newest list, then knock at every other node of it.

    Raises:
        FederationError: the founding node does not answer.
    """
    async with ctx.db.read() as tx:
        members = [member for member in await nodes.members(tx) if member.host != ctx.settings.authority]
    # The knock is an actor's outbox: it needs our signature, so the other side learns that we are back.
    await asyncio.gather(*[_knock(ctx, member) for member in members if member.shared_inbox])
    await organisation.refresh(ctx)


async def _knock(ctx: Context, member: nodes.Member) -> None:
    try:
        sign = await resolve.node_signature(ctx)
        await ctx.wire.get_document(
            f"{member.uri}/outbox", sign=sign, may_contact=lambda authority: authority == member.host
        )
    except FederationError as error:
        log.info("%s does not answer: %s", member.host, error.message)
