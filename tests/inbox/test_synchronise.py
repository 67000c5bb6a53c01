"""Follows that only one side knows are ended or taken back; hostile headers cost one question, and change nothing."""

import asyncio
import contextlib
from itertools import count

import orjson
import pytest

from federation import followers_sync, keys, message_signatures, render, signatures
from federation.followers_sync import HEADER, Part
from inbox import worker
from moderation import members
from node.domain import ids, uris
from node.domain.relationships import Follow
from node.store import relationships, timelines
from node.store.pages import Page
from outbox import worker as outbox
from tests.inbox.peer import Peer
from tests.nodes import context
from tests.servers import origin

PAIR = keys.generate_rsa()
LIST = "/users/bob/followers_synchronization"
HOUR_MS = 3_600_000
_numbers = count(1)


@contextlib.asynccontextmanager
async def story(folder, database="", names=("ada", "ben", "carla")):
    """A node with ada, ben and carla; bob at home, who is known here; a third server; all of one organisation.

    Ada and ben have followed bob for an hour.
    """
    async with context(folder, database=database) as ctx, origin() as home, origin() as third:
        peer = await Peer.known_to(ctx, "mallory", hosts=[home.host, third.host])
        home.actor("bob", PAIR)
        bob = await peer.account_of(home.documents["/users/bob"])
        here = {}
        for name in names:
            here[name] = await members.add(ctx, username=name, password="correct horse battery")
        for name in ("ada", "ben"):
            await follow(ctx, here[name], bob)
        yield ctx, peer, here, bob, home, third


async def follow(ctx, follower, target, *, age=HOUR_MS, accepted=True):
    async with ctx.change() as change:
        id = ids.at(change.now - age)
        row = Follow(id, uris.activity(ctx.settings.url, id), follower.id, target.id, accepted)
        await relationships.insert(change.tx, row)


def lists(home, bob, *followers, **more):
    """Let bob's server list these followers; return what it tells of them."""
    named = [getattr(one, "uri", one) for one in followers]
    body = {"id": f"{home.url}{LIST}", "type": "OrderedCollection", "orderedItems": named} | more
    home.documents[LIST] = body
    return followers_sync.part(bob.uri, named)


async def post(peer, bob, told, *, sign=signatures.sign, signed=True, kind="Create", handle=True):
    """Deliver a post of bob's with this header."""
    number = next(_numbers)
    note = {"id": f"{bob.uri}/posts/{number}", "type": "Note", "attributedTo": bob.uri, "content": "For followers"}
    note |= {"to": [bob.followers], "cc": []}
    activity = {"id": f"{bob.uri}/activities/{number}", "type": kind, "actor": bob.uri, "object": note}
    if kind == "Delete":
        activity["object"] = note["id"]
    header = {HEADER: told if isinstance(told, str) else told.text}
    body = orjson.dumps(render.document(activity))
    headers = sign(
        "POST",
        f"{peer.ctx.settings.url}/inbox",
        body,
        signer=keys.Signer(uris.main_key(bob.uri), PAIR.private),
        now=peer.ctx.clock(),
        content_type="application/activity+json",
        more=header if signed else {},
    )
    answer = await peer.client.post("/inbox", data=body, headers=headers | header)
    assert answer.status_code == 202
    if handle:
        await worker.drain(peer.ctx)
    return note["id"]


async def followers(ctx, here, bob):
    """Return which of the members here follow bob, or ask to."""
    async with ctx.db.read() as tx:
        known = await relationships.by_local_followers(tx, bob.id)
    return {name for name, account in here.items() if account.uri in known}


async def undone(ctx, home):
    """Send what waits; return who took back a follow of whom."""
    await outbox.drain(ctx)
    assert {one["type"] for one in home.received} <= {"Undo"}
    return {(one["actor"], one["object"]["type"], one["object"]["object"]) for one in home.received}


def asked(*servers):
    return [path for server in servers for path in server.asked if path == LIST]


SCHEMES = {"draft": signatures.sign, "RFC 9421": message_signatures.sign}


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_I12_who_is_no_follower_there_is_none_here_any_more(tmp_path, database, scheme):
    async with story(tmp_path, database) as (ctx, peer, here, bob, home, _):
        first = await post(peer, bob, followers_sync.part(bob.uri, [here["ada"].uri, here["ben"].uri]))
        assert asked(home) == [], "both sides agree"
        told = lists(home, bob, here["ada"])
        await post(peer, bob, told, sign=SCHEMES[scheme])
        assert await followers(ctx, here, bob) == {"ada"}
        assert asked(home) == [LIST]
        assert home.server.requests[-1].headers["signature"].startswith(f'keyId="{ctx.settings.url}/actor#main-key"')
        assert await undone(ctx, home) == set(), "the other side has nothing to forget"
        last = await post(peer, bob, told)
        async with ctx.db.read() as tx:
            streams = [
                [one.uri for one in await timelines.home(tx, here[name].id, Page(limit=9))] for name in ("ada", "ben")
            ]
        assert (first in streams[0], last in streams[0], streams[1]) == (True, True, [])


async def test_who_is_a_follower_there_and_not_here_takes_it_back(tmp_path, database):
    async with story(tmp_path, database) as (ctx, peer, here, bob, home, _):
        await post(peer, bob, lists(home, bob, *(here[name] for name in ("ada", "ben", "carla"))))
        assert await followers(ctx, here, bob) == {"ada", "ben"}
        assert await undone(ctx, home) == {(here["carla"].uri, "Follow", bob.uri)}
        signed = home.server.requests[-1].headers["signature"]
        assert signed.startswith(f'keyId="{here["carla"].uri}#main-key"')


async def test_both_at_once(tmp_path):
    async with story(tmp_path) as (ctx, peer, here, bob, home, _):
        await post(peer, bob, lists(home, bob, here["carla"]))
        assert await followers(ctx, here, bob) == set()
        assert {who for who, *_ in await undone(ctx, home)} == {here["carla"].uri}


@pytest.mark.parametrize("granted", [True, False])
async def test_what_is_on_its_way_is_left_alone(tmp_path, granted):
    async with story(tmp_path, names=("ada", "ben", "carla", "dan")) as (ctx, peer, here, bob, home, _):
        await follow(ctx, here["carla"], bob, age=60_000)
        await follow(ctx, here["dan"], bob, accepted=False)
        # Carla has begun a minute ago. Dan's request lies there still, or the answer has not come.
        await post(peer, bob, lists(home, bob, here["ada"], *([here["dan"]] if granted else [])))
        assert await followers(ctx, here, bob) == {"ada", "carla", "dan"}
        assert await undone(ctx, home) == set()


@pytest.mark.parametrize("event", ["granted", "begun again"])
async def test_what_changes_while_we_ask_is_left_alone(tmp_path, event):
    async with story(tmp_path) as (ctx, peer, here, bob, home, _):
        await follow(ctx, here["carla"], bob, accepted=event == "begun again")
        both = followers_sync.part(bob.uri, [here["ada"].uri, here["ben"].uri])
        uri = await post(peer, bob, lists(home, bob, *here.values()) if event == "begun again" else both)
        plain = home.answer

        async def meanwhile(request):
            async with ctx.change() as change:
                if event == "granted":
                    await change.tx.run("UPDATE follows SET accepted = 1")
                else:
                    await change.tx.run(
                        "UPDATE follows SET uri = uri || '/2' WHERE follower_id = :id", id=here["carla"].id
                    )
            yield plain(request)

        home.server.answer = lambda request: meanwhile(request)
        await post(peer, bob, lists(home, bob, here["ada"]))
        assert (asked(home), await followers(ctx, here, bob)) == ([LIST], {"ada", "carla"})
        async with ctx.db.read() as tx:
            stream = await timelines.home(tx, here["carla"].id, Page(limit=9))
        assert [one.uri for one in stream[1:]] == ([uri] if event == "begun again" else [])


async def test_accounts_that_are_not_ours_are_nobodys_business(tmp_path):
    async with story(tmp_path) as (ctx, peer, here, bob, home, _):
        strangers = [f"{ctx.settings.url}/users/nobody", f"{ctx.settings.url}/actor", peer.actors["mallory"].uri, "x"]
        await post(peer, bob, lists(home, bob, here["ada"], here["ben"], *strangers))
        assert asked(home) == [LIST]
        assert (await followers(ctx, here, bob), await undone(ctx, home)) == ({"ada", "ben"}, set())


# Hostile headers


async def test_headers_about_others_are_not_even_asked_about(tmp_path):
    async with story(tmp_path) as (ctx, peer, here, bob, home, third):
        right = lists(home, bob)
        mallory = peer.actors["mallory"]
        for told in (
            Part(mallory.followers, right.url, right.digest),
            Part(f"{home.url}/users/eve/followers", right.url, right.digest),
            Part(right.collection, f"{third.url}{LIST}", right.digest),
            Part(right.collection, f"http://127.0.0.1:1{LIST}", right.digest),
            Part(right.collection, right.url.replace("http:", "https:"), right.digest),
            Part(right.collection, "file:///etc/passwd", right.digest),
            "garbage",
            "",
        ):
            await post(peer, bob, told)
        await post(peer, bob, right, signed=False)
        await post(peer, bob, right, kind="Delete")
        assert asked(home, third) == []
        assert await followers(ctx, here, bob) == {"ada", "ben"}


async def test_a_flood_of_headers_that_differ_asks_once_in_ten_minutes(tmp_path):
    async with story(tmp_path) as (ctx, peer, here, bob, home, _):
        home.documents.pop(LIST, None)
        for number in range(20):
            await post(peer, bob, followers_sync.part(bob.uri, [f"x{number}"]), handle=number % 5 == 0)
        await worker.drain(ctx)
        assert asked(home) == [LIST]
        assert await peer.count("inbox_rows WHERE type = 'Synchronise'") == 0
        assert await followers(ctx, here, bob) == {"ada", "ben"}


async def test_an_activity_that_calls_itself_a_question_asks_nothing(tmp_path):
    async with story(tmp_path) as (ctx, peer, here, bob, home, _):
        lists(home, bob)
        body = {"id": f"{bob.uri}/1", "type": "Synchronise", "actor": bob.uri, "object": f"{home.url}{LIST}"}
        assert await peer.send_as(keys.Signer(uris.main_key(bob.uri), PAIR.private), body) == 202
        assert (asked(home), await followers(ctx, here, bob)) == ([], {"ada", "ben"})


@pytest.mark.parametrize(
    "more",
    [
        {"id": "http://127.0.0.1:8497/users/mallory/followers_synchronization"},
        {"id": None},
        {"orderedItems": ["http://127.0.0.1:8499/users/ada", "http://127.0.0.1:8499/users/carla"]},
        {"orderedItems": [{"id": "http://127.0.0.1:8499/users/carla"}]},
        {"orderedItems": "", "first": "http://127.0.0.1:8497/page"},
        {"orderedItems": None},
    ],
    ids=["other", "nameless", "sum", "objects", "paged", "empty"],
)
async def test_a_list_that_is_not_what_was_told_changes_nothing(tmp_path, more):
    async with story(tmp_path) as (ctx, peer, here, bob, home, _):
        told = lists(home, bob, here["carla"])
        home.documents[LIST] |= more
        await post(peer, bob, told)
        assert asked(home) == [LIST]
        assert (await followers(ctx, here, bob), await undone(ctx, home)) == ({"ada", "ben"}, set())


@pytest.mark.parametrize(("beyond", "left"), [(0, {"ada"}), (1, {"ada", "ben"})])
async def test_a_list_may_be_so_long_and_no_longer(tmp_path, beyond, left):
    async with story(tmp_path) as (ctx, peer, here, bob, home, _):
        others = [f"x{number}" for number in range(followers_sync.MOST - 1 + beyond)]
        await post(peer, bob, lists(home, bob, here["ada"], *others))
        assert (asked(home), await followers(ctx, here, bob)) == ([LIST], left)


@pytest.mark.parametrize("answer", ["elsewhere", "401", "404", "500", "page"])
async def test_N04_an_answer_that_leads_elsewhere_or_nowhere_changes_nothing(tmp_path, answer):
    async with story(tmp_path) as (ctx, peer, here, bob, home, third):
        told = lists(home, bob)
        third.documents[LIST] = home.documents[LIST]
        raw = {
            "elsewhere": f"HTTP/1.1 302 Found\r\nLocation: {third.url}{LIST}\r\nContent-Length: 0\r\n\r\n",
            "page": "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi",
        }.get(answer, f"HTTP/1.1 {answer} No\r\nContent-Length: 0\r\n\r\n")
        home.server.answer = lambda request: raw.encode()
        await post(peer, bob, told)
        await post(peer, bob, told)
        # 401 may mean the signature's scheme, so the other one is tried at once; nothing else is.
        assert asked(home, third) == [LIST] * (2 if answer == "401" else 1)
        assert await followers(ctx, here, bob) == {"ada", "ben"}


async def test_a_silent_server_keeps_nobody_waiting(tmp_path):
    async with story(tmp_path) as (ctx, peer, here, bob, home, _):

        async def silence():
            await asyncio.sleep(3600)
            yield b""

        told = lists(home, bob)
        home.server.answer = lambda _: silence()
        uri = await post(peer, bob, told, handle=False)
        running = asyncio.create_task(worker.run(ctx))
        try:
            async with asyncio.timeout(ctx.settings.limits.read_seconds * 0.9):
                while await peer.stored(uri) is None or not asked(home):
                    await asyncio.sleep(0.02)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        assert await followers(ctx, here, bob) == {"ada", "ben"}
