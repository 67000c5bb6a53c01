"""python -m tests.benchmarks.erasure: one person with 10,000 posts on four nodes is erased; until all have signed.

Four processes on this machine. The posts are written by the node's own commands and delivered for real. Somebody reads
the organisation's stream at one of the holders meanwhile, again and again.
"""

import asyncio
import json
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from federation import certificates
from node.app import DATABASE_FILE, close_context
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.fleet import Node, Person, free_port, join_all
from node.store import accounts
from outbox import posts as commands
from tests.benchmarks.setting import machine, opened

_NODES = ("lyon", "graz", "turin", "oslo")
_LONGEST_SECONDS = 1_800


def _count(node: Node, sql: str) -> int:
    connection = sqlite3.connect(node.folder / DATABASE_FILE, timeout=30)
    try:
        return int(connection.execute(sql).fetchone()[0])
    finally:
        connection.close()


async def _until(node: Node, sql: str, wanted: int) -> None:
    end = time.monotonic() + _LONGEST_SECONDS
    while _count(node, sql) != wanted:
        assert time.monotonic() < end, f"{node.name}: {sql} is not {wanted}"
        await asyncio.sleep(0.05)


async def _slowest(reader: Person, done: asyncio.Event) -> float:
    """Read again and again until it is done; return how long the longest answer took, in seconds."""
    longest = 0.0
    while not done.is_set():
        asked = time.perf_counter()
        await reader.stream("organisation")
        longest = max(longest, time.perf_counter() - asked)
        await asyncio.sleep(0.01)
    return longest


async def measure(posts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        nodes = [Node(name, Path(folder) / name, port=free_port()) for name in _NODES]
        try:
            for node in nodes:
                await node.start()
            await join_all(nodes[0], nodes[1:], name="Bench")
            await _story(nodes, posts)
        finally:
            await asyncio.gather(*[node.stop() for node in nodes])


async def _story(nodes: list[Node], posts: int) -> None:
    lyon, *others = nodes
    ada, ben = await lyon.member("ada"), await others[0].member("ben")
    ctx = await opened(lyon)
    async with ctx.db.read() as tx:
        author = await accounts.by_handle(tx, "ada", "")
    assert author is not None
    for number in range(posts):
        await commands.publish(ctx, author, Draft(f"Post {number} " + "and more " * 30, Visibility.ORGANISATION))
    for node in others:
        await _until(node, "SELECT COUNT(*) FROM posts", posts)
    done = asyncio.Event()
    reading = asyncio.create_task(_slowest(ben, done))
    began = time.perf_counter()
    await lyon.command("user", "delete", "ada", "--yes")
    ordered = time.perf_counter()
    await _until(lyon, "SELECT COUNT(*) FROM erasures WHERE done_at IS NOT NULL", 1)
    ended = time.perf_counter()
    done.set()
    slowest = await reading
    number = _count(lyon, "SELECT id FROM erasures")
    made = json.loads(await lyon.command("certificate", str(number)))
    removed = [one["receipt"]["removed"]["posts"] for one in made["holders"]]
    print(f"{'posts':>6} {'nodes':>6} {'here, s':>8} {'all signed, s':>14} {'slowest answer, s':>18}  certificate")
    holds = all(one.holds for one in certificates.check(made))
    seconds = f"{ordered - began:>8.1f} {ended - began:>14.1f} {slowest:>18.2f}"
    print(f"{posts:>6} {len(nodes):>6} {seconds}  {holds}, removed {removed}")
    await asyncio.gather(ada.close(), ben.close())
    await close_context(ctx)


if __name__ == "__main__":
    machine()
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
