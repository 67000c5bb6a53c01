"""PostgreSQL through asyncpg, for a unit that outgrows one machine."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg

from node.errors import Invalid, Unavailable
from node.ports import Seals
from node.store import schema
from node.store.database import Row, Tx, expand, numbered

_INDEX = "post_words"
_OF_CONTENT = (
    "posts",
    _INDEX,
    "post_versions",
    "post_links",
    "hashtags",
    "media",
    "accounts",
    "inbox_rows",
    "activities",
    "deliveries",
    "cases",
    "case_entries",
)
_VACUUM_SECONDS = 3_600


class PostgresTx:
    """Statements on one asyncpg connection."""

    dialect = "postgres"

    def __init__(self, connection: Any, seals: Seals) -> None:
        self._connection = connection
        self.seals = seals

    async def all(self, sql: str, /, **values: Any) -> Sequence[Row]:
        statement, arguments = _bound(sql, values)
        with _storable():
            rows: list[Row] = await self._connection.fetch(statement, *arguments)
        return rows

    async def one(self, sql: str, /, **values: Any) -> Row | None:
        statement, arguments = _bound(sql, values)
        with _storable():
            row: Row | None = await self._connection.fetchrow(statement, *arguments)
        return row

    async def run(self, sql: str, /, **values: Any) -> int:
        statement, arguments = _bound(sql, values)
        with _storable():
            status: str = await self._connection.execute(statement, *arguments)
        last = status.rpartition(" ")[2]
        return int(last) if last.isdigit() else 0

    async def many(self, sql: str, rows: Sequence[Mapping[str, Any]], /) -> None:
        statement, names = numbered(sql)
        with _storable():
            await self._connection.executemany(statement, [[row[name] for name in names] for row in rows])

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        async with self._connection.transaction():
            yield


@contextmanager
def _storable() -> Iterator[None]:
    """Refuse text with a NUL in it, which PostgreSQL does not take and nobody needs."""
    try:
        yield
    except asyncpg.CharacterNotInRepertoireError as error:
        raise Invalid("There is a character in this text that cannot be kept. Take it out.") from error


def _bound(sql: str, values: dict[str, Any]) -> tuple[str, list[Any]]:
    expanded, flat = expand(sql, values)
    statement, names = numbered(expanded)
    return statement, [flat[name] for name in names]


class Postgres:
    """A pool of connections to one PostgreSQL database."""

    dialect = "postgres"

    def __init__(self, pool: Any, seals: Seals) -> None:
        self._pool = pool
        self.seals = seals

    @classmethod
    async def open(cls, url: str, seals: Seals) -> "Postgres":
        """Connect; what people wrote is sealed there.

        Raises:
            Unavailable: no server there, it refuses us, or that is no address.
        """
        try:
            pool = await asyncpg.create_pool(
                url, min_size=1, max_size=10, command_timeout=30, timeout=10, statement_cache_size=1024
            )
        except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise Unavailable(
                f"PostgreSQL does not answer or refuses the sign-in ({type(error).__name__}). "
                "Check storage.database and that the server runs."
            ) from error
        return cls(pool, seals)

    def version(self) -> int | None:
        return None  # it would take a question of its own to the server

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        async with self._acquire() as connection:
            yield PostgresTx(connection, self.seals)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        async with self._acquire() as connection, connection.transaction():
            yield PostgresTx(connection, self.seals)

    @asynccontextmanager
    async def _acquire(self) -> AsyncIterator[Any]:
        try:
            connection = await self._pool.acquire(timeout=10)
        except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as error:
            raise Unavailable("The database does not answer. Try again in a moment.") from error
        try:
            yield connection
        finally:
            await asyncio.shield(self._pool.release(connection))

    async def script(self, statements: Sequence[str]) -> None:
        async with self._acquire() as connection, connection.transaction():
            for statement in statements:
                await connection.execute(statement)

    async def scrub(self) -> None:
        await self._vacuum(_OF_CONTENT)

    async def compact(self) -> None:
        # What it gives free is overwritten as it is used again; VACUUM FULL would stop readers.
        await self._vacuum([*(table.name for table in schema.tables()), _INDEX])

    async def _vacuum(self, tables: Sequence[str]) -> None:
        async with self._acquire() as connection:
            for table in tables:
                await connection.execute(f"VACUUM {table}", timeout=_VACUUM_SECONDS)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Tx]:
        async with self._acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
            yield PostgresTx(connection, self.seals)

    async def close(self) -> None:
        await self._pool.close()
        self.seals.close()
