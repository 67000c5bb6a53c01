"""python -m tests.benchmarks.pages: milliseconds until a home page of twenty posts is there, and what it weighs."""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from node.domain.visibility import Visibility
from outbox import relationships
from tests.benchmarks.setting import machine
from tests.node.test_web import token
from tests.served import PASSWORD, served

_WARM_UP = 20


async def measure(times: int) -> None:
    """Serve a node, ask one page after the other, and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        async with served(Path(folder)) as node:
            ada = await node.member("ada")
            for person in await node.members("ben", "carla", "dan", "eva"):
                await relationships.follow(node.ctx, ada.account, person.account.id)
                for number in range(10):
                    text = f"Post {number}: what we did, and *why*, with a #tag and a few words more."
                    await person.post(text, Visibility.ORGANISATION)
            jar = aiohttp.CookieJar(unsafe=True)
            async with aiohttp.ClientSession(cookie_jar=jar) as browser:
                async with browser.get(f"{node.url}/sign-in") as answer:
                    form = {"csrf": token(await answer.text()), "username": "ada", "password": PASSWORD}
                async with browser.post(f"{node.url}/sign-in", data=form):
                    pass
                spent, size = [], 0
                for number in range(times + _WARM_UP):
                    began = time.perf_counter()
                    async with browser.get(f"{node.url}/home") as answer:
                        page = await answer.text()
                    if number >= _WARM_UP:
                        spent.append((time.perf_counter() - began) * 1000)
                    size = int(answer.headers["Content-Length"])
                assert page.count("<article") == 20
    spent.sort()
    print(f"{'median ms':>10} {'p99 ms':>8} {'page KB':>8} {'packed KB':>10}")
    median, late = statistics.median(spent), spent[int(len(spent) * 0.99)]
    print(f"{median:>10.1f} {late:>8.1f} {len(page) / 1000:>8.0f} {size / 1000:>10.1f}")


if __name__ == "__main__":
    machine()
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
