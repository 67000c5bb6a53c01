"""What the rooms above know of a database: read, write, and four ways to run a statement.

Statements are plain SQL with `:name` parameters, the same for SQLite and PostgreSQL. A list or tuple as
a value expands in place, for `IN (:names)`; an empty one matches nothing.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import lru_cache
from re import Match
from re import compile as pattern
from typing import Any, Protocol

from node.ports import Seals

Row = Mapping[str, Any]
_NAME = pattern(r"(?<![:\w]):([a-z_][a-z0-9_]*)")


class Tx(Protocol):
    """Runs statements. From `Database.write` they commit together; from `read` each sees the latest state."""

    dialect: str
    seals: Seals

    async def all(self, sql: str, /, **values: Any) -> Sequence[Row]:
        """Return every row."""
        ...

    async def one(self, sql: str, /, **values: Any) -> Row | None:
        """Return the first row, or None."""
        ...

    async def run(self, sql: str, /, **values: Any) -> int:
        """Run a statement; return how many rows it changed."""
        ...

    async def many(self, sql: str, rows: Sequence[Mapping[str, Any]], /) -> None:
        """Run a statement once for each set of values (no lists in them)."""
        ...

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """Undo what happened inside when it raises, and keep the transaction."""
        ...


class Database(Protocol):
    """A store of either kind."""

    dialect: str
    seals: Seals

    def version(self) -> int | None:
        """Return a number that changes with every commit, of any process; None when the backend has no cheap one."""
        ...

    def read(self) -> AbstractAsyncContextManager[Tx]:
        """Borrow a connection for reading."""
        ...

    def write(self) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction: committed at the end, rolled back when something raises."""
        ...

    async def script(self, statements: Sequence[str]) -> None:
        """Run schema statements in one transaction."""
        ...

    async def scrub(self) -> None:
        """Make the storage forget deleted content: log files, free pages. Waits for readers that hold on to it."""
        ...

    async def compact(self) -> None:
        """Write everything anew, without the gaps in which traces of deleted rows may be; writers wait meanwhile."""
        ...

    def snapshot(self) -> AbstractAsyncContextManager[Tx]:
        """Borrow a connection that sees everything as it is now, however long that takes, and writes nothing."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...


@lru_cache(maxsize=2048)
def _expanded(sql: str, sizes: tuple[tuple[str, int], ...]) -> str:
    counts = dict(sizes)

    def place(found: Match[str]) -> str:
        name = found[1]
        if name not in counts:
            return found[0]
        return ", ".join(f":{name}__{i}" for i in range(counts[name])) or "NULL"

    return _NAME.sub(place, sql)


def expand(sql: str, values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Spread list values over numbered parameters; return the statement and the flat values."""
    for value in values.values():
        if type(value) is list or type(value) is tuple:
            break
    else:
        return sql, values
    lists = {name: value for name, value in values.items() if isinstance(value, list | tuple)}
    flat = {name: value for name, value in values.items() if name not in lists}
    for name, items in lists.items():
        flat |= {f"{name}__{i}": item for i, item in enumerate(items)}
    return _expanded(sql, tuple((name, len(items)) for name, items in lists.items())), flat


@lru_cache(maxsize=4096)
def numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """Turn `:name` into PostgreSQL's `$n`; return the statement and the names in order."""
    names: list[str] = []

    def number(found: Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return _NAME.sub(number, sql), tuple(names)
