"""Members' mail addresses: given, confirmed, changed, and used when a password is forgotten."""

import logging

from moderation import bans, passwords
from node.context import Change, Context
from node.domain import signs
from node.domain.accounts import Account
from node.domain.addresses import network
from node.domain.mails import USUAL, Digest, Mailing, MailSettings, Purpose, Topic, check_address, same_address
from node.errors import Invalid, NotFound, Throttled
from node.store import accounts, mail_settings, mails
from node.store.mail_settings import Link
from outbox.mail.letters import STOPPABLE, put

audit = logging.getLogger("allmende.audit")

_HOUR_MS = 3_600_000


async def of(ctx: Context, account: Account) -> tuple[MailSettings | None, str]:
    """Return what a member chose, None without a confirmed address, and the address that is to be confirmed, or ''."""
    async with ctx.db.read() as tx:
        return await mail_settings.of(tx, account.id), await mail_settings.wanted(tx, account.id, since=_since(ctx))


async def give(ctx: Context, account: Account, typed: str, *, password: str, address: str) -> None:
    """Send a link to an address that a member gives; it counts when the link was followed.

    The password is asked for once more: who has the address can choose a new one. address: the network's.

    Raises:
        Invalid: no such mail address. Unauthenticated: wrong password. Throttled: too many such links.
    """
    wanted = check_address(typed)
    _check_enabled(ctx)
    await passwords.check(ctx, account, password, address=address)
    async with ctx.change() as change:
        await mail_settings.end_links(change.tx, account.id, Purpose.CONFIRM, now=change.now)
        if not await _send_link(change, Purpose.CONFIRM, account.id, wanted):
            raise Throttled("Too many mails went to this address. Wait an hour, then try again.", retry_after=3_600)


async def _send_link(change: Change, purpose: Purpose, account_id: int, address: str) -> bool:
    """Queue a mail with a link; False when there were too many of late, for this member or address (threat O08)."""
    limits = change.settings.limits
    since = change.now - _HOUR_MS
    if await mail_settings.count_links(change.tx, account_id=account_id, address=address, since=since) >= (
        limits.mail_links_per_hour
    ):
        return False
    link = Link(change.new_id(), account_id, purpose, address)
    await mail_settings.add_link(change.tx, link, now=change.now)
    about: dict[str, object] = {"link": str(link.id)}
    kind = Mailing(purpose.value)
    return await put(
        change, kind, account_id=account_id, address=address, about=about, seconds=limits.mail_link_seconds
    )


async def to_confirm(ctx: Context, sign: str) -> tuple[Account, str]:
    """Return whose address a link confirms, and which.

    Raises:
        NotFound: it was used, or is over.
    """
    found = await _link(ctx, Purpose.CONFIRM, sign)
    return await _account(ctx, found), found.address


async def confirm(ctx: Context, sign: str) -> Account:
    """Confirm an address; the one before it is told.

    Raises:
        NotFound: the link was used, or is over. Forbidden: the address is banned, which nobody else learns.
    """
    found = await _link(ctx, Purpose.CONFIRM, sign)
    account = await _account(ctx, found)
    async with ctx.change() as change:
        tx = change.tx
        await bans.check(change, found.address)
        if not await mail_settings.use_link(tx, found.id, now=change.now):
            raise _over()
        before = await mail_settings.of(tx, account.id)
        newest = await mail_settings.newest_notification(tx, account.id)
        await mail_settings.confirm(
            tx, account.id, found.address, kinds=USUAL, digest=Digest.WEEKLY, told_id=newest, now=change.now
        )
        if before is not None and not same_address(before.address, found.address):
            await _left(change, before)
    audit.warning("new mail address for %s", account.uri)
    return account


async def _left(change: Change, before: MailSettings) -> None:
    """Tell an address that it is not used any more; nothing else that waits goes there."""
    await mail_settings.end_links(change.tx, before.account_id, Purpose.PASSWORD, now=change.now)
    await mails.drop(change.tx, before.account_id, Mailing.PASSWORD)
    await put(change, Mailing.CHANGED, account_id=before.account_id, address=before.address, about={})


async def take_away(ctx: Context, account: Account) -> None:
    """Forget a member's address and what they chose; the address is told."""
    async with ctx.change() as change:
        before = await mail_settings.of(change.tx, account.id)
        await mail_settings.end_links(change.tx, account.id, Purpose.CONFIRM, now=change.now)
        await mail_settings.remove(change.tx, account.id)
        if before is not None:
            await _left(change, before)
    audit.warning("no mail address any more for %s", account.uri)


async def choose(ctx: Context, account: Account, *, kinds: frozenset[Topic], digest: Digest) -> None:
    """Change of what, and how often, a member is told by mail."""
    async with ctx.change() as change:
        await mail_settings.choose(change.tx, account.id, kinds=kinds, digest=digest)


# Without a sign-in


async def stoppable(ctx: Context, kind: str, sign: str) -> MailSettings:
    """Return whose mails of a kind a link ends.

    Raises:
        NotFound: we did not make it, or the member has another address since.
    """
    id = signs.link_id(sign)
    async with ctx.db.read() as tx:
        member = await mail_settings.of(tx, id) if id is not None and kind in STOPPABLE else None
    if member is None or not signs.is_link(ctx.secret, f"stop {kind}", sign, bound=member.address.lower()):
        raise NotFound("This link leads nowhere any more. Sign in to choose which mails you get.")
    return member


async def stop(ctx: Context, kind: str, sign: str) -> None:
    """End mails of a kind; what waits of them goes, too. Repeating it changes nothing.

    Raises:
        NotFound: see `stoppable`.
    """
    member = await stoppable(ctx, kind, sign)
    notices = Mailing(kind) is Mailing.NOTICES
    async with ctx.change() as change:
        await mail_settings.choose(
            change.tx,
            member.account_id,
            kinds=frozenset() if notices else member.kinds,
            digest=member.digest if notices else Digest.NEVER,
        )
        await mails.drop(change.tx, member.account_id, Mailing(kind))


async def forgotten(ctx: Context, typed: str, *, address: str) -> None:
    """Send a link for a new password to those who confirmed this address; nobody learns whether there are any.

    address: the network's.

    Raises:
        Invalid: no mail address. Throttled: this form was sent too often from there.
    """
    ctx.rates.take(f"forgotten {network(address)}", most=ctx.settings.limits.mail_forms_per_address)
    _check_enabled(ctx)
    wanted = check_address(typed)
    async with ctx.change() as change:
        for member in await mail_settings.with_address(change.tx, wanted):
            await _send_link(change, Purpose.PASSWORD, member.account_id, member.address)


async def to_renew(ctx: Context, sign: str) -> Account:
    """Return whose password a link renews.

    Raises:
        NotFound: it was used, or is over.
    """
    return await _account(ctx, await _link(ctx, Purpose.PASSWORD, sign))


async def renew(ctx: Context, sign: str, password: str) -> Account:
    """Give a member a new password by a link, which is used up; every session and token ends, and the member is told.

    Raises:
        Invalid: no such password. NotFound: the link was used, or is over.
    """
    found = await _link(ctx, Purpose.PASSWORD, sign)
    account = await _account(ctx, found)
    hashed = await passwords.hash_password(password)
    async with ctx.change() as change:
        if not await mail_settings.use_link(change.tx, found.id, now=change.now):
            raise _over()
        await mail_settings.end_links(change.tx, account.id, Purpose.PASSWORD, now=change.now)
        await passwords.put(change, account, hashed)
        await put(change, Mailing.RENEWED, account_id=account.id, address=found.address, about={})
    return account


def _check_enabled(ctx: Context) -> None:
    if not ctx.mailer.enabled:
        raise Invalid("This node sends no mails. Ask an administrator for help.")


def _over() -> NotFound:
    return NotFound("This link has been used, or is over. Ask for a new one.")


def _since(ctx: Context) -> int:
    return ctx.clock() - ctx.settings.limits.mail_link_seconds * 1000


async def _link(ctx: Context, purpose: Purpose, sign: str) -> Link:
    id = signs.link_id(sign)
    if id is None or not signs.is_link(ctx.secret, purpose, sign):
        raise _over()
    async with ctx.db.read() as tx:
        found = await mail_settings.link(tx, id, purpose, since=_since(ctx))
    if found is None:
        raise _over()
    return found


async def _account(ctx: Context, link: Link) -> Account:
    async with ctx.db.read() as tx:
        found = await accounts.by_id(tx, link.account_id)
    if found is None:
        raise _over()
    return found
