"""python -m tests.benchmarks.streaming: from a post to the last of 1,000 open sockets that shows it, in milliseconds.

Every socket is another member's, who follows the author, and listens to their home. The clients share another process
with nobody but themselves; both processes run on the same machine. A tenth of the members filter words.
"""

import asyncio
import json
import multiprocessing
import multiprocessing.connection
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
from websockets.asyncio.client import connect

from node.app import close_context
from node.context import Context
from node.domain.accounts import Account, Comfort, Role
from node.fleet import Node
from node.store import accounts, sealed, tokens
from outbox.organisation import local_actor
from tests.benchmarks.setting import follows, machine, opened
from tests.benchmarks.start import resident

_ROUNDS = 15
_PAUSE_SECONDS = 0.5
_PATIENCE_SECONDS = 60


async def measure(sockets: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        node = Node("bench", Path(folder), environ={"ALLMENDE_LIMITS_OPEN_STREAMS": str(sockets + 100)})
        author, readers = await _prepare(node, sockets)
        await node.start()
        ours, theirs = multiprocessing.Pipe()
        clients = multiprocessing.Process(target=_listen, args=(node.port, readers, theirs), daemon=True)
        try:
            idle = resident(node)
            clients.start()
            await _heard(ours)
            held = (resident(node) - idle) * 1024 / sockets
            worked = _worked(node)
            answered, last = await _rounds(node, author, ours)
            worked = (_worked(node) - worked) * 1000 / _ROUNDS
        finally:
            clients.terminate()
            clients.join()
            await node.stop()
        titles = ("sockets", "answered ms", "last has it ms", "worst ms", "node's work ms", "KB a socket")
        figures = (sockets, statistics.median(answered), statistics.median(last), max(last), worked, held)
        print(*(f"{title:>15}" for title in titles))
        print(*(f"{figure:>15.0f}" for figure in figures))


def _worked(node: Node) -> float:
    """Return the seconds that a node's process has worked, whatever else the machine does."""
    assert node.process is not None
    user, system = Path(f"/proc/{node.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


async def _prepare(node: Node, sockets: int) -> tuple[str, list[str]]:
    """Return the author's token and those of so many followers."""
    ctx = await opened(node)
    author, secret = await _member(ctx, "author")
    readers = []
    for number in range(sockets):
        reader, token = await _member(ctx, f"reader{number}")
        await follows(ctx, reader, author)
        readers.append(token)
        if number % 10 == 0:
            await _filter(ctx, reader, number)
    await close_context(ctx)
    return secret, readers


async def _rounds(
    node: Node, token: str, pipe: "multiprocessing.connection.Connection"
) -> tuple[list[float], list[float]]:
    """Publish again and again; return milliseconds until the answer, and until the last socket had the post."""
    answered, last = [], []
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        for number in range(_ROUNDS):
            began = time.time()
            body = {"status": f"Number {number} " + "and more " * 30, "visibility": "public"}
            async with session.post(f"{node.url}/api/v1/statuses", json=body) as answer:
                assert answer.status == 200, await answer.text()
                await answer.read()
            answered.append((time.time() - began) * 1000)
            last.append((await _heard(pipe) - began) * 1000)
            await asyncio.sleep(_PAUSE_SECONDS)
    return answered, last


async def _heard(pipe: "multiprocessing.connection.Connection") -> float:
    """Return what the clients' process says."""
    assert await asyncio.to_thread(pipe.poll, _PATIENCE_SECONDS), "not every socket was told"
    said: float = pipe.recv()
    return said


async def _member(ctx: Context, username: str) -> tuple[Account, str]:
    """Add a member without a password, which takes a tenth of a second to hash, and without keys."""
    secret = tokens.fresh()
    async with ctx.change() as change:
        uri = f"{ctx.settings.url}/users/{username}"
        actor = local_actor(change, uri, username=username, kind="Person", name=username)
        await accounts.insert(change.tx, actor)
        await accounts.add_user(
            change.tx, account_id=actor.id, role=Role.MEMBER, password_hash="", comfort=Comfort(), now=change.now
        )
        await tokens.add_token(
            change.tx,
            id=change.new_id(),
            secret=secret,
            account_id=actor.id,
            name="bench",
            scopes="read write",
            now=change.now,
        )
    return actor, secret


async def _filter(ctx: Context, member: Account, number: int) -> None:
    async with ctx.change() as change:
        id = change.new_id()
        await change.tx.run(
            """INSERT INTO filters (id, account_id, title, contexts, action, expires_at)
               VALUES (:id, :account, :title, 'home', 'warn', NULL)""",
            id=id,
            title=b"",
            account=member.id,
        )
        await change.tx.run(
            "INSERT INTO filter_keywords (id, filter_id, keyword, whole_word) VALUES (:id, :filter, :word, 1)",
            id=change.new_id(),
            filter=id,
            word=await sealed.text(change.tx, sealed.of_account(member.id), f"word{number}"),
        )


def _listen(port: int, listening: list[str], pipe: "multiprocessing.connection.Connection") -> None:
    """Open the sockets; say when they are, and for each event when the last of them had it."""

    async def one(secret: str, counted: asyncio.Queue[None], ready: asyncio.Queue[None]) -> None:
        async with connect(
            f"ws://127.0.0.1:{port}/api/v1/streaming?stream=user",
            additional_headers={"Authorization": f"Bearer {secret}"},
            compression=None,
        ) as socket:
            ready.put_nowait(None)
            async for frame in socket:
                if json.loads(frame)["event"] == "update":
                    counted.put_nowait(None)

    async def all_of_them() -> None:
        counted: asyncio.Queue[None] = asyncio.Queue()
        ready: asyncio.Queue[None] = asyncio.Queue()
        tasks = []
        for start in range(0, len(listening), 50):
            some = listening[start : start + 50]
            tasks += [asyncio.create_task(one(secret, counted, ready)) for secret in some]
            for _ in some:
                await ready.get()
        await asyncio.sleep(1)
        pipe.send(time.time())
        while True:
            for _ in listening:
                await counted.get()
            pipe.send(time.time())

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, len(listening) + 500)), hard))
    asyncio.run(all_of_them())


if __name__ == "__main__":
    machine()
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000))
