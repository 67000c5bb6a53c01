"""Legal holds: an account that is needed in a proceeding is erased by no way before a day (requirements A18)."""

import logging

from moderation import journal
from node.context import Context
from node.domain import text
from node.domain.accounts import Account
from node.errors import Invalid, NotFound
from node.store import accounts, holds

audit = logging.getLogger("allmende.audit")

LONGEST_REASON = 500


async def place(ctx: Context, account_id: int, *, reason: str, until: int, by: Account | None) -> None:
    """Place a hold on a member's account until a moment (Unix ms), or change the one that is there.

    It stops the end of accounts that nobody uses and every erasure; what is to be erased is only hidden. The member is
    told only when they want to be erased. by: who looks after data protection, None for the operator.

    Raises:
        NotFound: no such member. Invalid: there is no reason, or the day is over already.
    """
    why = text.plain(reason, longest=LONGEST_REASON)
    if not why:
        raise Invalid("Say why this account must not be erased, such as the number of the proceeding.")
    async with ctx.change() as change:
        user = await accounts.user(change.tx, account_id)
        if user is None or user.account.deleted_at is not None:
            raise NotFound("There is no such member.")
        if until <= change.now:
            raise Invalid("Choose a day that is still to come.")
        await holds.put(change.tx, account_id, reason=why, until=until, now=change.now)
        await journal.append(change, "hold.placed", subject=user.account.uri, by=by)
    audit.warning("legal hold on %s until %d, by %s", user.account.uri, until, by.uri if by else "the operator")


async def lift(ctx: Context, account_id: int, *, by: Account | None) -> None:
    """End a hold now; what waited for it goes on.

    Raises:
        NotFound: there is none.
    """
    async with ctx.change() as change:
        account = await accounts.by_id(change.tx, account_id)
        if account is None or not await holds.lift(change.tx, account_id, now=change.now):
            raise NotFound("There is no legal hold on this account.")
        await journal.append(change, "hold.lifted", subject=account.uri, by=by)
    audit.warning("legal hold on %s lifted, by %s", account.uri, by.uri if by else "the operator")


async def end_due(ctx: Context) -> None:
    """End the holds whose last day is over."""
    while True:
        async with ctx.db.read() as tx:
            over = await holds.over(tx, now=ctx.clock())
        if not over:
            return
        async with ctx.change() as change:
            # Asked again: a later day may have been set in this very moment.
            for id in await holds.over(change.tx, now=change.now):
                await holds.lift(change.tx, id, now=change.now)
                audit.warning("legal hold on account %d is over", id)
