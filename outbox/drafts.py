"""Drafts of a member: kept for them alone until they publish them, or take them away."""

from collections.abc import Sequence

import orjson

from node.context import Context
from node.domain.accounts import Account
from node.errors import Invalid, NotFound
from node.store import drafts
from node.store.drafts import Kept

MOST = 40
_LONGEST = 100_000

Pairs = Sequence[tuple[str, str]]


async def keep(ctx: Context, account: Account, pairs: Pairs, *, id: int | None = None) -> Kept:
    """Keep what was typed. pairs: the fields of a composer; id: the draft that it was before.

    Raises:
        Invalid: nothing was typed, too much, or there are too many drafts.
    """
    form = orjson.dumps(pairs).decode()
    if not any(text.strip() for name, text in pairs if name in ("text", "summary", "answer")):
        raise Invalid("There is nothing to keep yet. Write something.")
    if len(form) > _LONGEST:
        raise Invalid("This is too long to be kept. Shorten it.")
    async with ctx.change() as change:
        mine = await drafts.of_account(change.tx, account.id)
        known = next((one for one in mine if one.id == id), None)
        if known is None and len(mine) >= MOST:
            raise Invalid("You keep %(most)d drafts already. Publish one, or take one away.", most=MOST)
        kept = Kept(known.id if known else change.new_id(), account.id, form, change.now)
        await drafts.put(change.tx, kept)
        return kept


async def mine(ctx: Context, account: Account) -> list[tuple[Kept, Pairs]]:
    """Return a member's drafts with what was typed, the last kept first."""
    async with ctx.db.read() as tx:
        return [(one, _pairs(one)) for one in await drafts.of_account(tx, account.id)]


async def one(ctx: Context, account: Account, id: int) -> Pairs:
    """Return what was typed in a member's draft.

    Raises:
        NotFound: they have none of that number.
    """
    async with ctx.db.read() as tx:
        found = await drafts.one(tx, id, account_id=account.id)
    if found is None:
        raise NotFound("This draft is not there any more.")
    return _pairs(found)


async def drop(ctx: Context, account: Account, id: int) -> None:
    """Take a draft away; one that is gone already is no error."""
    async with ctx.change() as change:
        await drafts.delete(change.tx, id, account_id=account.id)


def _pairs(kept: Kept) -> Pairs:
    return [(name, text) for name, text in orjson.loads(kept.form)]
