"""Bans: who was suspended for long and is erased comes back by neither name nor mail address for a year (D19)."""

import logging

from moderation import journal
from node.context import Change, Context
from node.domain import bans
from node.domain.accounts import Account
from node.domain.times import DAY_MS, days
from node.errors import Forbidden, NotFound
from node.store import bans as rows
from node.store import mail_settings

audit = logging.getLogger("allmende.audit")


async def put(change: Change, account: Account) -> None:
    """Ban the names of an account that is about to be erased. To the day: a moment would tell which it was."""
    address = await mail_settings.address(change.tx, account.id)
    await rows.put(
        change.tx,
        name=bans.mark(change.secret, account.username),
        address=bans.mark(change.secret, address) if address else None,
        ends_at=(days(change.now) + bans.LASTS_DAYS) * DAY_MS,
    )


async def check(change: Change, name: str) -> None:
    """Check that a user name or mail address may be used here.

    Raises:
        Forbidden: it was of an account that is banned.
    """
    if await rows.stands(change.tx, bans.mark(change.secret, name), now=change.now):
        raise Forbidden("%(name)s belonged to an account that is banned here. Ask an administrator.", name=name)


async def count(ctx: Context) -> int:
    """Return how many accounts are banned."""
    async with ctx.db.read() as tx:
        return await rows.count(tx, now=ctx.clock())


async def lift(ctx: Context, typed: str, *, by: Account) -> None:
    """End a ban. typed: the user name, or the mail address, for nobody can read them here.

    Raises:
        NotFound: neither is banned.
    """
    name = typed.strip().removeprefix("@").removesuffix(f"@{ctx.settings.authority}")
    async with ctx.change() as change:
        if not await rows.lift(change.tx, bans.mark(change.secret, name), now=change.now):
            raise NotFound("No ban has this name or address. Look at how it is spelled.")
        await journal.append(change, "ban.lifted", subject="", by=by)
    audit.warning("%s lifted a ban", by.uri)
