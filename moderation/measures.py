"""Measures against accounts: warn, limit, suspend, and lift them again. Whom they meet is told why, and may object.

Objections go to the desk (`moderation.desk`), where somebody else looks at them; what is lifted is lifted everywhere.
"""

import logging
from collections.abc import Callable

from moderation import journal
from moderation.telling import tell_author
from node.context import Change, Context
from node.domain import uris
from node.domain.accounts import Account
from node.domain.measures import Kind, Measure, check_reason
from node.effects import accounts as effects
from node.errors import Conflict, Forbidden, NotFound
from node.store import absences, accounts, departures, holds
from node.store import measures as rows
from outbox import profiles
from themes import told
from themes.phrases import Phrases

audit = logging.getLogger("allmende.audit")


async def warn(ctx: Context, account_id: int, *, reason: str, by: Account) -> None:
    """Tell a member of ours that something must not happen again.

    Raises:
        NotFound: no such member. Invalid: no reason is given.
    """
    async with ctx.change() as change:
        account = await _account(change, account_id)
        if not account.local:
            raise NotFound("There is no such member.")
        measure = await _note(change, account, Kind.WARNED, reason, by=by)
        where = uris.complaint(ctx.settings.url)
        await _tell(change, account, lambda _: told.warned(_, reason=measure.reason, complain_at=where))


async def limit(ctx: Context, account_id: int, *, reason: str, by: Account) -> None:
    """Show an account, ours or a peer's, in streams and searches of this node to nobody but its followers.

    Raises:
        NotFound: no such account. Invalid: no reason is given. Conflict: it is limited already.
    """
    async with ctx.change() as change:
        account = await _account(change, account_id)
        if await rows.standing(change.tx, account.id, Kind.LIMITED) is not None:
            raise Conflict("This account is limited already.")
        measure = await _note(change, account, Kind.LIMITED, reason, by=by)
        where = uris.complaint(ctx.settings.url)
        await _tell(change, account, lambda _: told.limited(_, reason=measure.reason, complain_at=where))


async def unlimit(ctx: Context, account_id: int, *, by: Account) -> None:
    """Lift a limit; without one nothing happens.

    Raises:
        NotFound: no such account.
    """
    async with ctx.change() as change:
        account = await _account(change, account_id)
        if await rows.end(change.tx, account.id, Kind.LIMITED, now=change.now):
            await journal.append(change, "account.unlimited", subject=account.uri, by=by)
            await _tell(change, account, told.unlimited)
            audit.warning("%s is not limited any more", account.uri)


async def suspend(ctx: Context, account_id: int, *, reason: str, by: Account | None = None) -> None:
    """Suspend an account, ours or a peer's: all its sessions end at once, and nobody sees it.

    One of ours is kept from everybody on every node; its person reads the reason when they want to sign in. If nobody
    restores it, it is erased some time later (`moderation.inactivity`). by: the moderator, None for the operator.

    Raises:
        NotFound: no such account. Invalid: no reason is given. Forbidden: the last administrator. Conflict: it is
            suspended already.
    """
    async with ctx.change() as change:
        account = await _account(change, account_id)
        if await accounts.is_last_admin(change.tx, account.id):
            raise Forbidden("The last administrator cannot be suspended. Name another one first.")
        if await rows.standing(change.tx, account.id, Kind.SUSPENDED) is not None:
            raise Conflict("This account is suspended already.")
        await effects.suspend(change, account)
        await absences.forget(change.tx, account.id)
        await _note(change, account, Kind.SUSPENDED, reason, by=by)
        suspended = await accounts.by_id(change.tx, account.id)
        if suspended is not None and account.local and account.hidden_at is None:
            await profiles.hide(change, suspended)


async def restore(ctx: Context, account_id: int, *, by: Account | None = None) -> None:
    """Lift a suspension, on every node. by: the moderator, None for the operator.

    Raises:
        NotFound: no such account. Conflict: it is a member who has left, or erased and held here only.
    """
    async with ctx.change() as change:
        account = await _account(change, account_id)
        leaving = await departures.of(change.tx, account_id)
        if leaving is not None and leaving.ended_at is not None:
            raise Conflict("This member has left already. Bring them back first.")
        hold = await holds.of(change.tx, account_id)
        if hold is not None and hold.asked:
            raise Conflict("The erasure of this account was asked for. It waits for the end of a legal hold only.")
        measure = await rows.standing(change.tx, account.id, Kind.SUSPENDED)
        await effects.restore(change, account)
        await rows.end(change.tx, account.id, Kind.SUSPENDED, now=change.now)
        await absences.forget(change.tx, account.id)
        restored = await accounts.by_id(change.tx, account.id)
        if restored is not None and measure is not None and account.local and account.hidden_at == measure.at:
            await profiles.show(change, restored)
        await journal.append(change, "account.restored", subject=account.uri, by=by)
    audit.warning("restored %s", account.uri)


async def tells(ctx: Context, account: Account) -> bool:
    """Tell whether who has the right password of this account is told why it is suspended."""
    return await _suspension(ctx, account) is not None


async def check(ctx: Context, account: Account) -> None:
    """Check that an account is not suspended by a moderator.

    Raises:
        Forbidden: it is; the message is the reason, and says how to object.
    """
    measure = await _suspension(ctx, account)
    if measure is not None:
        raise Forbidden(
            "Your account is suspended. Why: %(reason)s You think that this is wrong? Complain here: %(place)s If it "
            "stays so, it is erased %(days)d days after its suspension.",
            reason=measure.reason,
            days=ctx.settings.retention.suspended_days,
            place=uris.complaint(ctx.settings.url),
        )


async def _suspension(ctx: Context, account: Account) -> Measure | None:
    """Return the suspension that an account's person is to read about; None: nobody suspended it, or time did."""
    if account.suspended_at is None or account.deleted_at is not None:
        return None
    async with ctx.db.read() as tx:
        return await rows.standing(tx, account.id, Kind.SUSPENDED)


async def _note(change: Change, account: Account, kind: Kind, reason: str, *, by: Account | None) -> Measure:
    said = check_reason(reason)
    measure = Measure(change.new_id(), account.id, kind, said, by.id if by else None, change.now)
    await rows.put(change.tx, measure)
    digest = journal.digest_of(f"{account.uri}\n{said}", salt=change.secret.hex())
    await journal.append(change, f"account.{kind.value}", subject=account.uri, by=by, digest=digest)
    audit.warning("%s %s", kind.value, account.uri)
    return measure


async def _tell(change: Change, account: Account, say: Callable[[Phrases], str]) -> None:
    if account.local:
        await tell_author(change, account, say)


async def _account(change: Change, account_id: int) -> Account:
    account = await accounts.by_id(change.tx, account_id)
    if account is None or account.deleted_at is not None or account.kind in ("Application", "Organization"):
        raise NotFound("There is no such account.")
    return account
