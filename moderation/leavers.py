"""Members who leave the house: out on their last day, and erased some days later (requirements C8, D18).

Everything they wrote is erased with them, on every node; their groups are handed on, and what they wrote in the name of
a page is the page's and stays, without their name.
"""

import logging
from dataclasses import replace

from node.context import Context
from node.domain.accounts import Account
from node.domain.erasures import Ground
from node.errors import Conflict, Forbidden, Invalid, NotFound
from node.store import accounts, departures
from outbox import profiles

audit = logging.getLogger("allmende.audit")


async def plan(ctx: Context, account_id: int, until: int, *, by: Account | None) -> None:
    """Note until when a member is here (Unix ms), or another day. by: the administrator, None for the operator.

    Raises:
        NotFound: no such member. Invalid: the day is over already. Forbidden: the last administrator, or a guest, who
            has an end already. Conflict: they have left.
    """
    async with ctx.change() as change:
        user = await accounts.user(change.tx, account_id)
        if user is None or user.account.deleted_at is not None:
            raise NotFound("There is no such member.")
        if until <= change.now:
            raise Invalid("Choose a day that is still to come.")
        if user.account.guest:
            raise Forbidden("Guests have a last day of their own. Change that one.")
        if await accounts.is_last_admin(change.tx, account_id):
            raise Forbidden("The last administrator cannot leave. Name another one first.")
        if not await departures.plan(change.tx, account_id, until=until):
            raise Conflict("This member has left already. Bring them back first.")
    audit.warning("%s is here until %d, by %s", user.account.uri, until, by.uri if by else "the operator")


async def keep(ctx: Context, account_id: int, *, by: Account | None) -> None:
    """Let a member stay after all; whoever had left is back, but for the groups that were handed on.

    Raises:
        NotFound: no such member, or they do not leave. Conflict: their erasure was asked for.
    """
    async with ctx.change() as change:
        account = await accounts.by_id(change.tx, account_id)
        leaving = await departures.of(change.tx, account_id)
        if account is None or leaving is None:
            raise NotFound("There is no such member.")
        if leaving.asked:
            raise Conflict("The erasure of this account was asked for. It waits for the end of a legal hold only.")
        await departures.forget(change.tx, account_id)
        if leaving.ended_at is not None:
            # Both are of one moment when leaving did it; a moderator's suspension stays.
            suspended_at = None if account.suspended_at == account.hidden_at else account.suspended_at
            await profiles.show(change, replace(account, suspended_at=suspended_at))
    audit.warning("%s stays, by %s", account.uri, by.uri if by else "the operator")


async def end_due(ctx: Context) -> int:
    """Let those out whose last day is over; return how many. Without one nothing is written."""
    async with ctx.db.read() as tx:
        due = await departures.ending(tx, now=ctx.clock())
    return sum([await _end(ctx, id) for id in due])


async def _end(ctx: Context, account_id: int) -> bool:
    async with ctx.change() as change:
        account = await accounts.by_id(change.tx, account_id)
        if account is None or account.deleted_at is not None:
            return False
        if await accounts.is_last_admin(change.tx, account_id):
            return False
        if not await departures.end(change.tx, account_id, now=change.now):
            return False
        await profiles.withdraw(change, account)
    audit.warning("%s has left", account.uri)
    return True


async def erase_due(ctx: Context) -> None:
    """Erase those who left so long ago, and whose erasure was asked for and is held up no more."""
    wait = ctx.settings.retention.leaver_days
    while True:
        async with ctx.db.read() as tx:
            due = await departures.due(tx, now=ctx.clock(), wait_days=wait)
        if not due:
            return
        for id in due:
            async with ctx.change() as change:
                account = await accounts.by_id(change.tx, id)
                # Asked again: somebody may have let them stay, or placed a hold, in this very moment.
                still = id in await departures.due(change.tx, now=change.now, wait_days=wait, only=id)
                leaving = await departures.of(change.tx, id)
                if account is not None and leaving is not None and still:
                    ground = Ground.WISH if leaving.asked else Ground.TIME
                    await profiles.erase(change, account, ground=ground)
                    audit.warning("%s is erased", account.uri)
