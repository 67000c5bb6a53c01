"""Commands on invitations that were made (`moderation.members.invite` makes them)."""

import logging

from node.context import Context
from node.errors import NotFound
from node.store import invitations

audit = logging.getLogger("allmende.audit")


async def withdraw(ctx: Context, hash: str) -> None:
    """Make an invitation unusable. hash: the one that is stored of its secret.

    Raises:
        NotFound: there is none, or it was used or is over.
    """
    async with ctx.change() as change:
        if not await invitations.withdraw(change.tx, hash, now=change.now):
            raise NotFound("This invitation is not open any more.")
    audit.warning("an invitation was withdrawn")
