"""Nodes for tests: one in this process, or an organisation of real processes with real HTTP and real files.

Founding an organisation takes some ten seconds, most of it starting commands. So each set of names is founded
once, stopped, and its folders are copied for every test, which starts the nodes at the same addresses.
"""

import asyncio
import contextlib
import random
import shutil
import socket
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

from federation.keyring import Keyring
from node.adapters import clock
from node.adapters.content_keys import ContentKeys
from node.adapters.seals import Seals
from node.app import DATABASE_FILE, SECRET_FILE, close_context, create_context
from node.config import Look, Settings, Storage, Trends, check
from node.config import Node as NodeSettings
from node.context import Context
from node.fleet import Node, Person, join_all, until
from node.limits import Limits
from node.ports import Sign
from node.store import accounts
from node.store.sqlite import Sqlite
from tests.warm import WarmNode

QUICK = {
    "ALLMENDE_LIMITS_DELIVERY_FIRST_RETRY_SECONDS": "1",
    "ALLMENDE_LIMITS_DELIVERY_LONGEST_PAUSE_SECONDS": "2",
    "ALLMENDE_LIMITS_DELIVERY_LEASE_SECONDS": "3",
    "ALLMENDE_LIMITS_INBOX_LEASE_SECONDS": "3",
}
"""Settings with which what failed is tried again in seconds."""

URL = "http://127.0.0.1:8499"
_USERNAMES = ("ada", "ben", "carla", "dan", "eva")
_SETTLE_SECONDS = 40.0


@contextlib.asynccontextmanager
async def context(
    folder: Path,
    *,
    database: str = "",
    limits: Limits | None = None,
    url: str = URL,
    look: Look | None = None,
    trends: bool = False,
) -> AsyncIterator[Context]:
    """Open a node's context in this process, without its loops; with an https `url` it is no development node."""
    settings = Settings(
        node=NodeSettings(url=url, name="Here", development=url.startswith("http:")),
        storage=Storage(data=str(folder), database=database),
        look=look or Look(),
        trends=Trends(enabled=trends),
        limits=limits or Limits(),
    )
    ctx = await create_context(check(settings))
    try:
        yield ctx
    finally:
        await close_context(ctx)


@dataclass(frozen=True, slots=True)
class Organisation:
    """Running nodes that know each other, and one member of each: ada, ben, carla ... in the order of the nodes."""

    nodes: list[Node]
    people: list[Person]


@dataclass(frozen=True, slots=True)
class _Founded:
    folder: tempfile.TemporaryDirectory[str]
    ports: tuple[int, ...]
    tokens: tuple[str, ...]


_founded: dict[tuple[str, ...], _Founded] = {}


@contextlib.asynccontextmanager
async def organisation(
    folder: Path,
    names: tuple[str, ...] = ("lyon", "graz", "turin"),
    database: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> AsyncIterator[Organisation]:
    """Run one organisation of nodes with these names below `folder`; end their processes afterwards.

    Every node knows every member, with their keys. `database` maps a name to a PostgreSQL address and founds
    anew; `environ` is laid over `QUICK`.

    Raises:
        Failed: a node did not start, or the nodes did not find each other.
    """
    settings = {**QUICK, **(environ or {})}
    nodes: list[Node] = []
    people: list[Person] = []
    try:
        if database is None:
            if names not in _founded:
                _founded[names] = await _found_once(names)
            founded = _founded[names]
            for name, number in zip(names, founded.ports, strict=True):
                shutil.copytree(Path(founded.folder.name) / name, folder / name)
                nodes.append(WarmNode(name, folder / name, port=number, environ=settings))
            people += _act_as(nodes, founded.tokens)
            await asyncio.gather(*[node.start() for node in nodes])
        else:
            for name in names:
                address = database.get(name, "")
                nodes.append(WarmNode(name, folder / name, port=port(), database=address, environ=settings))
            people += await _found(nodes)
        yield Organisation(nodes, people)
    finally:
        await _end(nodes, people)


async def _found_once(names: tuple[str, ...]) -> _Founded:
    folder = tempfile.TemporaryDirectory(prefix="organisation-", ignore_cleanup_errors=True)
    nodes = [WarmNode(name, Path(folder.name) / name, port=port(), environ=dict(QUICK)) for name in names]
    people: list[Person] = []
    try:
        people += await _found(nodes)
    finally:
        await _end(nodes, people)
    for node in nodes:
        # A test reads the log of its own story only.
        (node.folder / "log.txt").unlink()
    return _Founded(folder, tuple(node.port for node in nodes), tuple(person.token for person in people))


async def _found(nodes: list[Node]) -> list[Person]:
    await asyncio.gather(*[node.start() for node in nodes])
    await join_all(nodes[0], nodes[1:], name="Weaving Works")
    pairs = zip(nodes, _USERNAMES, strict=False)
    people = await asyncio.gather(*[node.member(username) for node, username in pairs])
    await asyncio.gather(*[one.find(other) for one, other in permutations(people, 2)])
    return people


def _act_as(nodes: list[Node], tokens: tuple[str, ...]) -> list[Person]:
    return [Person(node, username, token) for node, username, token in zip(nodes, _USERNAMES, tokens, strict=False)]


async def _end(nodes: list[Node], people: list[Person]) -> None:
    await asyncio.gather(*[person.close() for person in people])
    await asyncio.gather(*[node.stop() for node in nodes])


def port() -> int:
    """Return a free port below those the system hands out by itself.

    A node that is down for a while must find its port again, and no connection of another one on it.
    """
    while True:
        number = random.randint(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", number)) == 0:
                continue
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", number))
            return number


def rows(node: Node, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Return what a query finds in a node's database file, whether the node runs or not."""
    connection = sqlite3.connect(node.folder / DATABASE_FILE, timeout=5)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def unfinished(node: Node) -> list[tuple[Any, ...]]:
    """Return (host or type, attempts, error) of every delivery and every inbox row that still waits."""
    return rows(
        node,
        """SELECT host, attempts, error FROM deliveries WHERE state = 'due'
           UNION ALL SELECT type, attempts, error FROM inbox_rows WHERE state = 'due'""",
    )


async def settled(nodes: list[Node], *, seconds: float = _SETTLE_SECONDS) -> None:
    """Wait until everything these nodes sent is delivered and everything they received is handled.

    Raises:
        Failed: something still waits.
    """

    async def nothing_waits() -> bool:
        return not any([unfinished(node) for node in nodes])

    await until(f"nothing waits at {', '.join(node.name for node in nodes)}", nothing_waits, seconds=seconds)


def back_up(node: Node, to: Path) -> None:
    """Copy what a backup of a node holds, while it does not run: everything but the log of erasures."""
    shutil.copytree(node.folder, to, ignore=shutil.ignore_patterns("erasures.log", "log.txt"))


def restore(node: Node, backup: Path, *, with_log: bool = True) -> None:
    """Put a backup in the place of what a node has, on the same machine or, without its log, on another one."""
    for path in list(node.folder.iterdir()):
        if path.name not in ("log.txt", *(["erasures.log"] if with_log else [])):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(backup, node.folder, dirs_exist_ok=True)


def compact(node: Node) -> None:
    """Do what a node does at night: write its database anew, without traces of deleted rows in gaps."""
    rows(node, "VACUUM")
    rows(node, "PRAGMA wal_checkpoint(TRUNCATE)")


async def whole_stream(person: Person) -> dict[str, str]:
    """Return uri → content of everything in the organisation's stream, as this person reads it page by page.

    A post that comes twice fails the test: the pages are disjoint, so it would be there twice.
    """
    found: dict[str, str] = {}
    before: dict[str, str] = {}
    while page := await person.call("GET", "/timelines/public", limit="40", **before):
        for status in page:
            assert status["uri"] not in found, "a post stands in the stream twice"
            found[status["uri"]] = status["content"]
        before = {"max_id": page[-1]["id"]}
    return found


async def signs_as(node: Node, uri: str) -> Sign:
    """Return what signs requests with the key of this actor of a node, taken from its database and key file."""
    secret = bytes.fromhex((node.folder / SECRET_FILE).read_text().strip())
    db = await Sqlite.open(node.folder / DATABASE_FILE, Seals(ContentKeys(node.folder / "content.keys")))
    try:
        async with db.read() as tx:
            account = await accounts.by_uri(tx, uri)
            assert account is not None, f"{node.name} has no actor {uri}"
            return await Keyring(secret=secret, clock=clock.now, limits=Limits()).sign_as(tx, account.id)
    finally:
        await db.close()


@dataclass(slots=True)
class Stranger:
    """A server that belongs to no organisation: it counts who connects, and hangs up."""

    port: int
    connections: int = 0

    @property
    def host(self) -> str:
        """Its authority."""
        return f"127.0.0.1:{self.port}"


@contextlib.asynccontextmanager
async def stranger() -> AsyncIterator[Stranger]:
    """Run such a server."""
    found = Stranger(port())

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.connections += 1
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", found.port)
    try:
        yield found
    finally:
        server.close()
        await server.wait_closed()
