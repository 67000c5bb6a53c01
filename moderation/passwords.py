"""Members' passwords: hashed (Argon2id), checked, changed, and how many wrong ones are borne (threat O07)."""

import asyncio
import logging
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from moderation import guests, measures
from node.context import Change, Context
from node.domain import signs
from node.domain.accounts import Account, User, check_password
from node.domain.addresses import network
from node.effects import accounts as effects
from node.errors import Throttled, Unauthenticated
from node.store import accounts, second_factors, tokens

audit = logging.getLogger("allmende.audit")

_FIVE_MINUTES = 300_000


async def hash_password(password: str) -> str:
    """Return what is kept of a password; it takes a tenth of a second, outside of any transaction.

    Raises:
        Invalid: no such password.
    """
    check_password(password)
    return await asyncio.to_thread(_hasher().hash, password)


async def put(change: Change, account: Account, hashed: str, *, keep: str = "") -> None:
    """Give a member a new password; every session and token ends, but the session of the secret `keep`."""
    await accounts.set_password(change.tx, account.id, hashed)
    await second_factors.allow_try(change.tx, account.id)  # whoever knew the old one is not asked for a code any more
    await effects.end_all(change, account, keep=keep)
    audit.warning("new password for %s", account.uri)


async def renew(ctx: Context, account: Account, password: str) -> None:
    """Give a member a new password; every session and token ends.

    Raises:
        Invalid: no such password.
    """
    hashed = await hash_password(password)
    async with ctx.change() as change:
        await put(change, account, hashed)


async def change_own(ctx: Context, account: Account, *, old: str, new: str, address: str, session: str) -> None:
    """Let a member choose a new password; every token and session ends, but the one they sit in front of.

    old: counts like a password at the sign-in. address: the network's. session: the secret of the one to keep.

    Raises:
        Invalid: no such new password. Unauthenticated: the old one is wrong. Throttled: too many wrong ones of late.
    """
    check_password(new)
    await check(ctx, account, old, address=address)
    hashed = await hash_password(new)
    async with ctx.change() as change:
        await put(change, account, hashed, keep=session)


async def check(ctx: Context, account: Account, password: str, *, address: str) -> None:
    """Check once more that it is a member who asks; a wrong password counts like one at the sign-in.

    Raises:
        Unauthenticated: it is wrong. Throttled: too many wrong ones of late.
    """
    if await proven(ctx, account.username, password=password, address=address) is None:
        raise Unauthenticated("This is not your present password. Try again.")


async def proven(ctx: Context, username: str, *, password: str, address: str) -> User | None:
    """Return the active member whose name and password these are; None is counted against both."""
    limits = ctx.settings.limits
    name = username.strip().removeprefix("@").partition("@")[0].lower()
    subjects = {
        _mark(ctx, f"account {name}"): limits.logins_per_account,
        _mark(ctx, f"address {network(address)}"): limits.logins_per_address,
    }
    async with ctx.db.read() as tx:
        for subject, most in subjects.items():
            if await tokens.failures(tx, subject, since=ctx.clock() - _FIVE_MINUTES) >= most:
                raise Throttled("Too many wrong passwords. Wait five minutes, then try again.", retry_after=300)
        user = await accounts.user_named(tx, name)
    right = await asyncio.to_thread(_matches, user.password_hash if user else None, password)
    if user is not None and right and await _is_heard(ctx, user.account):
        return user
    async with ctx.change() as change:
        await tokens.note_failure(change.tx, list(subjects), now=change.now)
    audit.warning("sign-in refused")
    return None


def _mark(ctx: Context, subject: str) -> str:
    """Return what a subject is counted by. What is typed as a name may be a password: it is not written down."""
    return signs.mark(ctx.secret, "login", subject)


async def _is_heard(ctx: Context, account: Account) -> bool:
    """Tell whether who has the right password is let in, or told why not."""
    return await guests.may_try(ctx, account) or await measures.tells(ctx, account)


def _matches(stored: str | None, password: str) -> bool:
    try:
        return _hasher().verify(stored or _dummy(), password) and stored is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


@cache
def _dummy() -> str:
    return _hasher().hash(tokens.fresh())


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()
