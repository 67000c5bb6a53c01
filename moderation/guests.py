"""Guests of this node: admitted, given other terms, and out at the end of their time (requirements A4).

That the time is over is asked of the clock wherever a guest shows who they are; the background loop only tidies up.
"""

import logging
from dataclasses import replace

from node.context import Change, Context
from node.domain.accounts import Account
from node.domain.events import TokensEnded
from node.domain.groups import Joining
from node.domain.guests import Guest, Terms, check_terms, is_over
from node.effects import accounts as effects
from node.errors import Conflict, Forbidden, Invalid, NotFound
from node.store import accounts, groups, people, relationships
from node.store import guests as rows
from node.store.database import Tx
from outbox.relationships import begin, stop

audit = logging.getLogger("allmende.audit")

# Who a guest is


def marked(account: Account) -> Account:
    """Return a new account as a guest's: with the mark that everybody sees, and no wall for others to write on."""
    return replace(account, guest=True, wall="", wall_open=False)


async def check(change: Change, terms: Terms) -> None:
    """Check terms before they count.

    Raises:
        Invalid: see `check_terms`. NotFound: the sponsor is no member here, or one of the groups is none.
    """
    check_terms(terms, now=change.now)
    sponsor = await accounts.user(change.tx, terms.sponsor_id or 0)
    if sponsor is None or not sponsor.account.active or sponsor.account.guest or sponsor.account.persona:
        raise NotFound("A guest is brought by a member. There is no such member.")
    found = await accounts.by_ids(change.tx, terms.group_ids)
    for id in terms.group_ids:
        if id not in found or found[id].kind != "Group" or not found[id].active:
            raise NotFound("There is no such group.")


async def admit(change: Change, guest: Account, terms: Terms) -> None:
    """Let somebody who has just joined be here as a guest; they enter the groups that take them in, or ask to.

    Raises:
        Invalid, NotFound: see `check`.
    """
    await check(change, terms)
    await rows.put(change.tx, guest.id, terms)
    await _enter(change, guest, terms)
    audit.warning("%s is a guest until %d", guest.uri, terms.until)


async def _enter(change: Change, guest: Account, terms: Terms) -> None:
    """Join what can be joined: where a question is asked, or only invited people come in, it waits for the guest."""
    for group in (await accounts.by_ids(change.tx, terms.group_ids)).values():
        found = await groups.by_id(change.tx, group.id)
        asks = found is not None and bool(found.question) and found.joining is Joining.REQUEST
        if found is None or asks or found.joining is Joining.INVITATION:
            continue
        try:
            await begin(change, guest, group)
        except Forbidden:
            audit.warning("%s does not take in %s", group.uri, guest.uri)


# Until when


async def is_here(tx: Tx, account: Account, *, now: int) -> bool:
    """Tell whether a member may act at this moment (Unix ms): they are active and, as a guest, have time left."""
    return account.may_act and not (account.guest and is_over(await rows.of(tx, account.id), now))


async def may_try(ctx: Context, account: Account) -> bool:
    """Tell whether whoever has the right password is heard: who is active, or a guest who is told that it is over.

    A guest whom a moderator suspended before the end is told nothing.
    """
    if account.may_act or not account.guest:
        return account.may_act
    async with ctx.db.read() as tx:
        guest = await rows.of(tx, account.id)
    return guest is not None and guest.ended_at is not None and account.suspended_at == guest.ended_at


async def check_time(ctx: Context, account: Account) -> None:
    """Check that somebody who has proven who they are may still sign in.

    Raises:
        Forbidden: they were a guest, and the time is over.
    """
    async with ctx.db.read() as tx:
        if not await is_here(tx, account, now=ctx.clock()):
            raise Forbidden("Your time as a guest here is over. Ask who invited you, if you still need something.")


async def end_due(ctx: Context) -> int:
    """Let those guests out whose time is over; return how many. Without one nothing is written."""
    async with ctx.db.read() as tx:
        if not await rows.due(tx, now=ctx.clock()):
            return 0
    async with ctx.change() as change:
        due = await rows.due(change.tx, now=change.now)
        for id in due:
            await _end(change, await _guest(change, id))
        return len(due)


async def _end(change: Change, guest: Guest) -> None:
    """Let a guest leave their groups and suspend the account; sessions, tokens and streams end with it."""
    account = await accounts.by_id(change.tx, guest.account_id)
    await rows.end(change.tx, guest.account_id, now=change.now)
    if account is None or account.deleted_at is not None:
        return
    await _leave(change, account, guest.terms.group_ids)
    if account.suspended_at is None:
        await effects.suspend(change, account)
    audit.warning("%s is no guest here any more", account.uri)


async def _leave(change: Change, account: Account, group_ids: tuple[int, ...]) -> None:
    for group in (await accounts.by_ids(change.tx, group_ids)).values():
        if await relationships.between(change.tx, follower_id=account.id, target_id=group.id) is not None:
            await stop(change, account, group)


# Other terms


async def change_terms(ctx: Context, account_id: int, terms: Terms, *, by: Account | None) -> None:
    """Give a guest other terms: a longer or shorter time, other groups, another sponsor. Whoever was out comes back.

    by: the administrator, None for the operator.

    Raises:
        NotFound: no such guest, see also `check`. Invalid: see `check_terms`. Conflict: a moderator suspended them.
    """
    async with ctx.change() as change:
        guest = await _guest(change, account_id)
        await check(change, terms)
        account = await _account(change, guest)
        if account.suspended_at is not None and account.suspended_at != guest.ended_at:
            raise Conflict("A moderator suspended this guest. Restore them first.")
        gone = tuple(id for id in guest.terms.group_ids if id not in terms.group_ids)
        await _leave(change, account, gone)
        await rows.put(change.tx, account.id, terms)
        if account.suspended_at is not None:
            account = replace(account, suspended_at=None)
            await effects.restore(change, account)
        await _enter(change, account, terms)
    said = by.uri if by else "the operator"
    audit.warning("%s is a guest until %d in %d groups, by %s", account.uri, terms.until, len(terms.group_ids), said)


async def end(ctx: Context, account_id: int, *, by: Account | None) -> None:
    """End a guest's time now. by: an administrator or who brought them, None for the operator.

    Raises:
        NotFound: no such guest.
    """
    async with ctx.change() as change:
        guest = await _guest(change, account_id)
        if guest.ended_at is None:
            await _end(change, guest)
    audit.warning("ended by %s", by.uri if by else "the operator")


async def shorten(ctx: Context, account_id: int, until: int, *, by: Account) -> None:
    """Let a guest go earlier, as whoever brought them wants it (`until`: Unix ms); longer only an administrator says.

    Raises:
        NotFound: no such guest of theirs. Invalid: the day is over already. Forbidden: it is later than before.
    """
    async with ctx.change() as change:
        guest = await brought(change.tx, account_id, by=by)
        if until <= change.now:
            raise Invalid("Choose a day that is still to come.")
        if until > guest.terms.until:
            raise Forbidden("Only an administrator lets a guest stay longer.")
        await rows.put(change.tx, account_id, replace(guest.terms, until=until))
        change.tell(TokensEnded(account_id))
    audit.warning("guest %d stays until %d, by %s", account_id, until, by.uri)


async def brought(tx: Tx, account_id: int, *, by: Account) -> Guest:
    """Return a guest whom a member brought and who is still here.

    Raises:
        NotFound: there is none.
    """
    guest = await rows.of(tx, account_id)
    if guest is None or guest.terms.sponsor_id != by.id or guest.ended_at is not None:
        raise NotFound("There is no such guest of yours.")
    return guest


async def _guest(change: Change, account_id: int) -> Guest:
    found = await rows.of(change.tx, account_id)
    if found is None:
        raise NotFound("There is no such guest.")
    return found


async def _account(change: Change, guest: Guest) -> Account:
    account = await accounts.by_id(change.tx, guest.account_id)
    if account is None or account.deleted_at is not None:
        raise NotFound("There is no such guest.")
    return account


async def named(ctx: Context, by: Account | None, handles: list[str]) -> tuple[int, ...]:
    """Return the groups with these handles (`name`, `name@host`), as far as they are known here.

    by: the administrator who names them, who names only groups they may know of; None for the operator.

    Raises:
        NotFound: one is no such group.
    """
    ids: list[int] = []
    async with ctx.db.read() as tx:
        for handle in handles:
            username, _, host = handle.strip().lstrip("@").partition("@")
            local = host in ("", ctx.settings.authority)
            found = await accounts.by_handle(tx, username, "" if local else host.lower())
            hidden = await people.hidden(tx, [found.id], viewer_id=by.id) if found and by else set()
            if found is None or found.kind != "Group" or not found.active or hidden:
                raise NotFound("There is no group called %(name)s.", name=handle)
            ids.append(found.id)
    return tuple(dict.fromkeys(ids))
