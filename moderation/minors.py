"""Members under age: who they are an administrator says, and everything stricter follows from that."""

import logging
from dataclasses import replace

from node.context import Context
from node.domain.accounts import Account
from node.effects import personas
from node.errors import NotFound
from node.store import accounts, minors
from outbox import bridges_beyond, profiles

audit = logging.getLogger("allmende.audit")


async def set_minor(ctx: Context, account_id: int, minor: bool, *, by: Account | None) -> None:
    """Note that a member is under age, or is no longer; the other nodes are told what they may know from now on.

    by: the administrator, None for the operator. Whoever is found beyond the own unit is so no more, leaves the groups
    that are shared with partners, and has no persona any more.

    Raises:
        NotFound: no such member.
    """
    async with ctx.change() as change:
        user = await accounts.user(change.tx, account_id)
        if user is None or user.account.deleted_at is not None:
            raise NotFound("There is no such member.")
        if await minors.is_minor(change.tx, account_id) == minor:
            return
        await minors.put(change.tx, account_id, minor)
        kept = replace(user.account, discoverable=False) if minor else user.account
        await accounts.update(change.tx, kept)
        await profiles.announce(change, kept)
        await bridges_beyond.part_from_shared(change)
        if minor:
            await personas.let_go(change, kept)
    # Who it is stands in no log: it is kept longer, and read by others, than what is told of people under age (A17).
    audit.warning("who is under age was changed, by %s", by.uri if by else "the operator")
