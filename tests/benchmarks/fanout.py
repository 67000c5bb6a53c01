"""python -m tests.benchmarks.fanout: deliveries per second to 500 followers on 50 hosts.

The peers are one process that answers 202 to everything, at fifty loopback addresses.
"""

import asyncio
import multiprocessing
import sys
import tempfile
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import httptools

from federation import keys
from moderation import members
from node.app import close_context
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.fleet import Node, free_port
from node.store import queues
from outbox import posts as commands
from tests.benchmarks.setting import follows, machine, opened, remote, with_members

_HOSTS = 50
_FOLLOWERS = 500


class _Peer(asyncio.Protocol):
    """Takes requests and answers 202 to each."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._transport.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")  # type: ignore[attr-defined]


def _serve(addresses: list[str], port: int, ready: Event) -> None:
    async def serve() -> None:
        loop = asyncio.get_running_loop()
        for address in addresses:
            await loop.create_server(_Peer, address, port)
        ready.set()
        await asyncio.Event().wait()

    asyncio.run(serve())


async def measure(posts: int, *, shared: bool, addresses: list[str], port: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        node = Node("bench", Path(folder))
        ctx = await opened(node)
        hosts = [f"{address}:{port}" for address in addresses]
        await with_members(ctx, hosts)
        pair = keys.generate_rsa()
        author = await members.add(ctx, username="author", password="correct horse battery")
        for number in range(_FOLLOWERS):
            await follows(ctx, await remote(ctx, hosts[number % _HOSTS], f"f{number}", pair, shared=shared), author)
        for number in range(posts):
            await commands.publish(ctx, author, Draft(f"Post {number} " + "and more " * 30, Visibility.FOLLOWERS))
        await node.start()
        began = time.perf_counter()
        async with ctx.db.read() as tx:
            count = await queues.pending(tx)
        while True:
            async with ctx.db.read() as tx:
                left = await queues.pending(tx)
            if not left:
                break
            await asyncio.sleep(0.05)
        seconds = time.perf_counter() - began
        print(f"{'shared inbox' if shared else 'own inboxes':>14} {posts:>6} {count:>11} {count / seconds:>13.0f}")
        await close_context(ctx)
        await node.stop()


async def main(posts: int) -> None:
    addresses = [f"127.0.0.{number}" for number in range(10, 10 + _HOSTS)]
    port = free_port()
    ready = multiprocessing.Event()
    peers = multiprocessing.Process(target=_serve, args=(addresses, port, ready), daemon=True)
    peers.start()
    await asyncio.to_thread(ready.wait)
    print(f"{'followers at':>14} {'posts':>6} {'deliveries':>11} {'deliveries/s':>13}")
    try:
        await measure(posts * 10, shared=True, addresses=addresses, port=port)
        await measure(posts, shared=False, addresses=addresses, port=port)
    finally:
        peers.terminate()
        peers.join()


if __name__ == "__main__":
    machine()
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 6))
