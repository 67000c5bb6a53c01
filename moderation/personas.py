"""Personas: made by a member, used beside themselves, and looked behind by two roles together (requirements A20, C10).

Nothing here is logged with both names. Whoever holds the database and the file of the vault's key can work out whose a
persona is; with either of them alone nobody can, and this program tells it only to two people of two roles.
"""

import asyncio
import logging
from dataclasses import replace
from functools import partial

from federation import keys
from moderation import journal, measures
from moderation.telling import tell_author
from node.context import Change, Context
from node.domain import text, uris
from node.domain.accounts import Account, Comfort, Role, check_username
from node.domain.erasures import Ground
from node.domain.personas import (
    AGREES_WITHIN_MS,
    OPEN_MS,
    Bench,
    Look,
    bench_of,
    check_member,
    check_name,
)
from node.effects import accounts as effects
from node.effects.personas import is_here
from node.errors import Conflict, Forbidden, Invalid, NotFound
from node.store import accounts, holds, minors, personas, tokens
from node.store.database import Tx
from outbox import profiles
from outbox.organisation import local_actor, sealed_keys
from themes import told

audit = logging.getLogger("allmende.audit")

LONGEST_REASON = 500


# A member's own


async def make(ctx: Context, owner: Account, *, username: str, name: str) -> Account:
    """Give a member a persona; return its account. It has no password: one comes to it from one's own account.

    Raises:
        Invalid: no such user name, or see `check_name`. Forbidden: see `check_member`. Conflict: the name is taken, or
            they have one already.
    """
    check_username(username)
    shown = text.plain(name, longest=ctx.settings.limits.name_length) or username
    check_name(owner, username=username, name=shown)
    rsa, proof = await asyncio.gather(asyncio.to_thread(keys.generate_rsa), asyncio.to_thread(keys.generate_ed25519))
    async with ctx.change() as change:
        user = await accounts.user(change.tx, owner.id)
        if user is None or not user.account.may_act:
            raise NotFound("There is no such member.")
        check_member(user.account, minor=await minors.is_minor(change.tx, owner.id))
        uri = uris.user(ctx.settings.url, username)
        actor = replace(
            local_actor(change, uri, username=username, kind="Person", name=shown), persona=True, wall_open=False
        )
        if not await effects.create(change, actor, sealed_keys(ctx, uri, rsa, proof)):
            raise Conflict("This user name is taken. Choose another one.")
        sealed = ctx.vault.seal(owner.id, persona_id=actor.id)
        if not await personas.put(change.tx, actor.id, mark=ctx.vault.mark(owner.id), sealed=sealed):
            raise Conflict("You have a pseudonym already.")
        await accounts.add_user(
            change.tx,
            account_id=actor.id,
            role=Role.MEMBER,
            password_hash="",
            comfort=Comfort(language=user.comfort.language),
            now=change.now,
        )
        return actor


async def of_member(ctx: Context, owner: Account) -> Account | None:
    """Return a member's persona."""
    async with ctx.db.read() as tx:
        return await _of(tx, ctx.vault.mark(owner.id))


async def _of(tx: Tx, mark: str) -> Account | None:
    found = await personas.by_mark(tx, mark)
    account = await accounts.by_id(tx, found.account_id) if found else None
    return account if account is not None and account.deleted_at is None else None


async def enter(ctx: Context, owner: Account) -> str:
    """Return the secret of a new session of a member's persona.

    Raises:
        NotFound: they have none. Forbidden: a moderator suspended it, which is told with the reason, or them.
    """
    persona = await of_member(ctx, owner)
    if persona is not None:
        await measures.check(ctx, persona)
    secret = tokens.fresh()
    async with ctx.change() as change:
        account = await _of(change.tx, ctx.vault.mark(owner.id))
        if account is None:
            raise NotFound("You have no pseudonym yet.")
        if not account.may_act or not await is_here(change.vault, change.tx, account):
            raise Forbidden("This pseudonym was suspended. Ask at the desk of this node.")
        await tokens.add_session(change.tx, secret=secret, account_id=account.id, now=change.now)
    return secret


async def end(ctx: Context, owner: Account) -> None:
    """Erase a member's persona at their wish, with everything that it wrote, on every node.

    Raises:
        NotFound: they have none. Conflict: two roles are looking whose it is, or a legal hold stands against it.
    """
    async with ctx.change() as change:
        account = await _of(change.tx, ctx.vault.mark(owner.id))
        if account is None:
            raise NotFound("You have no pseudonym yet.")
        looked_at = await personas.waiting(change.tx, account.id, since=change.now - AGREES_WITHIN_MS)
        if looked_at or await holds.of(change.tx, account.id) is not None:
            raise Conflict("This cannot be done now. Try again in some weeks, or ask at the desk of this node.")
        await profiles.bequeath(change, account)
        await profiles.erase(change, account, ground=Ground.WISH)


async def end_due(ctx: Context) -> None:
    """Erase the personas whose members are gone, each at its own moment."""
    while True:
        async with ctx.db.read() as tx:
            due = await personas.due(tx, now=ctx.clock())
        if not due:
            return
        async with ctx.change() as change:
            for account in (await accounts.by_ids(change.tx, due)).values():
                await profiles.bequeath(change, account)
                await profiles.erase(change, account, ground=Ground.WISH)


async def looked_at(ctx: Context, owner: Account) -> list[Look]:
    """Return the looks at a member's persona of which they are told, the latest first."""
    async with ctx.db.read() as tx:
        account = await _of(tx, ctx.vault.mark(owner.id))
        return await personas.told(tx, account.id) if account is not None else []


# Two roles together


async def ask(ctx: Context, by: Account, role: Role, *, handle: str, reason: str) -> Look:
    """Ask to look whose a persona is, for one side; the other one has to agree within a week.

    handle: the persona's user name.

    Raises:
        NotFound: no such persona here. Invalid: there is no reason. Forbidden: not with this role.
            Conflict: a look at it waits, or is open.
    """
    bench, why = _bench(role), text.plain(reason, longest=LONGEST_REASON)
    if not why:
        raise Invalid("Say why it has to be known who this is. The person will read it.")
    async with ctx.change() as change:
        name = handle.strip().removeprefix("@").removesuffix(f"@{ctx.settings.authority}")
        account = await accounts.by_handle(change.tx, name, "")
        if account is None or not account.persona or account.deleted_at is not None:
            raise NotFound("There is no such pseudonym here.")
        if await personas.waiting(change.tx, account.id, since=change.now - AGREES_WITHIN_MS):
            raise Conflict("Somebody has asked for this already. It waits for the other side, or is open.")
        look = Look(change.new_id(), account.id, why, bench, by.id, change.now, None, None, None)
        await personas.add_look(change.tx, look)
        await journal.append(change, "persona.look_asked", subject=account.uri, by=by, digest=_said(look))
    audit.warning("%s asks whose %s is", by.uri, account.uri)
    return look


async def agree(ctx: Context, by: Account, role: Role, look_id: int) -> None:
    """Agree to a look, for the other side: from now on both who said yes read whose the persona is, until it closes.

    Raises:
        NotFound: no such look. Forbidden: not with this role, or they asked themselves. Conflict: it is over.
    """
    bench = _bench(role)
    async with ctx.change() as change:
        look = await _look(change, look_id)
        if not look.waits(change.now):
            raise Conflict("This is decided, or it waited too long. Ask anew.")
        if look.bench is bench or look.asked_by == by.id:
            raise Forbidden("The other side has to agree: data protection to moderation, or moderation to it.")
        await personas.agree(change.tx, look.id, by=by.id, now=change.now)
        await _write_down(change, "persona.look_opened", look, by=by)
    audit.warning("%s agrees to look %d", by.uri, look.id)


async def close(ctx: Context, by: Account, look_id: int) -> None:
    """Close a look: nobody reads any more whose the persona is, and the person is told.

    Raises:
        NotFound: no such look that is open for them.
    """
    async with ctx.change() as change:
        look = await _look(change, look_id)
        if not look.open_for(by.id):
            raise NotFound("There is no such page.")
        await _close(change, look, by=by)


async def close_due(ctx: Context) -> None:
    """Close the looks that are open for long: the person is told in any case."""
    while True:
        async with ctx.db.read() as tx:
            due = await personas.to_close(tx, agreed_before=ctx.clock() - OPEN_MS)
        if not due:
            return
        async with ctx.change() as change:
            for look in due:
                await _close(change, look, by=None)


async def behind(ctx: Context, by: Account, looks: list[Look]) -> dict[int, Account]:
    """Return look id → whose the persona is, for those looks that are open for who asks."""
    found: dict[int, Account] = {}
    async with ctx.db.read() as tx:
        for look in looks:  # few are open at a time
            row = await personas.of(tx, look.persona_id) if look.open_for(by.id) else None
            owner = await accounts.by_id(tx, ctx.vault.open(row.sealed, persona_id=row.account_id)) if row else None
            if owner is not None:
                found[look.id] = owner
    return found


async def _close(change: Change, look: Look, *, by: Account | None) -> None:
    await personas.tell(change.tx, [look.id], now=change.now)
    await _write_down(change, "persona.look_closed", look, by=by)
    account = await accounts.by_id(change.tx, look.persona_id)
    if account is not None and account.active:
        # To the persona: a message to its member would stand in a row, at the same moment, beside their name.
        where = uris.complaint(change.settings.url)
        await tell_author(change, account, partial(told.looked_behind, reason=look.reason, complain_at=where))


async def _write_down(change: Change, kind: str, look: Look, *, by: Account | None) -> None:
    account = await accounts.by_id(change.tx, look.persona_id)
    await journal.append(change, kind, subject=account.uri if account else "", by=by, digest=_said(look))


def _said(look: Look) -> str:
    return journal.digest_of(look.reason, salt=str(look.id))


async def _look(change: Change, look_id: int) -> Look:
    look = await personas.look(change.tx, look_id)
    if look is None:
        raise NotFound("There is no such page.")
    return look


def _bench(role: Role) -> Bench:
    bench = bench_of(role)
    if bench is None:
        raise Forbidden("This is for those who look after data protection, and for moderators.")
    return bench
