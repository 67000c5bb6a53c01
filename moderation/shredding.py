"""Destroys the keys of what is gone: from then on nobody reads it in any copy of database or files (C4, E18).

What is erased from the database is out of reach at once; what was copied before, by a backup or in any other way, is so
when its key is destroyed, and when the copies of the keys are that are kept for `storage.backup_days`.

What a database does not know was not erased for that reason: an older one may have been put back. So the database and
the keys are marked with the moment, again and again. Where the database has an older mark than the keys, those made
since are kept for `storage.backup_days`: newer backups can still be read, should the older one be a mistake. What was
read back from a backup has no mark, and counts as older.
"""

import asyncio
import logging
import time
from typing import Any

from node.adapters.content_keys import SEEN, ContentKeys
from node.context import Context
from node.domain.times import DAY_MS, days
from node.store import queues, records, restores, sealed
from node.store.database import Tx

audit = logging.getLogger("allmende.audit")

_REST_SECONDS = 10.0
_SHARE = 20
_NEW_MS = 10 * 60_000
_MARK_MS = 5 * 60_000


async def run(ctx: Context) -> None:
    """Destroy the keys of what is gone, seconds after it is; a loop. It takes a twentieth of the time at most."""
    seen: Any = object()
    while True:
        begun = time.monotonic()
        version = ctx.db.version()
        if version is None or version != seen:
            seen = version if await forget_gone(ctx) else object()
        await asyncio.sleep(max(_REST_SECONDS, (time.monotonic() - begun) * _SHARE))


async def forget_gone(ctx: Context) -> bool:
    """Destroy the keys of all that is gone by now; False: some are too new to tell, see to it again."""
    keys, now = ContentKeys(ctx.settings.content_keys, ctx.clock), ctx.clock()
    await _compare(ctx, keys)
    told, after = True, ""
    while names := await asyncio.to_thread(keys.names, after=after):
        async with ctx.db.read() as tx:
            gone = set(names) - await records.living(tx, names)
            gone |= await _past(tx, names, before=now - ctx.settings.limits.done_rows_seconds * 1000)
        new = {name for name in gone if _is_new(name, now=now)}
        if gone - new:
            await asyncio.to_thread(keys.destroy, sorted(gone - new))
        told = told and not new
        after = names[-1]
    return told


async def is_older(ctx: Context) -> bool:
    """Tell whether the database is an older one than its keys know: it came from a backup."""
    seen, marked = await _marks(ctx, ContentKeys(ctx.settings.content_keys))
    return seen is not None and marked < seen


async def _marks(ctx: Context, keys: ContentKeys) -> tuple[int | None, int]:
    """Return the mark of the keys (None: there is none yet) and that of the database."""
    seen = await asyncio.to_thread(keys.noted, SEEN)  # before the database: another process may mark both
    async with ctx.db.read() as tx:
        return seen, await restores.marked(tx)


async def _compare(ctx: Context, keys: ContentKeys) -> None:
    """Spare the keys of what an older database does not know; mark both when it is time."""
    now = ctx.clock()
    seen, marked = await _marks(ctx, keys)
    if seen is not None and marked < seen:
        audit.warning("the database is older than its keys: those that it does not know are kept for some days")
        until = now + ctx.settings.storage.backup_days * DAY_MS
        await asyncio.to_thread(keys.spare, since=marked, until=until)
    elif seen is not None and now < seen + _MARK_MS:
        return
    async with ctx.change() as change:
        await restores.mark(change.tx, now)
    await asyncio.to_thread(keys.note, SEEN, now)


def _is_new(name: str, *, now: int) -> bool:
    """Tell whether a key may be for words whose transaction goes on: it was there before their row is."""
    kinds = (sealed.ACCOUNT, sealed.CASE, sealed.REPORT)
    return name.startswith(kinds) and records.made_at(name) > now - _NEW_MS


async def _past(tx: Tx, names: list[str], *, before: int) -> set[str]:
    """Return the keys of days of the inbox that are past (before: Unix ms), with no text left that they have sealed."""
    found = {int(name.removeprefix(sealed.INBOX)) for name in names if name.startswith(sealed.INBOX)}
    past = {day for day in found if day < days(before)}
    if past:
        past -= await queues.days_of_bodies(tx, before=before)
    return {f"{sealed.INBOX}{day}" for day in past}
