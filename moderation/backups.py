"""Backups that forget: each record is sealed with a key of its own, and the keys are in no backup (C4, E18).

When something is erased its key is destroyed (`moderation.shredding`): from then on no backup has it any more, however
long that is kept. The index of words is not in it, nor what serves for minutes only; `moderation.backup_reading` reads
it back.
"""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from moderation import shredding
from node import __version__
from node.adapters.content_keys import WRITTEN, ContentKeys
from node.adapters.files import Damaged
from node.adapters.sealed_file import Sealing
from node.context import Context
from node.errors import Invalid, NotFound
from node.ports import Files
from node.store import records, schema
from node.store.database import Tx
from node.store.records import Record
from node.store.schema import Table
from node.store.sealed import NODE

SECRET = b"secret"
ROWS = b"rows"
FILE = b"file"
"""How a piece begins: what it holds."""

_BATCH = 200


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
        Invalid: there is a file of that name, or the folder is the one of the keys, or that of the backup.
        Unavailable: see `ContentKeys`.
    """
    _check_apart(path, keys_to)
    keys = ContentKeys(ctx.settings.content_keys, ctx.clock)
    await shredding.forget_gone(ctx)
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
            copy = await asyncio.to_thread(keys.copy, keys_to, days=days)
        node_key = (await asyncio.to_thread(keys.of, [NODE]))[NODE]
        await asyncio.to_thread(made.finish, NODE, node_key)
        await asyncio.to_thread(keys.note, WRITTEN, ctx.clock())
    except BaseException:
        made.drop()
        raise
    await shredding.forget_gone(ctx)  # what was erased meanwhile
    return Written(rows, files, copy)


def _check_apart(path: Path, keys_to: Path | None) -> None:
    if keys_to is not None and keys_to.resolve() == path.resolve().parent:
        raise Invalid("Keep the keys in another folder than the backups, best on another machine.")


async def _seal(made: Sealing, keys: ContentKeys, pieces: list[tuple[str, bytes]]) -> None:
    def seal() -> None:
        # What was erased since the backup began gets no second key: its pieces could not all be read with that.
        found = keys.of([name for name, _ in pieces], make=True, again=False)
        for name, piece in pieces:
            if name in found:
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
