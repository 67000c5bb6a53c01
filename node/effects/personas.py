"""What becomes of a persona with its member. Nothing here tells, in a row or in a log, whose it is."""

from secrets import randbelow

from node.context import Change
from node.domain.accounts import Account
from node.domain.personas import LINGERS_MS, Vault
from node.store import accounts, personas, tokens
from node.store.database import Tx


async def is_here(vault: Vault, tx: Tx, account: Account) -> bool:
    """Tell whether a persona may act: as long as its member may. True for every other account."""
    if not account.persona:
        return True
    found = await personas.of(tx, account.id)
    if found is None or found.ends_at is not None:
        return False
    owner = await accounts.by_id(tx, vault.open(found.sealed, persona_id=account.id))
    return owner is not None and owner.may_act


async def end_sessions(change: Change, owner: Account) -> None:
    """End every session of a member's persona, if they have one."""
    if persona := await _of(change, owner):
        await tokens.end_other_sessions(change.tx, persona.account_id, keep="")


async def end_all(change: Change, owner: Account) -> None:
    """End every session, token and code of a member's persona, if they have one.

    No event names it: a notice would hold it beside its member. Whatever happens next ends its streams, too.
    """
    if persona := await _of(change, owner):
        await tokens.end_all(change.tx, persona.account_id)


async def let_go(change: Change, owner: Account) -> None:
    """Let a member's persona, if they have one, act no more from now on, and be erased some days later."""
    persona = await _of(change, owner)
    if persona is not None and persona.ends_at is None:
        await tokens.end_all(change.tx, persona.account_id)
        await personas.end_at(change.tx, persona.account_id, at=change.now + randbelow(LINGERS_MS))


async def _of(change: Change, owner: Account) -> personas.Persona | None:
    return await personas.by_mark(change.tx, change.vault.mark(owner.id)) if owner.local else None
