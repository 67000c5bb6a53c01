"""An actor of ours as other nodes are told of it: the one place where what is kept back is kept back."""

from dataclasses import replace

from federation import render
from node.domain.accounts import Account, emptied
from node.domain.ages import told_to_others
from node.domain.profiles import told_beyond
from node.store import accounts, groups, minors
from node.store.database import Tx


async def described(tx: Tx, account: Account, *, base: str, beyond: bool = False) -> render.Json:
    """Return an actor's document, without its `@context`, with its keys and, of a group, what makes it one.

    Of members under age not all is told, of others what they tell beyond their unit, of who is hidden nothing but that.
    base: our address. beyond: for a node outside the organisation, which meets people only in groups that are shared
    with it: it is not told which other accounts somebody has, nor where they go on.
    """
    keys = await accounts.keys_of(tx, account.id)
    group = await groups.by_id(tx, account.id) if account.kind == "Group" else None
    told = told_to_others(account) if await minors.is_minor(tx, account.id) else told_beyond(account)
    if told.hidden_at is not None:
        told = emptied(told)
    if beyond:
        told = replace(told, also_known_as=(), moved_to="")
    return render.actor(told, keys=keys, base=base, group=group)
