"""Deliveries to somebody's followers tell the receiving node how those there add up, at the moment of sending."""

import contextlib

import pytest

from federation import followers_sync, keys, message_signatures, signatures
from moderation import members
from node.adapters import clock
from node.domain.accounts import Profile
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.limits import Limits
from node.store import accounts
from outbox import posts as commands
from outbox import profiles, reactions, relationships, worker
from tests.benchmarks.setting import follows, remote, with_members
from tests.nodes import context
from tests.servers import origin

PAIR = keys.generate_rsa()
NAME = followers_sync.HEADER.lower()


@contextlib.asynccontextmanager
async def story(folder, database=""):
    """A node with ada, followed by bob and carol at one server and by dan at another."""
    async with context(folder, database=database) as ctx, origin() as home, origin() as elsewhere:
        await with_members(ctx, [home.host, elsewhere.host])
        ada = await members.add(ctx, username="ada", password="correct horse battery")
        people = {}
        for name, host in (("bob", home.host), ("carol", home.host), ("dan", elsewhere.host)):
            people[name] = await remote(ctx, host, name, PAIR)
            await follows(ctx, people[name], ada)
        yield ctx, ada, people, home, elsewhere


async def say(ctx, ada, visibility=Visibility.FOLLOWERS, text="hello"):
    return await commands.publish(ctx, ada, Draft(text, visibility))


def told(server):
    """What each request to a server said of followers, '' for nothing."""
    return [request.headers.get(NAME, "") for request in server.server.requests]


def expected(ada, *followers):
    return followers_sync.part(ada.uri, [one.uri for one in followers]).text


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.ORGANISATION])
async def test_each_server_is_told_of_its_own_followers_only(tmp_path, database, visibility):
    async with story(tmp_path, database) as (ctx, ada, people, home, elsewhere):
        await say(ctx, ada, visibility)
        await worker.drain(ctx)
        assert told(home) == [expected(ada, people["bob"], people["carol"])]
        assert told(elsewhere) == [expected(ada, people["dan"])]


async def test_only_what_goes_to_followers_carries_the_header(tmp_path):
    async with story(tmp_path) as (ctx, ada, people, home, _):
        await say(ctx, ada, Visibility.DIRECT, f"@bob@{home.host}")
        await relationships.follow(ctx, ada, people["bob"].id)
        await profiles.rotate_keys(ctx, f"{ctx.settings.url}/actor")
        await worker.drain(ctx)
        assert told(home) == ["", "", ""], "to one person, and of an actor that nobody follows"
        home.server.requests.clear()
        post = await say(ctx, ada, Visibility.ORGANISATION)
        await reactions.boost(ctx, ada, post.id)
        await profiles.edit(ctx, ada, Profile(name="Ada"))
        await commands.edit(ctx, ada, post.id, Draft("hello again"))
        await worker.drain(ctx)
        assert told(home) == [expected(ada, people["bob"], people["carol"])] * 4
        home.server.requests.clear()
        await commands.delete(ctx, ada, post.id)
        await worker.drain(ctx)
        assert set(told(home)) == {""}, "a deletion goes to whoever holds a copy"


@pytest.mark.parametrize("scheme", ["draft", "RFC 9421"])
async def test_the_header_is_signed_in_both_schemes(tmp_path, scheme):
    async with story(tmp_path) as (ctx, ada, people, home, _):
        if scheme == "RFC 9421":
            home.take = lambda request: 202 if "signature-input" in request.headers else 401
        await say(ctx, ada)
        await worker.drain(ctx)
        request = home.server.requests[-1]
        received = signatures.SignedRequest("POST", request.path, list(request.headers.items()), request.body)
        base = f"http://{request.headers['host']}"
        if scheme == "RFC 9421":
            claim = message_signatures.read(received, base=base, now=clock.now(), limits=Limits())
            assert '"content-type" "collection-synchronization")' in request.headers["signature-input"]
        else:
            claim = signatures.read(received, authority=request.headers["host"], now=clock.now(), limits=Limits())
            assert "digest content-type collection-synchronization" in request.headers["signature"]
        async with ctx.db.read() as tx:
            public = next(row["public"] for row in await accounts.keys_of(tx, ada.id) if row["algorithm"] == "rsa")
        claim.verify(keys.load_public(public))
        assert followers_sync.read(received, base=base).text == expected(ada, people["bob"], people["carol"])


async def test_a_repeated_attempt_tells_of_the_followers_of_that_moment(tmp_path):
    async with story(tmp_path) as (ctx, ada, people, home, _):
        home.take = lambda request: 500
        await say(ctx, ada)
        await worker.drain(ctx)
        async with ctx.change() as change:
            await change.tx.run("DELETE FROM follows WHERE follower_id = :id", id=people["bob"].id)
            await change.tx.run("UPDATE follows SET accepted = 0 WHERE follower_id = :id", id=people["carol"].id)
            await change.tx.run("UPDATE deliveries SET due_at = 0 WHERE state = 'due'")
        await worker.drain(ctx)
        assert told(home) == [expected(ada, people["bob"], people["carol"]), expected(ada)]
        assert f'digest="{"0" * 64}"' in told(home)[-1]


async def test_all_that_is_claimed_together_costs_one_query_and_the_rest_none(tmp_path, monkeypatch):
    async with story(tmp_path) as (ctx, ada, _, home, elsewhere):
        asked = []
        real = worker.relationships.followers_at

        async def counted(tx, targets, *, hosts):
            asked.append((targets, hosts))
            return await real(tx, targets, hosts=hosts)

        monkeypatch.setattr(worker.relationships, "followers_at", counted)
        await say(ctx, ada, Visibility.DIRECT, f"@bob@{home.host}")
        await worker.drain(ctx)
        assert asked == []
        await say(ctx, ada)
        await worker.drain(ctx)
        assert asked == [([ada.id], sorted([home.host, elsewhere.host]))]
