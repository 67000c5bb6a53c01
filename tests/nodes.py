"""Nodes for tests: one in this process, or an organisation of real processes."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from node.app import close_context, create_context
from node.config import Node as NodeSettings
from node.config import Settings, Storage, check
from node.context import Context
from node.fleet import Node, join_all
from node.limits import Limits

QUICK = {
    "ALLMENDE_LIMITS_DELIVERY_FIRST_RETRY_SECONDS": "1",
    "ALLMENDE_LIMITS_DELIVERY_LONGEST_PAUSE_SECONDS": "2",
    "ALLMENDE_LIMITS_DELIVERY_LEASE_SECONDS": "3",
    "ALLMENDE_LIMITS_INBOX_LEASE_SECONDS": "3",
}
URL = "http://127.0.0.1:8499"


@contextlib.asynccontextmanager
async def context(folder: Path, *, database: str = "", limits: Limits | None = None) -> AsyncIterator[Context]:
    """Open a node's context in this process, without its loops."""
    settings = Settings(
        node=NodeSettings(url=URL, name="Here", development=True),
        storage=Storage(data=str(folder), database=database),
        limits=limits or Limits(),
    )
    ctx = await create_context(check(settings))
    try:
        yield ctx
    finally:
        await close_context(ctx)


@contextlib.asynccontextmanager
async def organisation(folder: Path, names: tuple[str, ...] = ("lyon", "graz", "turin")) -> AsyncIterator[list[Node]]:
    """Start real nodes, joined into one organisation, that retry quickly; they end with the test."""
    nodes = [Node(name, folder / name, environ=dict(QUICK)) for name in names]
    try:
        for node in nodes:
            await node.start()
        await join_all(nodes[0], nodes[1:], name="Test")
        yield nodes
    finally:
        for node in nodes:
            await node.stop()
