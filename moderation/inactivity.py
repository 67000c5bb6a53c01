"""Accounts that nobody uses: their members are told, the accounts hidden and in the end erased (requirements A18, C8).

Those that a moderator suspended end so, too, and leave a ban (D19).

When a member was last here is kept by the day, for this alone, and told to nobody. Whoever gives a sign is back at
once, with everything. A step commits whole, with its mail and what other nodes are told, or not at all.
"""

import logging
from contextlib import suppress

from moderation import bans
from node.context import Change, Context
from node.domain.accounts import Account, User
from node.domain.erasures import Ground
from node.domain.inactivity import Rung, Step, days_left, ladder, ladder_of_suspended, lost_days
from node.domain.mails import Mailing
from node.domain.times import DAY_MS, days
from node.store import absences, accounts, mail_settings
from outbox import profiles
from outbox.mail.letters import put
from outbox.mail.unreached import put_unreached

audit = logging.getLogger("allmende.audit")

_PATIENCE_SECONDS = 3_650 * 86_400
"""A warning is tried until the mail server takes or refuses it: the next step waits."""


class _Untold(Exception):
    """The queue of mails is full, so no step is taken."""


class _Unreachable(Exception):
    """Neither a member nor anybody else can be told that the account will be deleted, so it stays hidden."""


# Signs of life


async def note(ctx: Context, user: User) -> Account:
    """Note that a member is here, once a day; return the account, which is shown again when it was hidden."""
    today = days(ctx.clock())
    if user.seen_day == today and user.account.hidden_at is None:
        return user.account
    async with ctx.change() as change:
        await absences.seen(change.tx, user.account.id, day=today)
        # Read again: the loop may have hidden it in this very moment.
        account = await accounts.by_id(change.tx, user.account.id)
        if account is not None and account.may_act and account.hidden_at is not None:
            return await profiles.show(change, account)
        return account or user.account


async def was_away(ctx: Context, username: str) -> bool:
    """Tell whether a member had been away so long that it was about to have consequences, or had them."""
    async with ctx.db.read() as tx:
        return await absences.of_member(tx, username.strip().removeprefix("@").partition("@")[0]) is not None


# The ladder


async def climb(ctx: Context) -> None:
    """Take every step that is due. Repeating it changes nothing."""
    await _keep_time(ctx)
    retention = ctx.settings.retention
    rungs = ladder(retention) + ladder_of_suspended(retention)
    try:
        for rung in reversed(rungs):
            after = 0
            while due := await _due(ctx, rung, after):
                for id in due:
                    with suppress(_Unreachable):
                        await _take(ctx, id, rung)
                after = due[-1]
    except _Untold:
        audit.warning("too many mails wait: nobody is told, so no step is taken")


async def _keep_time(ctx: Context) -> None:
    """Let the time count for nobody in which the node was off, or by which its clock jumped."""
    async with ctx.change() as change:
        lost = lost_days(change.now, await absences.last_round(change.tx))
        if lost:
            await absences.skip(change.tx, lost, now=change.now)
            audit.warning("%d days without this node count for nobody", lost)
        await absences.note_round(change.tx, now=change.now)
        if inactive := ctx.settings.retention.inactive_days:
            await absences.forget_returned(change.tx, seen_after=days(change.now) - inactive)


async def _due(ctx: Context, rung: Rung, after: int) -> list[int]:
    async with ctx.db.read() as tx:
        return await absences.due(tx, rung, now=ctx.clock(), mails=ctx.mailer.enabled, after=after)


async def _take(ctx: Context, account_id: int, rung: Rung) -> None:
    async with ctx.change() as change:
        account = await accounts.by_id(change.tx, account_id)
        if (
            account is None
            or account.deleted_at is not None
            or rung.suspended is not (account.suspended_at is not None)
        ):
            return
        if rung.step is Step.ERASED and await accounts.is_last_admin(change.tx, account_id):
            return
        if not await absences.take(change.tx, account_id, rung, now=change.now):
            return
        if rung.step is Step.ERASED:
            if rung.suspended:
                await bans.put(change, account)
            await profiles.bequeath(change, account)
            await profiles.erase(change, account, ground=Ground.MODERATION if rung.suspended else Ground.TIME)
        else:
            if rung.step is Step.HIDDEN:
                await profiles.hide(change, account)
            await _tell(change, account, rung.step, mails=ctx.mailer.enabled)
    if rung.step in (Step.HIDDEN, Step.ERASED):  # what nobody else can see, no log tells
        why = "it was suspended for long" if rung.suspended else "nobody has used it for long"
        audit.warning("%s is %s: %s", account.uri, rung.step.value, why)


async def _tell(change: Change, account: Account, step: Step, *, mails: bool) -> None:
    """Queue the mail about a step, where there is a mail server; who has no address is told of in the last warning."""
    if not mails:
        return
    address = await mail_settings.address(change.tx, account.id)
    retention = change.settings.retention
    about: dict[str, object] = {
        "step": step.value,
        "hidden_at": change.now + retention.hide_days * DAY_MS,
        "erased_at": change.now + days_left(retention, step) * DAY_MS,
    }
    if not address:
        if step is Step.WARNED and not await put_unreached(change, account, about, seconds=_PATIENCE_SECONDS):
            raise _Unreachable
        return
    if not await put(
        change,
        Mailing.INACTIVE,
        account_id=account.id,
        address=address,
        about=about,
        seconds=_PATIENCE_SECONDS,
    ):
        raise _Untold
