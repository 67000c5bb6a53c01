"""Second factors at the sign-in: beside the password, a code of an authenticator app, or one for once (A13).

Wrong codes are borne five in a row, then one after two, four, eight minutes and so on, at last one a day: who has
stolen a password does not guess the code. A new password allows one try at once, not more: it may come by a mail that
somebody else reads.
"""

import logging
import secrets
from base64 import b32encode
from dataclasses import dataclass

from moderation import journal, passwords
from node.adapters import authenticators
from node.context import Change, Context
from node.domain import signs
from node.domain.accounts import Account, Role, User
from node.domain.mails import Mailing
from node.domain.times import DAY_MS
from node.errors import Conflict, NotFound, Throttled, Unauthenticated
from node.store import accounts, mail_settings
from node.store import second_factors as rows
from node.store.database import Tx
from outbox.mail.letters import put

audit = logging.getLogger("allmende.audit")

_BORNE = 5
_MINUTE_MS = 60_000
_TICKET_MS = 5 * _MINUTE_MS
_TICKET = "second factor"
_CODES = 10
_CODE_BYTES = 5
"""Of a code for once: eight letters and digits."""


@dataclass(frozen=True, slots=True)
class State:
    """A member's second factor. key: as an app gets it, while it does not count yet; since: when it began to, Unix ms.

    left: how many codes for once there are.
    """

    key: bytes
    since: int | None
    left: int


class CodeWanted(Unauthenticated):
    """The password is right, and a code is asked for as well. ticket: with it the sign-in goes on."""

    code = "code_wanted"

    def __init__(self, ticket: str) -> None:
        super().__init__("Type the code that your authenticator app shows.")
        self.ticket = ticket


async def of(ctx: Context, account: Account) -> State | None:
    """Return the second factor of a member; None: there is none, and none was begun."""
    async with ctx.db.read() as tx:
        found = await rows.of(tx, account.id)
        left = await rows.codes_left(tx, account.id)
    if found is None:
        return None
    return State(b"" if found.since else found.key, found.since, left)


async def begin(ctx: Context, account: Account, password: str, *, address: str) -> None:
    """Give a member a key for their app; it counts once `confirm` has seen a code. address: the network's.

    Raises:
        Unauthenticated: the password is wrong. Throttled: too many wrong ones. Conflict: there is a second factor.
    """
    await passwords.check(ctx, account, password, address=address)
    async with ctx.change() as change:
        if not await rows.put(change.tx, account.id, authenticators.fresh()):
            raise Conflict("You have a second factor. Take it away first to set up another one.")


async def confirm(ctx: Context, account: Account, said: str) -> list[str]:
    """Let the second factor count if the app shows its code; return ten codes for once, which are told only now.

    Everywhere else the member is signed in still; apps stay let in.

    Raises:
        NotFound: none was begun. Unauthenticated: the code is wrong. Throttled: too many wrong ones.
    """
    await _check(ctx, account.id, said, counting=False)
    made = _fresh_codes()
    async with ctx.change() as change:
        if not await rows.start(change.tx, account.id, now=change.now):
            raise _none()  # it was begun anew in another window meanwhile
        await rows.put_codes(change.tx, account.id, _marks(ctx, made))
        await _tell(change, account, added=True)
    audit.warning("second factor of %s begins", account.uri)
    return made


async def renew_codes(ctx: Context, account: Account, password: str, *, address: str) -> list[str]:
    """Return ten new codes for once; the old ones count no more. address: the network's.

    Raises:
        Unauthenticated: the password is wrong. Throttled: too many wrong ones. NotFound: there is no second factor.
    """
    await passwords.check(ctx, account, password, address=address)
    made = _fresh_codes()
    async with ctx.change() as change:
        if not await rows.counts(change.tx, account.id):
            raise _none()
        await rows.put_codes(change.tx, account.id, _marks(ctx, made))
    return made


async def end(ctx: Context, account: Account, password: str, *, address: str) -> None:
    """Sign in with the password alone again; the member is told. address: the network's.

    Raises:
        Unauthenticated: the password is wrong. Throttled: too many wrong ones.
    """
    await passwords.check(ctx, account, password, address=address)
    async with ctx.change() as change:
        await _end(change, account)


async def take_away(ctx: Context, account: Account, *, by: Account | None) -> None:
    """Let a member who lost telephone and codes sign in by their password alone; they are told.

    by: the administrator, None for the operator.

    Raises:
        NotFound: there is no second factor.
    """
    async with ctx.change() as change:
        if not await _end(change, account):
            raise _none()
        await journal.append(change, "account.second_factor_taken", subject=account.uri, by=by)


async def _end(change: Change, account: Account) -> bool:
    counted = await rows.counts(change.tx, account.id)
    ended = await rows.end(change.tx, account.id)
    if counted:
        await _tell(change, account, added=False)
        audit.warning("second factor of %s ends", account.uri)
    return ended


async def _tell(change: Change, account: Account, *, added: bool) -> None:
    settings = await mail_settings.of(change.tx, account.id)
    if settings is not None:
        about: dict[str, object] = {"added": added}
        await put(change, Mailing.SECOND_FACTOR, account_id=account.id, address=settings.address, about=about)


async def is_lacking(ctx: Context, tx: Tx, user: User) -> bool:
    """Tell whether somebody is as any member at the moment, since their role needs a second factor."""
    needed = ctx.settings.node.roles_need_second_factor and user.role is not Role.MEMBER
    return needed and not await rows.counts(tx, user.account.id)


# At the sign-in


async def want(ctx: Context, user: User) -> None:
    """Ask whoever has given the right password for a code, if they have a second factor.

    Raises:
        CodeWanted: they have.
    """
    async with ctx.db.read() as tx:
        wanted = await rows.counts(tx, user.account.id)
    if wanted:
        until = ctx.clock() + _TICKET_MS
        raise CodeWanted(f"{until}.{_sign(ctx, user, until)}")


async def go_on(ctx: Context, ticket: str, said: str) -> User:
    """Return the member who has given the right password before, with this ticket, and the right code now.

    Raises:
        Unauthenticated: it is too late, or the code is wrong. Throttled: too many wrong ones.
    """
    moment, _, sign = ticket.partition(".")
    id = signs.link_id(sign)
    async with ctx.db.read() as tx:
        user = await accounts.user(tx, id) if id is not None else None
    until = int(moment) if moment.isascii() and moment.isdecimal() and len(moment) < len(str(1 << 63)) else 0
    if user is None or not _is_sign(ctx, user, until, sign) or until < ctx.clock():
        raise Unauthenticated("That took too long. Sign in again.")
    await _check(ctx, user.account.id, said, counting=True)
    return user


def _bound(user: User, until: int) -> str:
    return f"{until} {user.password_hash}"


def _sign(ctx: Context, user: User, until: int) -> str:
    return signs.link(ctx.secret, _TICKET, user.account.id, bound=_bound(user, until))


def _is_sign(ctx: Context, user: User, until: int, sign: str) -> bool:
    return signs.is_link(ctx.secret, _TICKET, sign, bound=_bound(user, until))


async def _check(ctx: Context, account_id: int, said: str, *, counting: bool) -> None:
    """Check a code, and use it up. counting: of a second factor that counts, so one for once is as good.

    The try is counted first and by itself: whoever asks often at the same time gains nothing.
    """
    async with ctx.change() as change:
        found = await rows.of(change.tx, account_id)
        if found is None or (found.since is not None) is not counting:
            raise _none()
        if change.now < found.tried_at + _pause(found.wrong):
            raise _too_many(found.tried_at + _pause(found.wrong) - change.now)
        if not await rows.count_try(change.tx, found, now=change.now):
            raise _too_many(_MINUTE_MS)
    typed = "".join(said.split()).replace("-", "").lower()
    async with ctx.change() as change:
        step = authenticators.step(found.key, typed, at=change.now) if found.key else None
        right = step is not None and await rows.use(change.tx, account_id, step)
        if not right and counting and await rows.use_code(change.tx, account_id, _mark(ctx, typed)):
            await rows.forgive(change.tx, account_id)
            right = True
    if not right:
        audit.warning("a code at the sign-in is wrong")
        raise Unauthenticated("This code is not right, or was used. Type the one that your app shows now.")


def _pause(wrong: int) -> int:
    """Return how long nobody may try after so many wrong codes in a row, in ms."""
    return min(_MINUTE_MS << min(wrong - _BORNE + 1, 16), DAY_MS) if wrong >= _BORNE else 0


def _too_many(ms: int) -> Throttled:
    return Throttled("Too many wrong codes. Wait a while, then try again.", retry_after=-(-ms // 1000))


def _none() -> NotFound:
    return NotFound("There is no second factor.")


def _fresh_codes() -> list[str]:
    made = [b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower() for _ in range(_CODES)]
    return [f"{one[:4]}-{one[4:]}" for one in made]


def _marks(ctx: Context, codes: list[str]) -> list[str]:
    return [_mark(ctx, code.replace("-", "")) for code in codes]


def _mark(ctx: Context, code: str) -> str:
    return signs.mark(ctx.secret, "recovery code", code)
