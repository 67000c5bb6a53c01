"""Members of this node: invited, joined, signed in, suspended, restored."""

import asyncio
import logging
from dataclasses import replace

from federation import keys
from moderation import bans, guests, inactivity, journal, measures, passwords, second_factors
from node.context import Change, Context
from node.domain import text, uris
from node.domain.accounts import Account, Comfort, Role, User, check_password, check_username
from node.domain.events import TokensEnded
from node.domain.guests import Terms
from node.domain.personas import check_may_look_after
from node.domain.viewer import Viewer
from node.effects import accounts as effects
from node.effects import personas
from node.effects.notifications import signed_up
from node.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from node.store import accounts, holds, minors, tokens
from node.store import guests as guest_rows
from node.store.database import Tx
from outbox import profiles, unit_pages
from outbox.organisation import local_actor, sealed_keys

audit = logging.getLogger("allmende.audit")

_TOUCH_MS = 60_000


async def add(
    ctx: Context,
    *,
    username: str,
    password: str,
    name: str = "",
    role: Role = Role.MEMBER,
    position: str = "",
    department: str = "",
    skills: tuple[str, ...] = (),
    language: str = "",
    invitation: str | None = None,
    guest: Terms | None = None,
    minor: bool = False,
) -> Account:
    """Add a member, by the administrator's hand or by an invitation, which is used up with it.

    language: of their pages and messages, '' for the node's. guest: on what terms they are one. minor: they are under
    age, and protected from the first moment on.

    Raises:
        Invalid: no such name or password, the invitation is used or over, or see `guests.admit`. Conflict: the name is
            taken. Forbidden: it is banned.
    """
    check_username(username)
    check_password(password)
    hashed, rsa, proof = await asyncio.gather(
        passwords.hash_password(password),
        asyncio.to_thread(keys.generate_rsa),
        asyncio.to_thread(keys.generate_ed25519),
    )
    longest = ctx.settings.limits.name_length
    async with ctx.change() as change:
        await bans.check(change, username)
        uri = uris.user(ctx.settings.url, username)
        actor = replace(
            local_actor(
                change, uri, username=username, kind="Person", name=text.plain(name, longest=longest) or username
            ),
            position=text.plain(position, longest=longest),
            department=text.plain(department, longest=longest),
            skills=tuple(filter(None, (text.plain(skill, longest=longest) for skill in skills[:50]))),
        )
        if guest is not None:
            actor = guests.marked(actor)
        if not await effects.create(change, actor, sealed_keys(ctx, uri, rsa, proof)):
            raise Conflict("This user name is taken. Choose another one.")
        if invitation is not None and not await tokens.use_invitation(change.tx, invitation, now=change.now):
            raise Invalid("This invitation has been used, or is over. Ask for a new one.")
        await accounts.add_user(
            change.tx,
            account_id=actor.id,
            role=role,
            password_hash=hashed,
            comfort=Comfort(language=language or ctx.settings.node.language),
            now=change.now,
        )
        if minor:
            await minors.put(change.tx, actor.id, minor=True)
        if guest is not None:
            await guests.admit(change, actor, guest)
        else:
            await unit_pages.welcome(change, actor)
        await signed_up(change, actor)
    return actor


async def set_comfort(ctx: Context, account: Account, comfort: Comfort) -> None:
    """Let pages and messages meet a member as they like it."""
    async with ctx.change() as change:
        await accounts.set_comfort(change.tx, account.id, comfort)


async def erase_own(ctx: Context, account: Account, password: str, *, address: str) -> int | None:
    """Erase a member's account at their own wish, here and everywhere. password: counts like one at the sign-in.

    Return until when (Unix ms) a legal hold stands against it, and it is only hidden; None when it is erased.

    Raises:
        Unauthenticated: it is wrong. Throttled: too many wrong ones of late. Forbidden: the last administrator.
    """
    await passwords.check(ctx, account, password, address=address)
    if await profiles.delete(ctx, account):
        audit.warning("erased %s, at their own wish", account.uri)
        return None
    audit.warning("%s wishes to be erased, which a legal hold delays", account.uri)
    async with ctx.db.read() as tx:
        hold = await holds.of(tx, account.id)
    return hold.until if hold is not None else ctx.clock()


async def invite(
    ctx: Context,
    *,
    by: Account | None,
    role: Role = Role.MEMBER,
    note: str = "",
    guest: Terms | None = None,
    minor: bool = False,
) -> str:
    """Return the secret of a new invitation; `node.domain.uris.invitation` makes the link of it.

    guest: on what terms who follows it is a guest, without any role. minor: whoever follows it is under age; nothing
    shows it to them.

    Raises:
        Invalid, NotFound: see `guests.check`.
    """
    secret = tokens.fresh()
    async with ctx.change() as change:
        if guest is not None:
            await guests.check(change, guest)
        await tokens.add_invitation(
            change.tx,
            secret=secret,
            role=Role.MEMBER if guest is not None else role,
            note=note[:200],
            minor=minor,
            invited_by=by.id if by else None,
            now=change.now,
            expires_at=change.now + ctx.settings.limits.invitation_seconds * 1000,
        )
        if guest is not None:
            await guest_rows.put_invited(change.tx, tokens.hashed(secret), guest)
    return secret


async def invitation(ctx: Context, secret: str) -> tokens.Invitation:
    """Return an open invitation.

    Raises:
        NotFound: there is none by that secret, or no longer.
    """
    async with ctx.db.read() as tx:
        found = await tokens.invitation(tx, secret, now=ctx.clock())
    if found is None:
        raise NotFound("This invitation has been used, or is over. Ask for a new one.")
    return found


async def accept_invitation(
    ctx: Context,
    secret: str,
    *,
    username: str,
    password: str,
    name: str = "",
    position: str = "",
    department: str = "",
    skills: tuple[str, ...] = (),
    language: str = "",
) -> Account:
    """Become a member by an invitation, with the role it gives.

    Raises:
        NotFound: no open invitation. Invalid, Conflict, Forbidden: see `add`.
    """
    found = await invitation(ctx, secret)
    async with ctx.db.read() as tx:
        terms = (await guest_rows.invited(tx, [found.hash])).get(found.hash)
    return await add(
        ctx,
        username=username,
        password=password,
        name=name,
        role=found.role,
        position=position,
        department=department,
        skills=skills,
        language=language,
        invitation=secret,
        guest=terms,
        minor=found.minor,
    )


async def sign_in(ctx: Context, *, username: str, password: str, address: str, simple: bool | None = None) -> str:
    """Return the secret of a new session. simple: whether pages are simple from now on, None as they were.

    Unknown names cost the same time as wrong passwords, and both get the same answer (threat O07).

    Raises:
        Unauthenticated: wrong name or password, or they have left. Forbidden: a guest whose time is over, or suspended;
            the reason is told.
        Throttled: too many wrong ones of late. CodeWanted: they have a second factor (`sign_in_with_code`).
    """
    user = await passwords.proven(ctx, username, password=password, address=address)
    if user is None:
        raise Unauthenticated("That user name and password do not go together.")
    await _check_admitted(ctx, user)
    await second_factors.want(ctx, user)
    return await _open(ctx, user, simple=simple)


async def sign_in_with_code(ctx: Context, ticket: str, code: str, *, simple: bool | None = None) -> str:
    """Return the secret of a new session for who gave the right password before. ticket: what they got for it.

    Raises:
        Unauthenticated: the code is wrong, or it took too long. Forbidden: see `sign_in`. Throttled: too many wrong
            codes.
    """
    user = await second_factors.go_on(ctx, ticket, code)
    await _check_admitted(ctx, user)
    return await _open(ctx, user, simple=simple)


async def _check_admitted(ctx: Context, user: User) -> None:
    await measures.check(ctx, user.account)
    await guests.check_time(ctx, user.account)


async def _open(ctx: Context, user: User, *, simple: bool | None) -> str:
    secret = tokens.fresh()
    async with ctx.change() as change:
        await tokens.add_session(change.tx, secret=secret, account_id=user.account.id, now=change.now)
        if simple is not None:
            await accounts.set_comfort(change.tx, user.account.id, replace(user.comfort, simple=simple))
    await inactivity.note(ctx, user)
    return secret


async def sign_out(ctx: Context, secret: str) -> None:
    """End one session."""
    async with ctx.change() as change:
        ended = await tokens.end_session(change.tx, secret)
        if ended is not None:
            change.tell(TokensEnded(ended))


async def sessions(ctx: Context, account: Account, *, limit: int) -> list[tokens.Session]:
    """Return where a member is signed in, the last used first."""
    idle = ctx.settings.limits.session_idle_seconds * 1000
    async with ctx.db.read() as tx:
        return await tokens.sessions(tx, account.id, seen_after=ctx.clock() - idle, limit=limit)


async def end_session(ctx: Context, account: Account, hash: str) -> None:
    """End one of a member's sessions; one that ended before is no error."""
    async with ctx.change() as change:
        await tokens.end_session_of(change.tx, hash, account_id=account.id)
        change.tell(TokensEnded(account.id))


async def end_other_sessions(ctx: Context, account: Account, *, keep: str) -> None:
    """End every session of a member, and of their persona, but that of the secret `keep`."""
    async with ctx.change() as change:
        await tokens.end_other_sessions(change.tx, account.id, keep=keep)
        await personas.end_sessions(change, account)
        change.tell(TokensEnded(account.id))


async def viewer_of_session(ctx: Context, secret: str, *, wakes: bool = True) -> Viewer | None:
    """Return the member a session belongs to; None: it ended, idled too long, the member is suspended, or was a guest.

    wakes: the session counts as used.
    """
    now = ctx.clock()
    async with ctx.db.read() as tx:
        session = await tokens.session(tx, secret, seen_after=now - ctx.settings.limits.session_idle_seconds * 1000)
        present = await _present(ctx, tx, session.account_id) if session else None
    if session is None or present is None:
        return None
    user, lacking = present
    if wakes and now - session.seen_at > _TOUCH_MS:
        async with ctx.change() as change:
            await tokens.touch_session(change.tx, session.hash, now=now)
    account = await inactivity.note(ctx, user) if wakes else user.account
    return Viewer(account, _role(user, lacking), user.comfort, habits=user.habits, lacks_factor=lacking)


async def _present(ctx: Context, tx: Tx, account_id: int) -> tuple[User, bool] | None:
    """Return the member behind an account, and whether their role waits for a second factor; None: not here now."""
    user = await accounts.user(tx, account_id)
    if user is None or not await guests.is_here(tx, user.account, now=ctx.clock()):
        return None
    if not await personas.is_here(ctx.vault, tx, user.account):
        return None
    return user, await second_factors.is_lacking(ctx, tx, user)


async def issue_token(ctx: Context, account: Account, *, name: str, scopes: str = "read write follow") -> str:
    """Return a personal access token for scripts and clients; only its hash is kept."""
    secret = tokens.fresh()
    async with ctx.change() as change:
        await tokens.add_token(
            change.tx,
            id=change.new_id(),
            secret=secret,
            account_id=account.id,
            name=name,
            scopes=scopes,
            now=change.now,
        )
    return secret


async def viewer_of_token(ctx: Context, secret: str) -> Viewer | None:
    """Return the member a token acts for, bound by its scopes."""
    async with ctx.db.read() as tx:
        found = await tokens.token(tx, secret)
        present = await _present(ctx, tx, found[0]) if found else None
    if found is None or present is None:
        return None
    user, lacking = present
    scopes, account = frozenset(found[1].split()), await inactivity.note(ctx, user)
    return Viewer(account, _role(user, lacking), user.comfort, scopes, user.habits, tokens.hashed(secret), lacking)


def _role(user: User, lacking: bool) -> Role:
    return Role.MEMBER if lacking else user.role


def count_request(ctx: Context, account_id: int) -> None:
    """Count a request of a member, and note that they are here.

    Raises:
        Throttled: there were too many of late.
    """
    ctx.presence.note(account_id)
    ctx.rates.take(f"member {account_id}", most=ctx.settings.limits.requests_per_member)


def requests_left(ctx: Context, account_id: int) -> tuple[int, float]:
    """Return how many requests a member may still make now, and in how many seconds all is made up for."""
    return ctx.rates.left(f"member {account_id}", most=ctx.settings.limits.requests_per_member)


async def named(ctx: Context, username: str) -> Account:
    """Return a member by name.

    Raises:
        NotFound: nobody of that name is a member here.
    """
    async with ctx.db.read() as tx:
        user = await accounts.user_named(tx, username.removeprefix("@"))
    if user is None:
        raise NotFound("Nobody named %(name)s is a member here.", name=username)
    return user.account


async def set_role(ctx: Context, account_id: int, role: Role, *, by: Account | None) -> None:
    """Give a member another role, from their next request on. by: the administrator, None for the operator.

    Raises:
        NotFound: no such member. Forbidden: the last administrator, a guest, or a persona.
    """
    async with ctx.change() as change:
        account = await _account(change, account_id)
        if role is not Role.ADMIN and await accounts.is_last_admin(change.tx, account.id):
            raise Forbidden("The last administrator keeps this role. Name another one first.")
        if account.guest and role is not Role.MEMBER:
            raise Forbidden("Guests have no role. Invite this person as a member.")
        if role is not Role.MEMBER:
            check_may_look_after(account)
        if not await accounts.set_role(change.tx, account.id, role):
            raise NotFound("There is no such member.")
        await journal.append(change, "account.role", subject=f"{account.uri} {role.value}", by=by)
    audit.warning("role of %s is %s now, by %s", account.uri, role.value, by.uri if by else "the operator")


async def _account(change: Change, account_id: int) -> Account:
    account = await accounts.by_id(change.tx, account_id)
    if account is None or account.deleted_at is not None or account.kind in ("Application", "Organization"):
        raise NotFound("There is no such account.")
    return account
