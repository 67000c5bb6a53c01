"""Backups that forget: each record is sealed with a key of its own, and the keys are in no backup (C4, E18).

When something is erased its key is destroyed: from then on no backup has it any more, however long that is kept. The
index of words is not in it, nor what serves for minutes only; `moderation.backup_reading` reads it back.
"""

import asyncio
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from node import __version__
from node.adapters.content_keys import ContentKeys
from node.adapters.files import Damaged
from node.adapters.sealed_file import Sealing
from node.context import Context
from node.errors import NotFound
from node.ports import Files
from node.store import records, schema
from node.store.database import Tx
from node.store.records import NODE, Record
from node.store.schema import Table

SECRET = b"secret"
ROWS = b"rows"
FILE = b"file"
"""How a piece begins: what it holds."""

_BATCH = 200
_REST_SECONDS = 10.0
_NEW_MS = 10 * 60_000
_SHARE = 20


@dataclass(frozen=True, slots=True)
class Written:
    """What a backup holds, and the file where the copy of its keys is, None without one."""

    rows: int
    files: int
    keys: Path | None


async def write(ctx: Context, path: Path, *, keys_to: Path | None = None) -> Written:
    """Write all that the node knows into a new file, as it is at one moment, while the node runs.

    keys_to: a folder for a copy of the keys, where older ones than `storage.backup_days` are removed.

    Raises:
        Invalid: there is a file of that name, or the folder is the one of the keys. Unavailable: see `ContentKeys`.
    """
    keys = ContentKeys(ctx.settings.content_keys)
    await forget_gone(ctx)
    about = {
        "node": ctx.settings.url,
        "version": __version__,
        "schema": schema.number(),
        "at": ctx.clock(),
        "tables": {table.name: table.columns for table in schema.tables()},
    }
    made = await asyncio.to_thread(Sealing, path, about)
    try:
        async with ctx.db.snapshot() as tx:
            await _seal(made, keys, [(NODE, SECRET + ctx.secret)])
            rows = await _seal_rows(made, keys, tx)
            files = await _seal_files(made, keys, await records.files(tx), ctx.files)
        copy = None
        if keys_to is not None:
            days = ctx.settings.storage.backup_days
            copy = await asyncio.to_thread(keys.copy, keys_to, now=ctx.clock(), days=days)
        node_key = (await asyncio.to_thread(keys.of, [NODE]))[NODE]
        await asyncio.to_thread(made.finish, NODE, node_key)
        await asyncio.to_thread(keys.note, now=ctx.clock())
    except BaseException:
        made.drop()
        raise
    await forget_gone(ctx)  # what was erased meanwhile
    return Written(rows, files, copy)


async def _seal(made: Sealing, keys: ContentKeys, pieces: list[tuple[str, bytes]]) -> None:
    def seal() -> None:
        found = keys.of([name for name, _ in pieces], make=True)
        for name, piece in pieces:
            made.add(name, found[name], piece)

    await asyncio.to_thread(seal)


async def _seal_rows(made: Sealing, keys: ContentKeys, tx: Tx) -> int:
    count, waiting = 0, list[tuple[str, bytes]]()
    for table in schema.tables():
        if table.name in records.LEFT_OUT:
            continue
        async for record in records.all_of(tx, table):
            waiting.append((record.name, ROWS + _written(record, table)))
            count += len(record.rows)
            if len(waiting) >= _BATCH:
                await _seal(made, keys, waiting)
                waiting = []
    await _seal(made, keys, waiting)
    return count


def _written(record: Record, table: Table) -> bytes:
    binary = [place for place, column in enumerate(table.columns) if column in table.binary]
    rows = []
    for row in record.rows:
        values = list(row)
        for place in binary:
            values[place] = None if values[place] is None else b64encode(values[place]).decode()
        rows.append(values)
    return orjson.dumps([table.name, rows])


async def _seal_files(made: Sealing, keys: ContentKeys, files: dict[str, str], store: Files) -> int:
    count = 0
    for name, record in files.items():
        try:
            async for piece in _pieces(store, name):
                await _seal(made, keys, [(record, piece)])
            count += 1
        except NotFound:
            continue  # erased since
        except Damaged:
            continue  # the log names it; what was sealed of it is never read back, and all else is worth a backup
    return count


async def _pieces(store: Files, name: str) -> AsyncIterator[bytes]:
    content = await store.get(name)
    start = 0
    async for chunk in content.chunks:
        yield FILE + orjson.dumps([name, start, content.size]) + b"\n" + chunk
        start += len(chunk)


# Keys


async def forget_keys(ctx: Context) -> None:
    """Destroy the keys of what is gone, seconds after it is; a loop. It takes a twentieth of the time at most."""
    seen: Any = object()
    while True:
        keys = ContentKeys(ctx.settings.content_keys)
        begun = time.monotonic()
        version = ctx.db.version()
        if keys.there() and (version is None or version != seen):
            seen = version if await forget_gone(ctx) else object()
        await asyncio.sleep(max(_REST_SECONDS, (time.monotonic() - begun) * _SHARE))


async def forget_gone(ctx: Context) -> bool:
    """Destroy the keys of all that is gone by now; False: some are too new to tell, see to it again."""
    keys = ContentKeys(ctx.settings.content_keys)
    if not keys.there():
        return True
    told = True
    spared = await asyncio.to_thread(keys.spared, now=ctx.clock())
    after = ""
    while names := await asyncio.to_thread(keys.names, after=after):
        async with ctx.db.read() as tx:
            there = await records.living(tx, names)
        lost = {name for name in names if any(since <= records.made_at(name) <= to for since, to in spared)}
        gone = [name for name in names if name not in there | lost]
        new = {name for name in gone if _is_new(name, now=ctx.clock())}
        gone = [name for name in gone if name not in new]
        told = told and not new
        if gone:
            await asyncio.to_thread(keys.destroy, gone)
        after = names[-1]
    return told


def _is_new(name: str, *, now: int) -> bool:
    """Tell whether a key may belong to an account, or a case, whose transaction goes on: it was there before that."""
    return name.startswith(("account:", "case:")) and records.made_at(name) > now - _NEW_MS
