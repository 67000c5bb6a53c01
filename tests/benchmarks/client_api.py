"""python -m tests.benchmarks.client_api [address token ...]: what clients ask most, side by side with other servers.

Measures the home stream (20 of 200 posts) and posting. Each further pair names a server with Mastodon's client API and
an access token for it (read, write); the same client then does the same work there, and ratios are printed.
"""

import asyncio
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from moderation import members
from node.app import close_context
from node.fleet import Node
from tests.benchmarks.setting import machine, opened

_POSTS = 200
_TEXT = "Some #words about the work of a day, with https://intranet.example/page and more. " * 4
_SECONDS = 5.0
_ROUNDS = 3


@dataclass(frozen=True)
class Server:
    """A server to ask, and with whose token."""

    name: str
    url: str
    token: str

    def request(self, method: str, path: str, body: str = "", more: str = "") -> str:
        kind = "Content-Type: application/json\r\n" if body else ""
        return (
            f"{method} {path} HTTP/1.1\r\nHost: {urlsplit(self.url).netloc}\r\n"
            f"Authorization: Bearer {self.token}\r\n{kind}{more}Content-Length: {len(body.encode())}\r\n\r\n{body}"
        )


async def load(server: Server, requests: list[str], connections: int) -> dict[str, float]:
    """Return what `tests.benchmarks.load` measured."""
    parts = urlsplit(server.url)
    given = {"host": parts.hostname, "port": parts.port or 80, "requests": requests}
    given |= {"connections": connections, "seconds": _SECONDS}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.load", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate(json.dumps(given).encode())
    found: dict[str, float] = json.loads(out)
    return found


async def seed(server: Server, others: list[Server]) -> None:
    """Fill a home with posts, answers, boosts and favourites; `others`: further members' tokens there, if there are."""
    headers = {"Authorization": f"Bearer {server.token}"}
    async with aiohttp.ClientSession(server.url, headers=headers) as session:
        last = None
        for number in range(_POSTS):
            given = {"status": f"{number} {_TEXT}", "visibility": "unlisted"}
            if last and number % 5 == 0:
                given["in_reply_to_id"] = last
            async with session.post("/api/v1/statuses", json=given) as answer:
                assert answer.status == 200, await answer.text()
                last = (await answer.json())["id"]
            for other in others if number % 3 == 0 else []:
                for verb in ("favourite", "reblog"):
                    path = f"{server.url}/api/v1/statuses/{last}/{verb}"
                    async with session.post(path, headers={"Authorization": f"Bearer {other.token}"}) as reacted:
                        assert reacted.status == 200, await reacted.text()


async def measure(servers: list[Server]) -> None:
    rows: dict[tuple[str, int], dict[str, list[dict[str, float]]]] = {}
    for number in range(_ROUNDS):
        for server in servers:
            home = server.request("GET", "/api/v1/timelines/home?limit=20")
            for connections in (1, 16):
                found = await load(server, [home], connections)
                rows.setdefault(("home, 20 posts", connections), {}).setdefault(server.name, []).append(found)
            body = json.dumps({"status": f"round {number} {_TEXT}", "visibility": "unlisted"})
            for connections in (1, 8):
                found = await load(server, [server.request("POST", "/api/v1/statuses", body)], connections)
                rows.setdefault(("post a status", connections), {}).setdefault(server.name, []).append(found)
    names = f"{'a second':>10} {'median ms':>10} {'p99 ms':>8} {'ratio':>7}"
    print(f"{'work':>16} {'connections':>12} {'server':>12} {names}")
    for (work, connections), by_server in rows.items():
        best = {name: max(found, key=lambda one: one["rate"]) for name, found in by_server.items()}
        own = best[servers[0].name]["rate"]
        for name, one in best.items():
            ratio = "" if name == servers[0].name else f"{own / one['rate']:.1f}"
            figures = f"{one['rate']:>10.0f} {one['median']:>10.2f} {one['p99']:>8.2f} {ratio:>7}"
            print(f"{work:>16} {connections:>12} {name:>12} {figures}")


async def main(others: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        node = Node("bench", Path(folder), environ={"ALLMENDE_LIMITS_REQUESTS_PER_MEMBER": "100000000"})
        ctx = await opened(node)
        people = [await members.add(ctx, username=name, password="correct horse battery") for name in ("ada", "ben")]
        tokens = [await members.issue_token(ctx, person, name="bench") for person in people]
        await close_context(ctx)
        await node.start()
        ours = [Server("Allmende", node.url, token) for token in tokens]
        await seed(ours[0], ours[1:])
        servers = [ours[0]]
        for address, token in zip(others[::2], others[1::2], strict=True):
            other = Server(urlsplit(address).netloc, address.rstrip("/"), token)
            await seed(other, [])
            servers.append(other)
        await measure(servers)
        await node.stop()


if __name__ == "__main__":
    machine()
    asyncio.run(main(sys.argv[1:]))
