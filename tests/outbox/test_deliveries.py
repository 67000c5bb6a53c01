"""Deliveries to servers that answer badly, late or not at all: nothing is lost, and nobody else waits."""

import asyncio
import contextlib
from itertools import count

import pytest

from federation import keys, signatures
from federation.errors import BadSignature
from moderation import members
from node.adapters import clock
from node.app import close_context
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.fleet import Node, until
from node.limits import Limits
from node.store import accounts, copies, queues
from outbox import posts as commands
from outbox import profiles, retry, worker
from tests.benchmarks.setting import opened, with_members
from tests.nodes import context
from tests.servers import http, origin

PASSWORD = "correct horse battery staple"
NOW = 1_800_000_000_000


@contextlib.asynccontextmanager
async def story(folder, database="", servers=1, limits=None):
    """A node with `ada`, and servers of other software that belong to its organisation."""
    async with contextlib.AsyncExitStack() as stack:
        ctx = await stack.enter_async_context(context(folder, database=database, limits=limits))
        others = [await stack.enter_async_context(origin()) for _ in range(servers)]
        await with_members(ctx, [other.host for other in others])
        yield ctx, await members.add(ctx, username="ada", password=PASSWORD), others


async def say(ctx, ada, text="hello"):
    return await commands.publish(ctx, ada, Draft(text, Visibility.ORGANISATION))


async def due_now(ctx):
    """Let the time of every pause pass."""
    async with ctx.change() as change:
        await change.tx.run("UPDATE deliveries SET due_at = 0 WHERE state = 'due'")
        await change.tx.run("UPDATE hosts SET open_until = 0")


async def states(ctx):
    async with ctx.db.read() as tx:
        return [row["state"] for row in await tx.all("SELECT state FROM deliveries ORDER BY id")]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (200, "done"),
        (202, "done"),
        (301, "due"),
        (400, "refused"),
        (401, "due"),
        (403, "due"),
        (404, "gone"),
        (410, "gone"),
        (413, "refused"),
        (429, "due"),
        (500, "due"),
        (503, "due"),
    ],
)
async def test_F12_every_class_of_answer_has_its_consequence(tmp_path, status, state):
    async with story(tmp_path) as (ctx, ada, (other,)):
        other.take = lambda request: status
        await say(ctx, ada)
        assert await worker.drain(ctx) == 1
        assert await states(ctx) == [state]
        # 400 and 401 may mean the signature's scheme, so the other one is tried at once; nothing else is.
        assert len(other.server.requests) == (2 if status in (400, 401) else 1)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 429, 500])
async def test_E6_E8_a_deletion_is_tried_until_it_is_confirmed(tmp_path, database, status):
    async with story(tmp_path, database) as (ctx, ada, (other,)):
        post = await say(ctx, ada)
        await worker.drain(ctx)
        await commands.delete(ctx, ada, post.id)
        other.take = lambda request: status
        for _ in range(3):
            await due_now(ctx)
            assert await worker.drain(ctx) == 1
        async with ctx.db.read() as tx:
            assert [copy.state for copy in await copies.holders(tx, post.uri)] == ["ordered"]
        other.take = lambda request: 202
        await due_now(ctx)
        await worker.drain(ctx)
        async with ctx.db.read() as tx:
            assert [copy.state for copy in await copies.holders(tx, post.uri)] == ["confirmed"]
        kinds = [one["type"] for one in other.received]
        assert (kinds[0], set(kinds[1:]), kinds.count("Delete") >= 4) == ("Create", {"Delete"}, True)
        assert other.received[-1]["object"]["id"] == post.uri


async def test_F12_a_pause_that_is_asked_for_is_kept(tmp_path):
    async with story(tmp_path) as (ctx, ada, (other,)):
        other.server.answer = lambda request: http(b"", "Retry-After: 7200", status="429 Too Many Requests")
        await say(ctx, ada)
        before = ctx.clock()
        await worker.drain(ctx)
        async with ctx.db.read() as tx:
            row = await tx.one("SELECT due_at FROM deliveries")
        assert row["due_at"] >= before + 7_200_000


def test_F10_pauses_double_up_to_six_hours_and_end_after_seven_days():
    limits = Limits()
    pauses = [retry.jittered(attempt, limits) for attempt in range(1, 40)]
    assert all(48_000 * 2**n <= pauses[n] <= 60_000 * 2**n for n in range(8))
    assert max(pauses) <= limits.delivery_longest_pause_seconds * 1000
    week = limits.delivery_horizon_seconds * 1000
    first = retry.judge(500, attempt=30, gives_up_at=NOW + week, retry_after=None, now=NOW, limits=limits)
    last = retry.judge(500, attempt=30, gives_up_at=NOW + 1000, retry_after=None, now=NOW, limits=limits)
    never = retry.judge(500, attempt=900, gives_up_at=None, retry_after=None, now=NOW, limits=limits)
    assert (first.state, last.state, never.state) == ("due", "unreachable", "due")


async def test_F11_servers_that_never_answer_delay_nobody(tmp_path):
    async with story(tmp_path, servers=6) as (ctx, ada, others):
        silent, quick = others[:4], others[4:]
        for other in silent:
            other.server.answer = lambda request: _silence()
        for number in range(10):
            await say(ctx, ada, f"Post {number}")
        running = asyncio.create_task(worker.run(ctx))

        async def all_there():
            return all(len(other.received) == 10 for other in quick)

        await until("the quick ones have every post", all_there, seconds=20)
        assert all(len(other.server.requests) <= ctx.settings.limits.deliveries_per_host for other in silent)
        async with ctx.db.read() as tx:
            assert await queues.pending(tx) >= 40, "the silent ones still hold theirs"
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _silence():
    await asyncio.sleep(3600)
    yield b""


async def test_a_host_that_fails_is_left_alone_for_a_while_and_loses_nothing(tmp_path):
    async with story(tmp_path) as (ctx, ada, (other,)):
        other.take = lambda request: 500
        for number in range(20):
            await say(ctx, ada, f"Post {number}")
        made = await worker.drain(ctx)
        assert made < 6, "the breaker opens after a few"
        other.take = lambda request: 202
        for _ in range(20):
            await due_now(ctx)
            await worker.drain(ctx)
        assert await states(ctx) == ["done"] * 20
        assert len({one["id"] for one in other.received}) == 20


@pytest.mark.parametrize("after", [1, 7, 19])
async def test_F02_a_node_killed_in_mid_fan_out_reaches_everybody(tmp_path, after):
    async with contextlib.AsyncExitStack() as stack:
        others = [await stack.enter_async_context(origin()) for _ in range(20)]
        node = Node("lyon", tmp_path / "lyon", environ={"ALLMENDE_LIMITS_DELIVERY_LEASE_SECONDS": "1"})
        ctx = await opened(node)
        await with_members(ctx, [other.host for other in others])
        ada = await members.add(ctx, username="ada", password=PASSWORD)
        post = await say(ctx, ada)
        arrivals, reached = count(1), asyncio.Event()

        def take(request):
            if next(arrivals) >= after:
                reached.set()
            return 202

        for other in others:
            other.take = take
        await node.start()
        await reached.wait()
        await node.kill()
        await node.start()

        async def everybody():
            return all(other.received for other in others)

        await until("every server has the post", everybody, seconds=30)
        await until("nothing is due", lambda: _none_due(ctx), seconds=30)
        await node.stop()
        ids = {activity["id"] for other in others for activity in other.received}
        assert len(ids) == 1, "what comes twice carries the same id, and is one to its receiver"
        assert {activity["object"]["id"] for other in others for activity in other.received} == {post.uri}
        await close_context(ctx)


async def _none_due(ctx):
    async with ctx.db.read() as tx:
        return await queues.pending(tx) == 0


async def test_S11_after_a_rotation_old_deliveries_go_out_under_the_old_key_and_then_the_new(tmp_path):
    async with story(tmp_path) as (ctx, ada, (other,)):
        await say(ctx, ada, "before")
        old = await public_key(ctx, ada)
        other.take = lambda request: 500
        await profiles.rotate_keys(ctx, ada.uri)
        new = await public_key(ctx, ada)
        assert old != new
        for _ in range(4):
            await due_now(ctx)
            await worker.drain(ctx)
        await say(ctx, ada, "after")
        other.take = lambda request: 202
        for _ in range(3):
            await due_now(ctx)
            await worker.drain(ctx)
        used = {"before": [], "announced": [], "after": []}
        for request in other.server.requests:
            used[_kind(request)].append(
                "old" if signed_with(request, old) else "new" if signed_with(request, new) else ""
            )
        assert used["before"][:2] == ["old", "new"]
        assert used["announced"][:2] == ["old", "new"]
        assert set(used["after"]) == {"new"}
        async with ctx.change() as change:
            assert await accounts.drop_old_keys(change.tx) == 2


def _kind(request):
    if b'"Update"' in request.body:
        return "announced"
    return "before" if b"before" in request.body else "after"


async def public_key(ctx, account):
    async with ctx.db.read() as tx:
        return next(row["public"] for row in await accounts.keys_of(tx, account.id) if row["algorithm"] == "rsa")


def signed_with(request, pem):
    received = signatures.SignedRequest(request.method, request.path, list(request.headers.items()), request.body)
    claim = signatures.read(received, authority=request.headers["host"], now=clock.now(), limits=Limits())
    try:
        claim.verify(keys.load_public(pem))
    except BadSignature:
        return False
    return True
