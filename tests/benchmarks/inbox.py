"""python -m tests.benchmarks.inbox: signed Creates per second, accepted, and visible in a follower's home."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import orjson

from federation import keys, render, signatures
from moderation import members
from node.app import close_context
from node.domain.times import iso
from node.fleet import Node, free_port
from tests.benchmarks.setting import follows, machine, opened, remote, signer, with_members


async def measure(count: int, connections: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        node = Node("bench", Path(folder))
        host = f"127.0.0.1:{free_port()}"
        pair = keys.generate_rsa()
        ctx = await opened(node)
        await with_members(ctx, [host])
        author = await remote(ctx, host, "author", pair)
        reader = await members.add(ctx, username="reader", password="correct horse battery")
        await follows(ctx, reader, author)
        await node.start()
        requests = [_create(author, signer(author, pair), number, node) for number in range(count)]
        waiting = list(reversed(requests))
        began = time.perf_counter()

        async def send(session: aiohttp.ClientSession) -> None:
            while waiting:
                headers, body = waiting.pop()
                async with session.post(f"{node.url}/inbox", data=body, headers=headers) as answer:
                    assert answer.status == 202, await answer.text()

        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:
            await asyncio.gather(*[send(session) for _ in range(connections)])
            accepted = time.perf_counter() - began
        while True:
            async with ctx.db.read() as tx:
                row = await tx.one("SELECT COUNT(*) AS n FROM home_entries WHERE account_id = :id", id=reader.id)
            if row and row["n"] >= count:
                break
            await asyncio.sleep(0.02)
        visible = time.perf_counter() - began
        print(f"{'signed Creates':>16} {'connections':>12} {'accepted/s':>12} {'visible/s':>12}")
        print(f"{count:>16} {connections:>12} {count / accepted:>12.0f} {count / visible:>12.0f}")
        await close_context(ctx)
        await node.stop()


def _create(author, by, number, node):
    now = time.time_ns() // 1_000_000
    note = {
        "id": f"{author.uri}/posts/{number}",
        "type": "Note",
        "attributedTo": author.uri,
        "content": "<p>" + "words and more words " * 20 + "</p>",
        "published": iso(now),
        "to": [author.followers],
        "cc": [],
    }
    body = orjson.dumps(render.document(render.create(note, id=f"{author.uri}/activities/{number}")))
    headers = signatures.sign(
        "POST", f"{node.url}/inbox", body, signer=by, now=now, content_type="application/activity+json"
    )
    return headers, body


if __name__ == "__main__":
    machine()
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000, 16))
