"""python -m tests.benchmarks.groups: a post in a group of 5,000 members on 20 nodes: deliveries, and when all have it.

Twenty-one processes on this machine. The members but one are rows without keys: they read, and nothing else.
"""

import asyncio
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from node.app import close_context
from node.context import Context
from node.domain.accounts import Account
from node.domain.relationships import Follow
from node.fleet import Node, free_port, join_all, until
from node.store import accounts, relationships
from outbox.organisation import local_actor
from tests.benchmarks.setting import machine, opened

_NODES = 20
_MEMBERS = 5_000
_ENTRIES = "SELECT COUNT(*) AS n FROM home_entries"


async def _members(ctx: Context, group: Account, names: list[str], *, url: str, host: str) -> None:
    """Write members of a group: at home here (`host` is ''), or those of another node."""
    async with ctx.change() as change:
        for name in names:
            uri = f"{url}/users/{name}"
            made = replace(
                local_actor(change, uri, username=name, kind="Person", name=name),
                host=host,
                shared_inbox=f"{url}/inbox",
            )
            await accounts.insert(change.tx, made)
            id = change.new_id()
            await relationships.insert(change.tx, Follow(id, f"{uri}/follows/{id}", made.id, group.id, True))


async def _count(ctx: Context, sql: str) -> int:
    async with ctx.db.read() as tx:
        row = await tx.one(sql)
    return int(row["n"]) if row else 0


async def measure(posts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        nodes = [Node(f"n{number}", Path(folder) / f"n{number}", port=free_port()) for number in range(_NODES + 1)]
        try:
            for node in nodes:  # one after the other: together they would start too slowly to be believed
                await node.start()
            await join_all(nodes[0], nodes[1:], name="Bench")
            await _story(nodes, posts)
        finally:
            await asyncio.gather(*[node.stop() for node in nodes])


async def _story(nodes: list[Node], posts: int) -> None:
    home, *others = nodes
    ada = await home.member("ada")
    group = await ada.call("POST", "/groups", username="dyers", display_name="Dyers", joining="open")
    contexts = [await opened(node) for node in nodes]
    for node in others:
        person = await node.member("ben")
        here = await person.call("GET", "/accounts/lookup", acct=f"dyers@{home.host}")
        await person.call("POST", f"/groups/{here['id']}/join")
        await person.close()
    for place, (node, ctx) in enumerate(zip(others, contexts[1:], strict=True)):
        names = [f"m{place}_{number}" for number in range(_MEMBERS // _NODES - 1)]
        for at, host in ((ctx, ""), (contexts[0], node.host)):
            async with at.db.read() as tx:
                account = await accounts.by_uri(tx, group["uri"])
            assert account is not None, "every node heard of the group"
            await _members(at, account, names, url=node.url, host=host)

    async def quiet() -> bool:
        return not await _count(contexts[0], "SELECT COUNT(*) AS n FROM deliveries WHERE state = 'due'")

    await until("the house is quiet", quiet, seconds=60)
    print(f"{'post':>6} {'deliveries':>11} {'members with it':>16} {'seconds':>8}")
    for number in range(posts):
        before = await _count(contexts[0], "SELECT COUNT(*) AS n FROM deliveries")
        homes = [await _count(ctx, _ENTRIES) for ctx in contexts]
        began = time.perf_counter()
        await ada.call("POST", "/statuses", status=f"Post {number}", visibility="group", group_id=group["id"])
        waiting = set(range(1, _NODES + 1))
        while waiting:
            waiting -= {place for place in waiting if await _count(contexts[place], _ENTRIES) > homes[place]}
            await asyncio.sleep(0.01)
        seconds = time.perf_counter() - began
        reached = sum([await _count(ctx, _ENTRIES) for ctx in contexts]) - sum(homes)
        sent = await _count(contexts[0], "SELECT COUNT(*) AS n FROM deliveries") - before
        print(f"{number + 1:>6} {sent:>11} {reached:>16} {seconds:>8.2f}")
    await ada.close()
    await asyncio.gather(*[close_context(ctx) for ctx in contexts])


if __name__ == "__main__":
    machine()
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
