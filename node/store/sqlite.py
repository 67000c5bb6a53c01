"""SQLite through aiosqlite: one writer, several readers, WAL, durable at every commit.

The event loop never waits for the disk or for another process: what may (COMMIT, checkpoints, copies) runs
in aiosqlite's thread, and a writer that finds the file locked sleeps and asks again.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from node.errors import Unavailable
from node.ports import Seals
from node.store.database import Row, Tx, expand

T = TypeVar("T")

_READERS = 3
_BUSY_SECONDS = 5
_BUSY_PAUSE = 0.002
_SCRUB_PAUSE = 0.1
_PATIENCE_SECONDS = 600
_FULL_TEXT = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%'"
_FORGETFUL = (3, 42, 0)
_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an acknowledged post survives a power cut
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # deleted text is overwritten, not just unlinked
    f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -8000",
)


class SqliteTx:
    """Statements on one connection, run where they are asked for.

    A hop to aiosqlite's thread costs five times what a short indexed statement does, so those run in place;
    only what waits for the disk goes through aiosqlite.
    """

    dialect = "sqlite"

    def __init__(self, raw: sqlite3.Connection, seals: Seals) -> None:
        self._raw = raw
        self.seals = seals
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
            await self.set(setting)

    async def set(self, pragma: str) -> Sequence[Any]:
        # To its end: a cursor left open, as aiosqlite's thread keeps its last one, forbids VACUUM.
        return list(await _finished(self.hop.execute_fetchall(pragma)))

    async def close(self) -> None:
        await self.hop.close()


class Sqlite:
    """One database file. Writes queue up for the only writer; reads never wait for them."""

    dialect = "sqlite"

    def __init__(self, path: Path, writer: _Connection, readers: Sequence[_Connection], seals: Seals) -> None:
        self.path = path
        self.seals = seals
        self._writer = writer
        self._turn = asyncio.Lock()
        self._group: asyncio.Task[None] | None = None
        self._all_readers = readers
        self._readers: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()  # the warmest first
        for reader in readers:
            self._readers.put_nowait(reader)

    @classmethod
    async def open(cls, path: Path, seals: Seals) -> "Sqlite":
        """Open, or create, the file; what people wrote is sealed in it.

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
                await reader.set("PRAGMA query_only = ON")
            await opened[0].set("PRAGMA busy_timeout = 0")
        except sqlite3.Error as error:
            for connection in opened:
                await connection.close()
            raise Unavailable(
                f"The database {path} cannot be opened ({error}). Restore it from a backup, or check its owner."
            ) from error
        path.chmod(0o600)  # noqa: ASYNC240 once, at start
        return cls(path, opened[0], opened[1:], seals)

    def version(self) -> int | None:
        # What a connection sees of the commits of others, so it is always asked of the same one, which never writes.
        row = self._all_readers[0].raw.execute("PRAGMA data_version").fetchone()
        return int(row[0])

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        reader = await self._readers.get()
        try:
            yield SqliteTx(reader.raw, self.seals)
        finally:
            self._readers.put_nowait(reader)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """Open a transaction. Those who wait for their turn while one begins share its commit: one flush for many.

        Each works within a savepoint of its own, so that one that fails harms no other.
        """
        async with self._turn:
            group = self._group or await self._begin()
            tx = SqliteTx(self._writer.raw, self.seals)
            async with tx.savepoint():
                yield tx
        await asyncio.shield(group)

    async def _begin(self) -> "asyncio.Task[None]":
        """Begin a group; its commit queues up behind those who wait already."""
        until = asyncio.get_running_loop().time() + _BUSY_SECONDS
        while True:
            try:
                self._writer.raw.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.OperationalError as error:
                # Another process (a worker, a command) writes; the writer itself never waits, so nor does the loop.
                if asyncio.get_running_loop().time() > until:
                    raise Unavailable("The database is busy. Try again in a moment.") from error
            await asyncio.sleep(_BUSY_PAUSE)
        self._group = asyncio.create_task(self._commit())
        return self._group

    async def _commit(self) -> None:
        async with self._turn:
            try:
                await self._writer.hop.execute("COMMIT")
            except sqlite3.Error as error:
                raise Unavailable("The database could not write. Try again in a moment.") from error
            finally:
                if self._writer.raw.in_transaction:
                    self._writer.raw.execute("ROLLBACK")
                self._group = None

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[_Connection]:
        """Take the writer while no transaction is open."""
        while True:
            async with self._turn:
                if self._group is None:
                    yield self._writer
                    return
                group = self._group
            await asyncio.wait((group,))

    async def script(self, statements: Sequence[str]) -> None:
        async with self.write():
            for statement in statements:
                self._writer.raw.execute(statement)

    async def scrub(self) -> None:
        await self._forget_words()
        busy = True
        while busy:
            async with self._alone() as writer:
                ((busy, _log_pages, _moved),) = await writer.set("PRAGMA wal_checkpoint(TRUNCATE)")
            if busy:  # another process reads from the log, or writes
                await asyncio.sleep(_SCRUB_PAUSE)

    async def compact(self) -> None:
        # `secure_delete` overwrites a row where it is, not the copies that stay in gaps when pages are balanced anew.
        until = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while True:
            async with self._alone() as writer:
                await writer.set("PRAGMA temp_store = FILE")  # it writes all that there is into one, once
                try:
                    await writer.set("VACUUM")
                    break
                except sqlite3.OperationalError as error:  # another process writes
                    if asyncio.get_running_loop().time() > until:
                        raise Unavailable("The database is busy. Try again in a moment.") from error
                finally:
                    await writer.set("PRAGMA temp_store = MEMORY")
            await asyncio.sleep(_SCRUB_PAUSE)
        await self.scrub()

    async def _forget_words(self) -> None:
        """Rid full-text indexes of deleted words, which stay in older segments of them until those are merged.

        Newer versions of SQLite overwrite them at once, when that is asked for once: then this was needed once.
        """
        async with self.write() as tx:
            for index in await tx.all(_FULL_TEXT):
                name = index["name"]
                if sqlite3.sqlite_version_info >= _FORGETFUL:
                    if await tx.one(f"SELECT v FROM {name}_config WHERE k = 'secure-delete'"):
                        continue
                    await tx.run(f"INSERT INTO {name} ({name}, rank) VALUES ('secure-delete', 1)")
                merge = f"INSERT INTO {name} ({name}) VALUES ('optimize')"
                await _finished(self._writer.hop.execute_fetchall(merge))

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Tx]:
        connection = _Connection(self.path)
        try:
            await connection.open()
            await connection.set("PRAGMA query_only = ON")
            await connection.set("BEGIN")
            yield SqliteTx(connection.raw, self.seals)
        finally:
            await connection.close()

    async def close(self) -> None:
        async with self._alone():
            for connection in (*self._all_readers, self._writer):
                await connection.close()
        self.seals.close()


async def _finished(work: Awaitable[T]) -> T:
    """Await what runs in a connection's thread to its end, even when cancelled: the turn must outlast it."""
    running = asyncio.ensure_future(work)
    cancelled = False
    while not running.done():
        try:
            await asyncio.wait((running,))
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError
    return running.result()
