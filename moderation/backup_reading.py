"""Reading a backup back into an empty node: all that there is still a key for (`moderation.backups`).

What has lost its key is left out, and what hung on it as well, as if it had been erased here; `moderation.restore` then
erases what the keys did not know of, before the node opens.
"""

import asyncio
from base64 import b64decode
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import orjson

from moderation.backups import FILE, ROWS, SECRET
from node.adapters.content_keys import ContentKeys
from node.adapters.sealed_file import CUT_OFF, Piece, Sealed, is_last
from node.errors import Conflict, Invalid
from node.ports import Files
from node.store import records, schema, words
from node.store.database import Database, Tx
from node.store.schema import Table
from node.store.sealed import NODE

_BATCH = 200


@dataclass(slots=True)
class Read:
    """What came back, and which records have no key any more.

    at: when the backup was written (Unix ms). secret: what the node's own keys are wrapped with.
    """

    at: int
    rows: int = 0
    files: int = 0
    secret: bytes = b""
    lost: set[str] = field(default_factory=set)


async def read(
    path: Path,
    keys: ContentKeys,
    db: Database,
    files: Files,
    *,
    node: str,
    ready: Callable[[Tx, Read], Awaitable[None]],
) -> Read:
    """Write what a backup of this node (its address) holds into an empty database, in one transaction, and its files.

    ready: what is still to be done before it counts.

    Raises:
        Conflict: the database is not empty, or the backup is another node's, or of another version of the schema.
        Invalid: it is no backup, it is cut off or was changed, or the keys are others.
    """
    with path.open("rb") as opened:
        sealed = Sealed(opened)
        _check(sealed.about, node=node)
        found = Read(int(sealed.about["at"]))
        async with db.write() as tx:
            if await tx.one("SELECT 1 AS found FROM accounts LIMIT 1"):
                raise Conflict("There is a node in this database already. A backup is read into an empty one.")
            await _Reader(sealed, keys, tx, files, found).all()
            await records.forget_fetched_files(tx)
            await words.make_index(tx)
            await ready(tx, found)
    return found


def _check(about: Mapping[str, Any], *, node: str) -> None:
    if about.get("schema") != schema.number():
        raise Conflict(f"The backup is of version {about.get('version')}. Read it with that one, then update.")
    if about.get("node") != node:
        raise Conflict(f"The backup is one of {about.get('node')}. Set node.url to that address.")


class _Reader:
    """Takes piece after piece; rows of one table that follow each other are written together."""

    def __init__(self, sealed: Sealed, keys: ContentKeys, tx: Tx, files: Files, found: Read) -> None:
        self._sealed, self._keys, self._tx, self._files, self._found = sealed, keys, tx, files, found
        self._tables = {table.name: table for table in schema.tables()}
        self._columns: Mapping[str, Sequence[str]] = sealed.about["tables"]
        self._table = ""
        self._rows: list[dict[str, Any]] = []
        self._refers: dict[tuple[str, str], list[tuple[int, int]]] = {}

    async def all(self) -> None:
        whole = False
        with NamedTemporaryFile() as file:
            pieces = self._sealed.pieces()
            while batch := await asyncio.to_thread(self._opened, pieces):
                for piece in batch:
                    whole = is_last(piece)
                    await self._take(piece, file)
        if not whole:
            raise Invalid(CUT_OFF)
        await self._write()
        for (name, column), pairs in self._refers.items():
            await self._refer(self._tables[name], column, pairs)

    def _opened(self, pieces: Iterator[Piece]) -> list[bytes]:
        """Return the next pieces that there are keys for, none at the end of the file."""
        opened: list[bytes] = []
        while not opened and (sealed := list(islice(pieces, _BATCH))):
            keys = self._keys.of(sorted({one.name for one in sealed}))
            self._found.lost |= {one.name for one in sealed if one.name not in keys}
            opened = [one.open(keys[one.name]) for one in sealed if one.name in keys]
        if NODE in self._found.lost:
            raise Invalid("The keys of this backup are missing. Name a copy of them: --keys FILE")
        return opened

    async def _take(self, piece: bytes, file: Any) -> None:
        if piece.startswith(ROWS):
            await self._take_rows(*orjson.loads(piece.removeprefix(ROWS)))
        elif piece.startswith(FILE):
            line, _, data = piece.removeprefix(FILE).partition(b"\n")
            name, start, size = orjson.loads(line)
            if start == 0:
                file.seek(0)
                file.truncate()
            file.write(data)
            file.flush()
            if start + len(data) == size:
                await self._files.put(name, Path(file.name))
                self._found.files += 1
        elif piece.startswith(SECRET):
            self._found.secret = piece.removeprefix(SECRET)

    async def _take_rows(self, name: str, rows: Sequence[Sequence[Any]]) -> None:
        if name != self._table or len(self._rows) >= _BATCH:
            await self._write()
        self._table = name
        binary = self._tables[name].binary
        for row in rows:
            values = dict(zip(self._columns[name], row, strict=True))
            self._rows.append(values | {one: b64decode(values[one]) for one in binary if values[one] is not None})

    async def _write(self) -> None:
        if not self._rows:
            return
        table = self._tables[self._table]
        for ref in table.references:
            if ref.table == table.name:
                pairs = self._refers.setdefault((table.name, ref.column), [])
                pairs += [(row["id"], row[ref.column]) for row in self._rows if row[ref.column] is not None]
        self._found.rows += await records.put(self._tx, table, self._rows)
        self._rows = []

    async def _refer(self, table: Table, column: str, pairs: Sequence[tuple[int, int]]) -> None:
        cascades = any(ref.cascades for ref in table.references if ref.column == column)
        for start in range(0, len(pairs), _BATCH):
            await records.refer(self._tx, table, column, pairs[start : start + _BATCH], cascades=cascades)
