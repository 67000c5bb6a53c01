"""What the tables are, read from the migrations: for what treats all of them alike, as backups do."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from node.store.migrate import known


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that names a row of `table` by its `to`. cascades: the row goes with that one; else it forgets it."""

    column: str
    table: str
    to: str
    cascades: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its columns, its primary key, and what it refers to. binary: the columns that hold bytes."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    binary: frozenset[str]
    references: tuple[Reference, ...]


@cache
def number() -> int:
    """Return the number of the last migration."""
    return known("sqlite")[-1].number


@cache
def tables() -> tuple[Table, ...]:
    """Return the tables that both databases have, those that others refer to first; without the index of words.

    The index is made from the posts; it is another one in either database.
    """
    with sqlite3.connect(":memory:") as made:
        for step in known("sqlite"):
            if step.common:
                for statement in step.statements:
                    made.execute(statement)
        names = [row[0] for row in made.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        found = [_table(made, name) for name in names]
    made.close()
    return tuple(_parents_first(found))


def _table(made: sqlite3.Connection, name: str) -> Table:
    columns = made.execute(f"PRAGMA table_info({name})").fetchall()
    return Table(
        name,
        tuple(one[1] for one in columns),
        tuple(one[1] for one in sorted((one for one in columns if one[5]), key=lambda one: int(one[5]))),
        frozenset(one[1] for one in columns if one[2] == "BYTEA"),
        tuple(
            Reference(column, table, to, action == "CASCADE")
            for _, _, table, column, to, _, action, _ in made.execute(f"PRAGMA foreign_key_list({name})")
        ),
    )


def _parents_first(found: Iterable[Table]) -> list[Table]:
    waiting, placed = list(found), dict[str, Table]()
    while waiting:
        ready = [one for one in waiting if all(ref.table in placed or ref.table == one.name for ref in one.references)]
        assert ready, f"tables refer to each other in a circle: {[one.name for one in waiting]}"
        placed |= {one.name: one for one in ready}
        waiting = [one for one in waiting if one.name not in placed]
    return list(placed.values())
