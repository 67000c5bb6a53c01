"""Every row of a node's database, for what is to stand nowhere in it."""

from typing import Any

from node.store.database import Tx
from tests.opened import all_opened


async def rows_of(tx: Tx) -> list[tuple[str, tuple[Any, ...]]]:
    """Return every row of an SQLite database, as (table, values), what is sealed in it opened."""
    tables = [row["name"] for row in await tx.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [
        (name, tuple(all_opened(tx, row).values())) for name in tables for row in await tx.all(f"SELECT * FROM {name}")
    ]
