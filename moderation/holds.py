"""Legal holds: an account that is needed in a proceeding is erased by no way before a day (requirements A18).

One of another node is held as well, as far as it is here: when that node erases it, it is hidden here and the order
refused (`moderation.erasing`) until the hold ends.
"""

import logging

from moderation import journal, members, orders
from node.context import Change, Context
from node.domain import text
from node.domain.accounts import Account, split_handle
from node.domain.erasures import LONGEST_HOLD_MS
from node.errors import Invalid, NotFound
from node.store import accounts, erasures, holds
from node.store.database import Tx

audit = logging.getLogger("allmende.audit")

LONGEST_REASON = 500


async def named(ctx: Context, handle: str) -> Account:
    """Return a member by name, or somebody of another node whom this one knows (`name@host`).

    Raises:
        NotFound: nobody of that name is a member, or known here.
    """
    username, host = split_handle(handle)
    if host.lower() in ("", ctx.settings.authority):
        return await members.named(ctx, username)
    async with ctx.db.read() as tx:
        account = await accounts.by_handle(tx, username, host.lower())
    if account is None or not _may_be_held(account):
        raise NotFound("Nobody named %(name)s is known here.", name=handle)
    return account


def _may_be_held(account: Account) -> bool:
    return account.kind == "Person" and account.deleted_at is None


async def _person(tx: Tx, account_id: int) -> Account:
    account = await accounts.by_id(tx, account_id)
    if account is None or not _may_be_held(account) or (account.local and await accounts.user(tx, account_id) is None):
        raise NotFound("There is no such member.")
    return account


async def place(ctx: Context, account_id: int, *, reason: str, until: int, by: Account | None) -> None:
    """Place a hold on an account, a member's or a peer's, until a moment (Unix ms), or change the one that is there.

    It stops the end of accounts that nobody uses and every erasure of the person, who is only hidden; single posts,
    passages and what came over a bridge go all the same. The member is told only when they want to be erased; the node
    of a peer's, when it orders that. by: who looks after data protection, None for the operator.

    Raises:
        NotFound: no such person. Invalid: there is no reason, or the day is over already or too far away.
    """
    why = text.plain(reason, longest=LONGEST_REASON)
    if not why:
        raise Invalid("Say why this account must not be erased, such as the number of the proceeding.")
    async with ctx.change() as change:
        account = await _person(change.tx, account_id)
        if until <= change.now:
            raise Invalid("Choose a day that is still to come.")
        if until > change.now + LONGEST_HOLD_MS:
            raise Invalid("Choose a day within the next ten years. A hold can be changed as long as it stands.")
        await holds.put(change.tx, account_id, reason=why, until=until, now=change.now)
        await journal.append(change, "hold.placed", subject=account.uri, by=by)
        await orders.tell_again(change, account.uri)
    audit.warning("legal hold on %s until %d, by %s", account.uri, until, by.uri if by else "the operator")


async def lift(ctx: Context, account_id: int, *, by: Account | None) -> None:
    """End a hold now; what waited for it goes on.

    Raises:
        NotFound: there is none.
    """
    async with ctx.change() as change:
        account = await accounts.by_id(change.tx, account_id)
        if account is None or not await _end(change, account_id):
            raise NotFound("There is no legal hold on this account.")
        await journal.append(change, "hold.lifted", subject=account.uri, by=by)
    audit.warning("legal hold on %s lifted, by %s", account.uri, by.uri if by else "the operator")


async def end_due(ctx: Context) -> None:
    """End the holds whose last day is over."""
    while True:
        async with ctx.db.read() as tx:
            over = await holds.over(tx, now=ctx.clock())
        if not over:
            break
        for id in over:
            async with ctx.change() as change:
                # Asked again: a later day may have been set in this very moment.
                hold = await holds.of(change.tx, id)
                if hold is not None and hold.until <= change.now and await _end(change, id):
                    audit.warning("legal hold on account %d is over", id)
    async with ctx.db.read() as tx:
        forgotten = await erasures.held_by_nothing(tx)
    if forgotten:  # the account went without the hold's end, with a bridge
        async with ctx.change() as change:
            await orders.let_go_forgotten(change)


async def _end(change: Change, account_id: int) -> bool:
    account, hold = await accounts.by_id(change.tx, account_id), await holds.of(change.tx, account_id)
    if account is None or hold is None:
        return False
    await holds.lift(change.tx, account_id, now=change.now)
    if hold.asked and not account.local:
        await orders.let_go(change, account)
    return True
