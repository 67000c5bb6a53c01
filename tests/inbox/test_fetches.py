"""What somebody passes on is fetched from its origin: once, beside everything else, and only when we may."""

import asyncio
import contextlib

import orjson

from federation import keys, render
from federation.verify import Peer as Sender
from inbox import accept, worker
from moderation import members
from node.fleet import until
from node.store import timelines
from node.store.pages import Page
from tests.inbox.peer import Peer
from tests.nodes import context
from tests.servers import origin

PAIR = keys.generate_rsa()


@contextlib.asynccontextmanager
async def story(folder):
    """A node whose ada follows bob, and carol's server, which has a post."""
    async with context(folder) as ctx, origin() as home:
        peer = await Peer.known_to(ctx, "bob", "mallory", hosts=[home.host])
        ada = await members.add(ctx, username="ada", password="correct horse battery")
        await peer.follower(ada, "bob")
        carol = home.actor("carol", PAIR)
        note = {"id": f"{carol}/posts/1", "type": "Note", "attributedTo": carol, "content": "hi", "to": ["as:Public"]}
        home.documents["/users/carol/posts/1"] = note
        yield ctx, peer, home, ada, note["id"]


async def home_of(ctx, account):
    async with ctx.db.read() as tx:
        return [post.uri for post in await timelines.home(tx, account.id, Page(limit=40))]


async def test_a_boost_brings_the_post_from_its_origin(tmp_path):
    async with story(tmp_path) as (ctx, peer, home, ada, note):
        boost = peer.activity("Announce", "bob", note, to=["as:Public"])
        await peer.send("bob", boost)
        assert await home_of(ctx, ada) == [boost["id"]]
        assert home.asked == ["/users/carol/posts/1", "/users/carol"]


async def test_N11_fifty_boosts_of_one_post_are_one_fetch(tmp_path):
    async with story(tmp_path) as (ctx, peer, home, ada, note):
        await peer.follower(ada, "mallory")
        for name in ("bob", "mallory"):
            for _ in range(25):
                await queue(ctx, peer, name, peer.activity("Announce", name, note, to=["as:Public"]))
        await worker.drain(ctx)
        assert home.asked == ["/users/carol/posts/1", "/users/carol"]
        assert (await peer.stored(note)).boosts == 2


async def queue(ctx, peer, name, activity):
    """Let an activity in without handling it."""
    actor = peer.actors[name]
    await accept._store(ctx, Sender(actor.id, actor.uri, actor.host), orjson.dumps(render.document(activity)))


async def test_a_boost_that_nobody_here_would_see_fetches_nothing(tmp_path):
    async with story(tmp_path) as (_, peer, home, _ada, note):
        await peer.send("mallory", peer.activity("Announce", "mallory", note, to=["as:Public"]))
        assert (home.asked, await peer.count("posts")) == ([], 0)


async def test_a_post_that_is_gone_makes_no_boost_and_is_not_asked_for_at_once_again(tmp_path):
    async with story(tmp_path) as (ctx, peer, home, ada, note):
        home.documents.clear()
        await peer.send("bob", peer.activity("Announce", "bob", note, to=["as:Public"]))
        assert await home_of(ctx, ada) == []
        assert len(home.asked) == 1


async def test_a_silent_server_keeps_nobody_elses_posts_waiting(tmp_path):
    async with story(tmp_path) as (ctx, peer, home, ada, note):

        async def silence():
            await asyncio.sleep(3600)
            yield b""

        home.server.answer = lambda _: silence()
        for number in range(20):
            await queue(ctx, peer, "bob", peer.activity("Announce", "bob", f"{note}{number}", to=["as:Public"]))
        honest = peer.note("bob")
        await queue(ctx, peer, "bob", peer.activity("Create", "bob", honest))
        running = asyncio.create_task(worker.run(ctx))
        try:

            async def read():
                return await home_of(ctx, ada) == [honest["id"]] and home.asked

            await until("the honest post is read, and the silent server is asked", read, seconds=9)
            assert len(home.asked) <= 4
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
