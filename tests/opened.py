"""Rows with what is sealed in them opened, for tests that look for words wherever they stand."""

from collections.abc import Mapping
from typing import Any

_SEALED = (b"account:", b"case:", b"node")


def opened(tx: Any, value: Any) -> Any:
    """Return a value of a row as it was before it was sealed; one that nobody can open any more as it is."""
    if not isinstance(value, bytes) or not value[1:].startswith(_SEALED):
        return value
    said = tx.seals.open(value)
    return value if said is None else said.decode(errors="replace")


def all_opened(tx: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with everything in it opened."""
    return {name: opened(tx, value) for name, value in dict(row).items()}
