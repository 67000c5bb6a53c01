"""Members who leave the house: out on their last day, and erased some days later (requirements C8, D18).

Everything they wrote is erased with them, on every node; their groups are handed on, and what they wrote in the name of
a page is the page's and stays, without their name. So does what they, or for whole groups an administrator, let stay:
it becomes a page's (`outbox.bequests`) just before the rest is erased.
"""

import logging
from collections.abc import Iterable
from dataclasses import replace

from moderation import journal
from moderation.telling import tell_author
from node.context import Context
from node.domain.accounts import Account
from node.domain.erasures import Ground
from node.errors import Conflict, Forbidden, Invalid, NotFound
from node.store import accounts, bequests, departures, groups, pages_of_unit
from node.store.database import Tx
from outbox import bequests as commands
from outbox import profiles
from themes import told

audit = logging.getLogger("allmende.audit")

_AT_ONCE = 20


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


# What stays as the unit's


async def name_heir(ctx: Context, account_id: int, page_id: int | None, named: Iterable[int], *, by: Account) -> None:
    """Say in the name of which page of this unit something of a leaver stays; None: nothing does.

    named: groups in which all of theirs stays; those that `nameable` does not return count for nothing. The leaver is
    told, and may let more stay.

    Raises:
        NotFound: nobody who leaves, or no such page. Conflict: they have left. Forbidden: the page is closed to
            administrators.
    """
    async with ctx.change() as change:
        account = await _leaving(change.tx, account_id)
        page = await pages_of_unit.by_id(change.tx, page_id) if page_id is not None else None
        if page_id is not None and page is None:
            raise NotFound("There is no such page.")
        if page is not None and page.closed:
            raise Forbidden("This page is closed to administrators. Choose another one.")
        before = await bequests.of(change.tx, account_id)
        known = {group.id for group, _ in await nameable(change.tx, account_id, by=by, now=change.now)}
        wanted = frozenset(named) & known if page_id is not None else frozenset()
        await bequests.name_heir(change.tx, account_id, page_id)
        await bequests.leave_groups(change.tx, account_id, wanted, by_unit=True)
        if (before.heir, before.by_unit) != (page_id, wanted):
            await journal.append(change, "leaver.heir", subject=account.uri, by=by)
            where = f"{ctx.settings.url}/settings/leaving"
            await tell_author(change, account, lambda phrases: told.leaver_heir(phrases, look_at=where))


async def nameable(tx: Tx, account_id: int, *, by: Account, now: int) -> list[tuple[Account, int]]:
    """Return the groups that an administrator can name, and how much stands there that can stay.

    They are those in which they read it themselves: nobody learns here who is in a group that is not theirs.
    """
    places = await bequests.places(tx, account_id)
    own = await groups.standings(tx, by.id, [group.id for group, _, _ in places], now=now)
    return [(group, count) for group, count, open in places if open or own[group.id].role is not None]


async def let_stay(
    ctx: Context, account: Account, *, places: Iterable[int], shown: Iterable[int], kept: Iterable[int]
) -> None:
    """Let some of one's own stay when one leaves: all in these groups (places), and of the posts shown those kept.

    Raises:
        NotFound: they do not leave, or nothing can stay. Conflict: they have left.
    """
    async with ctx.change() as change:
        await _leaving(change.tx, account.id)
        if (await bequests.of(change.tx, account.id)).heir is None:
            raise NotFound("Nothing can stay: the administration named no page for it.")
        known = {group.id for group, _, _ in await bequests.places(change.tx, account.id)}
        await bequests.leave_groups(change.tx, account.id, known & set(places), by_unit=False)
        fit = await bequests.fit(change.tx, account.id, kept)
        await bequests.leave_posts(change.tx, account.id, shown, fit)


async def _leaving(tx: Tx, account_id: int) -> Account:
    account, leaving = await accounts.by_id(tx, account_id), await departures.of(tx, account_id)
    if account is None or leaving is None:
        raise NotFound("There is no such member.")
    if leaving.ended_at is not None:
        raise Conflict("This member has left already. Bring them back first.")
    return account


async def _hand_over(ctx: Context, account_id: int) -> None:
    """Let the unit have what stays, some posts at a time; whoever is killed in between goes on with the next."""
    after, kept = 0, 0
    while True:
        async with ctx.change() as change:
            account, leaving = await accounts.by_id(change.tx, account_id), await departures.of(change.tx, account_id)
            heir = (await bequests.of(change.tx, account_id)).heir
            page = await accounts.by_id(change.tx, heir) if heir is not None else None
            # Who asked for the erasure of everything gets that.
            if account is None or leaving is None or leaving.asked or page is None or not page.active:
                break
            found = await bequests.staying(change.tx, account_id, after=after, limit=_AT_ONCE)
            for id in found:
                kept += await commands.hand_over(change, id, of=account, to=page)
        if not found:
            break
        after = found[-1]
    if kept:
        audit.warning("%d posts stay as the unit's", kept)


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
            await _hand_over(ctx, id)
            async with ctx.change() as change:
                account = await accounts.by_id(change.tx, id)
                # Asked again: somebody may have let them stay, or placed a hold, in this very moment.
                still = id in await departures.due(change.tx, now=change.now, wait_days=wait, only=id)
                leaving = await departures.of(change.tx, id)
                if account is not None and leaving is not None and still:
                    ground = Ground.WISH if leaving.asked else Ground.TIME
                    await profiles.erase(change, account, ground=ground)
                    audit.warning("%s is erased", account.uri)
