"""Destroys the keys of what is gone: from then on nobody reads it in any copy of database or files (C4, E18).

What is erased from the database is out of reach at once; what was copied before, by a backup or in any other way, is so
when its key is destroyed, and when the copies of the keys are that are kept for `storage.backup_days`.
"""

import asyncio
import time
from typing import Any

from node.adapters.content_keys import ContentKeys
from node.context import Context
from node.domain.times import days
from node.store import records, sealed

_REST_SECONDS = 10.0
_SHARE = 20
_NEW_MS = 10 * 60_000


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
    keys, now = ContentKeys(ctx.settings.content_keys), ctx.clock()
    spared = await asyncio.to_thread(keys.spared, now=now)
    told, after = True, ""
    while names := await asyncio.to_thread(keys.names, after=after):
        async with ctx.db.read() as tx:
            there = await records.living(tx, names)
        gone = {name for name in names if name not in there and not _is_spared(name, spared)}
        new = {name for name in gone if _is_new(name, now=now)}
        gone |= _past(names, before=now - ctx.settings.limits.done_rows_seconds * 1000)
        if gone - new:
            await asyncio.to_thread(keys.destroy, sorted(gone - new))
        told = told and not new
        after = names[-1]
    return told


def _is_spared(name: str, spared: list[tuple[int, int]]) -> bool:
    """Tell whether a restore lost what a key was for, and nobody erased it."""
    return any(since <= records.made_at(name) <= to for since, to in spared)


def _is_new(name: str, *, now: int) -> bool:
    """Tell whether a key may be for words whose transaction goes on: it was there before their row is."""
    kinds = (sealed.ACCOUNT, sealed.CASE, sealed.REPORT)
    return name.startswith(kinds) and records.made_at(name) > now - _NEW_MS


def _past(names: list[str], *, before: int) -> set[str]:
    """Return the keys of days of the inbox of which no row is left (before: Unix ms)."""
    return {name for name in names if name.startswith(sealed.INBOX) and int(name[len(sealed.INBOX) :]) < days(before)}
