"""SQLite through aiosqlite: one writer, several readers, WAL, durable at every commit."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiosqlite

from node.errors import Unavailable
from node.store.database import Row, Tx, expand

_READERS = 3
_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an acknowledged post survives a power cut
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # deleted text is overwritten, not just unlinked
    "PRAGMA busy_timeout = 5000",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -8000",
)


class SqliteTx:
    """Statements on one connection, run where they are asked for.

    A hop to aiosqlite's thread costs five times what a short indexed statement does, so those run in place;
    what waits for the disk or a lock (BEGIN, COMMIT, checkpoints, copies) goes through aiosqlite.
    """

    dialect = "sqlite"

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw
        self._depth = 0

    async def all(self, sql: str, /, **values: Any) -> Sequence[Row]:
        rows: list[Any] = self._raw.execute(*expand(sql, values)).fetchall()
        return rows

    async def one(self, sql: str, /, **values: Any) -> Row | None:
        rows = await self.all(sql, **values)
        return rows[0] if rows else None

    async def run(self, sql: str, /, **values: Any) -> int:
        return self._raw.execute(*expand(sql, values)).rowcount

    async def many(self, sql: str, rows: Sequence[Mapping[str, Any]], /) -> None:
        if rows:
            self._raw.executemany(sql, rows)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        self._depth += 1
        name = f"s{self._depth}"
        self._raw.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            self._raw.execute(f"ROLLBACK TO {name}")
            raise
        finally:
            self._raw.execute(f"RELEASE {name}")
            self._depth -= 1


class _Connection:
    """A connection of sqlite3 and aiosqlite's thread for it; whoever holds it uses one at a time."""

    def __init__(self, path: Path) -> None:
        self.raw = sqlite3.connect(path, isolation_level=None, cached_statements=512, check_same_thread=False)
        self.raw.row_factory = sqlite3.Row
        self.hop = aiosqlite.Connection(lambda: self.raw, iter_chunk_size=64)

    async def open(self) -> None:
        await self.hop
        for setting in _SETTINGS:
            await self.hop.execute(setting)

    async def close(self) -> None:
        await self.hop.close()


class Sqlite:
    """One database file. Writes queue up for the only writer; reads never wait for them."""

    dialect = "sqlite"

    def __init__(self, path: Path, writer: _Connection, readers: Sequence[_Connection]) -> None:
        self.path = path
        self._writer = writer
        self._turn = asyncio.Lock()
        self._all_readers = readers
        self._readers: asyncio.Queue[_Connection] = asyncio.Queue()
        for reader in readers:
            self._readers.put_nowait(reader)

    @classmethod
    async def open(cls, path: Path) -> "Sqlite":
        """Open, or create, the file.

        Raises:
            Unavailable: not a database, damaged, or not writable; nothing is created over it.
        """
        opened: list[_Connection] = []
        try:
            for _ in range(_READERS + 1):
                connection = _Connection(path)
                opened.append(connection)
                await connection.open()
            for reader in opened[1:]:
                await reader.hop.execute("PRAGMA query_only = ON")
        except sqlite3.Error as error:
            for connection in opened:
                await connection.close()
            raise Unavailable(
                f"The database {path} cannot be opened ({error}). Restore it from a backup, or check its owner."
            ) from error
        path.chmod(0o600)  # noqa: ASYNC240 once, at start
        return cls(path, opened[0], opened[1:])

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        reader = await self._readers.get()
        try:
            yield SqliteTx(reader.raw)
        finally:
            self._readers.put_nowait(reader)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        async with self._turn:
            try:
                try:
                    await self._writer.hop.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError as error:
                    raise Unavailable("The database is busy. Try again in a moment.") from error
                yield SqliteTx(self._writer.raw)
                await self._writer.hop.execute("COMMIT")
            except BaseException:
                # The turn ends only when nothing is open, however often the request is cancelled meanwhile.
                rolling_back = asyncio.create_task(self._roll_back())
                while not rolling_back.done():
                    with suppress(asyncio.CancelledError):
                        await asyncio.wait((rolling_back,))
                raise

    async def _roll_back(self) -> None:
        # A cancelled BEGIN or COMMIT still runs in the connection's thread: this waits behind it.
        await self._writer.hop.execute("SELECT 1")
        if self._writer.raw.in_transaction:
            await self._writer.hop.execute("ROLLBACK")

    async def script(self, statements: Sequence[str]) -> None:
        async with self.write():
            for statement in statements:
                await self._writer.hop.execute(statement)

    async def scrub(self) -> None:
        async with self._turn:
            await self._writer.hop.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")

    async def backup(self, path: str) -> None:
        async with self._turn:
            await self._writer.hop.execute("VACUUM INTO :path", {"path": path})

    async def close(self) -> None:
        for connection in (*self._all_readers, self._writer):
            await connection.close()
