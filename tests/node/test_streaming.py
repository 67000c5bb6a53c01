"""Open streams: who gets what as it happens, and nobody else.

That something does not arrive is told by what comes after it: each socket gets its events in order.
"""

import asyncio
import json
import logging
import socket as sockets
import sys
import time
from dataclasses import replace
from itertools import product

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from moderation import announcements, measures, members, passwords
from node.app import close_context, create_context
from node.domain import events
from node.domain.groups import Charter, Joining
from node.domain.media import Media
from node.domain.posts import Draft, Parts, Post, boost_of
from node.domain.relationships import Block
from node.domain.visibility import Visibility
from node.effects import conversations
from node.effects import posts as effects
from node.effects import reactions as reaction_effects
from node.effects import relationships as relationship_effects
from node.limits import Limits
from node.store import accounts, reactions, timelines
from node.store.pages import Page
from outbox import groups as group_commands
from outbox import posts as commands
from outbox import reactions as reaction_commands
from outbox import relationships as relationship_commands
from outbox.organisation import local_actor
from tests.patience import PATIENCE_SECONDS
from tests.served import served

PEER = "127.0.0.1:8498"


async def block(ctx, by, whom):
    async with ctx.change() as change:
        id = change.new_id()
        await relationship_effects.block(
            change, Block(id, f"{ctx.settings.url}/b/{id}", by.account.id, whom.account.id)
        )


async def mute(ctx, by, whom):
    async with ctx.change() as change:
        await change.tx.run(
            "INSERT INTO mutes (id, account_id, target_id, notifications) VALUES (:id, :by, :whom, 1)",
            id=change.new_id(),
            by=by.account.id,
            whom=whom.account.id,
        )


async def make_list(ctx, owner, *people):
    async with ctx.change() as change:
        id = change.new_id()
        await change.tx.run(
            "INSERT INTO lists (id, account_id, title, replies, exclusive) VALUES (:id, :owner, :title, 'list', 0)",
            id=id,
            title=b"",
            owner=owner.account.id,
        )
        for person in people:
            await change.tx.run(
                "INSERT INTO list_members (id, list_id, account_id) VALUES (:id, :list, :account)",
                id=change.new_id(),
                list=id,
                account=person.account.id,
            )
    return id


def written(change, author, visibility, **more):
    id = change.new_id()
    uri = f"{author.uri}/posts/{id}"
    values = {
        "id": id, "uri": uri, "author_id": author.id, "local": author.local, "kind": "Note", "visibility": visibility,
        "content": "<p>words</p>", "source": "", "summary": "", "sensitive": False, "language": "", "url": uri,
        "reply_to_id": None, "reply_to_uri": "", "boost_of": None, "wall_id": None, "wall_shown": False,
        "published_at": change.now, "edited_at": None, "thread_id": id,
    }  # fmt: skip
    return Post(**{**values, **more})


def picture(change, post):
    return Media(
        id=change.new_id(), post_id=post.id, place=0, kind="image", media_type="image/png",
        remote_url=f"https://{PEER}/{post.id}.png", description="", width=1, height=1, blurhash="", focus=None,
    )  # fmt: skip


# Who gets what


async def test_public_streams_hold_what_the_timelines_hold(tmp_path, database):
    async with served(tmp_path, database=database) as node:
        reader, writer = await node.members("reader", "writer")
        ctx = node.ctx
        async with ctx.change() as change:
            far = local_actor(change, f"http://{PEER}/users/far", username="far", kind="Person", name="far")
            far = replace(far, host=PEER)
            await accounts.insert(change.tx, far)
        page = Page(limit=40)
        asked = {
            "public": lambda tx: timelines.organisation(tx, page, viewer_id=reader.account.id),
            "public:media": lambda tx: timelines.organisation(tx, page, viewer_id=reader.account.id, media=True),
            "public:remote": lambda tx: timelines.organisation(tx, page, viewer_id=reader.account.id, remote=True),
            "public:remote:media": lambda tx: timelines.organisation(
                tx, page, viewer_id=reader.account.id, remote=True, media=True
            ),
            "public:local": lambda tx: timelines.unit(tx, page, viewer_id=reader.account.id),
            "public:local:media": lambda tx: timelines.unit(tx, page, viewer_id=reader.account.id, media=True),
            "hashtag": lambda tx: timelines.tag(tx, "tea", page, viewer_id=reader.account.id),
            "hashtag:local": lambda tx: timelines.tag(tx, "tea", page, viewer_id=reader.account.id, local=True),
        }
        socket = await reader.listen(*asked, tag="Tea")
        made = []
        for author, visibility, media, tagged in product(
            (writer.account, far), Visibility, (False, True), (False, True)
        ):
            async with ctx.change() as change:
                post = written(change, author, visibility)
                parts = Parts(hashtags=("tea",) if tagged else (), media=(picture(change, post),) if media else ())
                await effects.add(change, post, author=author, mentioned=[], parts=parts)
                made.append(post)
        async with ctx.change() as change:
            boost = boost_of(
                made[0], id=change.new_id(), uri="x:1", by=far, visibility=Visibility.ORGANISATION, at=change.now
            )
            await reaction_effects.boost(change, boost, by=far, post=made[0])
        last = await reader.post("The last", Visibility.UNIT)
        got = {name: set() for name in asked}
        for frame in await socket.until(last.uri):
            assert frame["event"] == "update"
            got[frame["stream"][0]].add(frame["payload"]["uri"])
        async with ctx.db.read() as tx:
            for name, timeline in asked.items():
                stand = {post.uri for post in await timeline(tx)} - {last.uri}
                assert got[name] == stand, name
                assert 0 < len(stand) < len(made)


async def test_a_home_and_a_list_get_what_comes_into_them(tmp_path, database):
    async with served(tmp_path, database=database) as node:
        ada, ben, carla, dan = await node.members("ada", "ben", "carla", "dan")
        await ben.follow(ada)
        list_id = await make_list(node.ctx, ben, carla)
        home, listed = await ben.listen("user"), await ben.listen("list", list=str(list_id))
        followed = await ada.post("To those who follow me", Visibility.FOLLOWERS)
        from_list = await carla.post("In a list")
        await dan.post("Whom nobody follows")
        await carla.post("Not for ben", Visibility.FOLLOWERS)
        own = await ben.post("My own")
        named = await dan.post("@ben a word", Visibility.DIRECT)
        last = await ben.post("My last one")
        came = [frame["payload"]["uri"] for frame in await home.until(last.uri) if frame["event"] == "update"]
        assert came == [followed.uri, own.uri, named.uri]
        frame = await listed.next()
        assert frame["stream"] == ["list", str(list_id)]
        assert frame["payload"]["uri"] == from_list.uri
        last = await carla.post("The last")
        assert await listed.until(last.uri) == []


async def test_L02_what_is_not_for_a_stranger_never_reaches_their_streams(tmp_path):
    async with served(tmp_path) as node:
        ada, ben, eve = await node.members("ada", "ben", "eve")
        await ben.follow(ada)
        streams = ("user", "public", "public:local", "hashtag", "direct", "user:notification")
        strange = await eve.listen(*streams, tag="plan")
        for visibility in (Visibility.FOLLOWERS, Visibility.DIRECT):
            post = await ada.post("@ben the secret #plan", visibility)
            await commands.edit(node.ctx, ada.account, post.id, Draft("@ben another secret #plan", visibility))
            await commands.delete(node.ctx, ada.account, post.id)
        last = await eve.post("My own")
        assert await strange.until(last.uri) == []


@pytest.mark.parametrize(
    "part", [lambda ctx, a, b: block(ctx, a, b), lambda ctx, a, b: block(ctx, b, a), lambda ctx, a, b: mute(ctx, b, a)]
)
async def test_L04_what_a_block_or_a_mute_hides_is_not_streamed(tmp_path, part):
    async with served(tmp_path) as node:
        ada, ben = await node.members("ada", "ben")
        await ben.follow(ada)
        socket = await ben.listen("user", "public", "public:local", "hashtag", tag="x")
        await part(node.ctx, ada, ben)
        await ada.post("For the unit #x", Visibility.UNIT)
        await ada.post("For all #x")
        last = await ben.post("My own")
        assert await socket.until(last.uri) == []


async def test_a_deleted_post_and_its_boosts_go_from_where_they_were(tmp_path):
    async with served(tmp_path) as node:
        ada, ben, carla, dan = await node.members("ada", "ben", "carla", "dan")
        await ben.follow(ada)
        await dan.follow(carla)
        post = await ada.post("Soon gone", Visibility.ORGANISATION)
        boost = await reaction_commands.boost(node.ctx, carla.account, post.id)
        home, public, passed_on = await ben.listen("user"), await carla.listen("public"), await dan.listen("user")
        await commands.delete(node.ctx, ada.account, post.id)
        gone = {"event": "delete", "payload": str(post.id)}
        assert await home.next() == {"stream": ["user"], **gone}
        assert await public.next() == {"stream": ["public"], **gone}
        assert await passed_on.next() == {"stream": ["user"], "event": "delete", "payload": str(boost.id)}


async def test_an_edit_reaches_those_who_have_the_post(tmp_path):
    async with served(tmp_path) as node:
        ada, ben = await node.members("ada", "ben")
        await ben.follow(ada)
        post = await ada.post("First", Visibility.FOLLOWERS)
        socket = await ben.listen("user")
        await commands.edit(node.ctx, ada.account, post.id, Draft("Second", Visibility.FOLLOWERS))
        frame = await socket.next()
        assert frame["event"] == "status.update"
        assert "Second" in frame["payload"]["content"]
        assert frame["payload"]["edited_at"]


async def test_everybody_sees_a_post_as_a_request_would_show_it_to_them(tmp_path):
    async with served(tmp_path) as node:
        ada, ben, carla, dan = people = await node.members("ada", "ben", "carla", "dan")
        secret = await ada.post("@carla a word", Visibility.DIRECT)
        marked = await ada.post("To be passed on")
        async with node.ctx.change() as change:
            favourite = reactions.Favourite(change.new_id(), "x:1", ben.account.id, marked.id)
            await reaction_effects.favourite(change, favourite, by=ben.account, post=marked)
        listening = [await one.listen("public", "user") for one in people]
        async with node.ctx.change() as change:
            answer = written(
                change, dan.account, Visibility.ORGANISATION, reply_to_id=secret.id, reply_to_uri=secret.uri
            )
            await effects.add(change, answer, author=dan.account, mentioned=[])
        for one in people:
            await one.follow(ada) if one is not ada else None
        boost = await reaction_commands.boost(node.ctx, ada.account, marked.id)
        for one, socket in zip(people, listening, strict=True):
            found = {}
            while boost.id not in found:
                frame = await socket.next()
                if frame["event"] == "update":
                    found[int(frame["payload"]["id"])] = frame["payload"]
            for id in (answer.id, boost.id):
                assert found[id] == await one.call("GET", f"/statuses/{id}"), one.account.username
            assert (found[answer.id]["in_reply_to_id"] is not None) == (one in (ada, carla))
            assert found[boost.id]["reblog"]["favourited"] == (one is ben)


async def test_of_a_quote_nobody_is_told_whom_others_have_muted_or_block(tmp_path):
    async with served(tmp_path) as node:
        ada, ben, carla, dan, eva = await node.members("ada", "ben", "carla", "dan", "eva")
        quoted = await ada.post("To be quoted", quote_policy="public")
        await mute(node.ctx, carla, ada)
        await block(node.ctx, dan, ada)
        await block(node.ctx, ada, eva)
        people = (carla, dan, eva, ben)
        listening = [await one.listen("public") for one in people]
        quoting = await ben.post("See", quote_of=quoted.id)
        states = ("muted_account", "blocked_account", "unauthorized", "accepted")
        for one, socket, state in zip(people, listening, states, strict=True):
            frame = await socket.next()
            assert frame["payload"] == await one.call("GET", f"/statuses/{quoting.id}"), one.account.username
            assert frame["payload"]["quote"]["state"] == state


async def test_what_somebody_filters_is_marked_for_them_alone(tmp_path):
    async with served(tmp_path) as node:
        ada, ben, carla = await node.members("ada", "ben", "carla")
        filtering, plain = await ben.listen("public"), await carla.listen("public")
        filter = {
            "title": "Sport",
            "context": ["public"],
            "keywords_attributes": [{"keyword": "goal", "whole_word": True}],
        }
        await ben.call("POST", "/filters", version=2, **filter)
        met, unmet = await ada.post("What a Goal"), await ada.post("The goalkeeper")
        for socket, titles in ((filtering, ["Sport"]), (plain, [])):
            frame = await socket.next()
            assert frame["payload"]["uri"] == met.uri
            assert [one["filter"]["title"] for one in frame["payload"]["filtered"]] == titles
            frame = await socket.next()
            assert (frame["payload"]["uri"], frame["payload"]["filtered"]) == (unmet.uri, [])


async def test_a_message_to_named_people_comes_as_their_conversation(tmp_path):
    async with served(tmp_path) as node:
        ada, ben, eve = await node.members("ada", "ben", "eve")
        to, by, strange = await ben.listen("direct"), await ada.listen("direct"), await eve.listen("direct", "user")
        message = await ada.post("@ben a word", Visibility.DIRECT)
        async with node.ctx.change() as change:
            await conversations.remember(change, message, ada.account, [ben.account])
        for socket, unread, other in ((to, True, "ada"), (by, False, "ben")):
            frame = await socket.next()
            assert (frame["stream"], frame["event"]) == (["direct"], "conversation")
            assert frame["payload"]["last_status"]["uri"] == message.uri
            assert frame["payload"]["unread"] is unread
            assert [one["username"] for one in frame["payload"]["accounts"]] == [other]
        last = await eve.post("My own")
        assert await strange.until(last.uri) == []


async def test_a_notification_reaches_its_member_only_and_needs_its_scope(tmp_path):
    async with served(tmp_path) as node:
        ada, ben = await node.members("ada", "ben")
        narrow = await node.member("narrow", scopes="read:statuses")
        mine, my_news = await ada.listen("user"), await ada.listen("user:notification")
        other = await ben.listen("user:notification", "user")
        silent = await narrow.listen("user")
        await silent.say(type="subscribe", stream="user:notification")
        assert (await silent.next())["status"] == 403
        post = await ben.post("@ada and @narrow look")
        for socket in (mine, my_news):
            frame = await socket.next()
            while frame["event"] != "notification":
                frame = await socket.next()
            assert frame["payload"]["type"] == "mention"
            assert frame["payload"]["status"]["uri"] == post.uri
        last = await narrow.post("My own")
        assert [frame["event"] for frame in await silent.until(last.uri)] in ([], ["update"])
        assert await other.until(post.uri) == []


async def test_events_without_a_post_have_their_shape(tmp_path):
    async with served(tmp_path) as node:
        ada, ben = await node.members("ada", "ben")
        mine, other = await ada.listen("user"), await ben.listen("user")
        async with node.ctx.change() as change:
            change.tell(events.FiltersChanged(ada.account.id))
            change.tell(events.NotificationsMerged(ada.account.id))
            change.tell(events.AnnouncementReacted(7, "👍", 3))
            change.tell(events.AnnouncementDeleted(7))
        assert await mine.next() == {"stream": ["user"], "event": "filters_changed"}
        assert await mine.next() == {"stream": ["user"], "event": "notifications_merged"}
        for socket in (mine, other):
            reaction = {"name": "👍", "count": 3, "announcement_id": "7"}
            assert await socket.next() == {"stream": ["user"], "event": "announcement.reaction", "payload": reaction}
            assert await socket.next() == {"stream": ["user"], "event": "announcement.delete", "payload": "7"}


async def test_an_announcement_reaches_everybody(tmp_path):
    async with served(tmp_path) as node:
        ada, ben = await node.members("ada", "ben")
        listening = [await ada.listen("user"), await ben.listen("user")]
        await announcements.publish(node.ctx, "The canteen **closes** at two")
        for socket in listening:
            frame = await socket.next()
            assert (frame["stream"], frame["event"]) == (["user"], "announcement")
            assert "closes" in frame["payload"]["content"]


async def test_what_was_told_long_ago_is_forgotten_though_nobody_listens(tmp_path, monkeypatch):
    monkeypatch.setattr("node.listening.feed._FORGET_SECONDS", 0.05)
    async with served(tmp_path) as node:
        ada = await node.member("ada")
        await ada.post("Told")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                async with node.ctx.db.read() as tx:
                    if not await tx.all("SELECT id FROM notices"):
                        break
                await asyncio.sleep(0.05)


async def test_what_another_process_of_the_node_does_is_streamed_too(tmp_path, database):
    async with served(tmp_path, database=database) as node:
        ada, ben = await node.members("ada", "ben")
        await ben.follow(ada)
        worker = await create_context(node.ctx.settings)
        try:
            socket = await ben.listen("user")
            first = await commands.publish(worker, ada.account, Draft("From elsewhere"))
            assert (await socket.next())["payload"]["uri"] == first.uri
            here = await ada.post("From here")
            second = await commands.publish(worker, ada.account, Draft("From elsewhere again"))
            assert (await socket.next())["payload"]["uri"] == here.uri
            assert await socket.until(second.uri) == []
            await commands.delete(worker, ada.account, first.id)
            assert (await socket.next())["payload"] == str(first.id)
            await measures.suspend(worker, ben.account.id, reason="A threat.")
            assert await socket.ended() == 1008
        finally:
            await close_context(worker)


# Sockets


async def test_a_socket_carries_streams_as_the_client_asks(tmp_path):
    async with served(tmp_path) as node:
        ada, ben = await node.members("ada", "ben")
        socket = await ben.listen("hashtag", tag="Tea")
        await socket.say(type="subscribe", stream="public")
        await socket.say(type="subscribe", stream="public")
        await node.settled(ben, 2)
        post = await ada.post("A cup of #TEA")
        streams = [(await socket.next())["stream"] for _ in range(2)]
        assert sorted(streams) == [["hashtag", "Tea"], ["public"]]
        await socket.say(type="unsubscribe", stream="hashtag", tag="tea")
        await socket.say(type="subscribe", stream="nothing")
        assert await socket.next() == {"error": "There is no stream of this name.", "status": 422}
        await socket.connection.send("{no json")
        await socket.connection.send("[]")
        other = await make_list(node.ctx, ada, ben)
        await socket.say(type="subscribe", stream="list", list=str(other))
        assert await socket.next() == {"error": "Record not found", "status": 404}
        await ada.post("Another #tea")
        assert (await socket.next())["stream"] == ["public"]
        assert post.id


@pytest.mark.parametrize("slash", ["", "/"])
async def test_the_token_comes_by_header_by_address_or_as_subprotocol_which_is_echoed(tmp_path, slash):
    async with served(tmp_path) as node:
        ada = await node.member("ada")
        for query, options, echoed in (
            (f"{slash}?stream=user", {"subprotocols": [ada.token]}, ada.token),
            (f"{slash}?stream=user&access_token={ada.token}", {}, None),
            (f"{slash}?stream=user", {"additional_headers": {"Authorization": f"Bearer {ada.token}"}}, None),
        ):
            socket = await node.socket(query, **options)
            assert socket.connection.subprotocol == echoed
            post = await ada.post("Hello")
            assert (await socket.next())["payload"]["uri"] == post.uri


async def test_O10_without_a_good_token_there_is_no_socket_and_no_token_is_logged(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    async with served(tmp_path) as node:
        ada = await node.member("ada")
        for query, options in (
            ("", {}),
            ("?access_token=wrong", {}),
            ("", {"subprotocols": ["wrong"]}),
            ("", {"additional_headers": {"Cookie": f"session={ada.token}"}}),
        ):
            with pytest.raises(InvalidStatus) as refused:
                await node.socket(query, **options)
            assert refused.value.response.status_code == 401
            assert json.loads(refused.value.response.body) == {"error": "The access token is invalid"}
        with pytest.raises(InvalidStatus) as refused:
            await node.socket(
                f"?access_token={ada.token}", called=node.ctx.settings.authority.replace("127.0.0.1", "localhost")
            )
        assert refused.value.response.status_code == 421
        await node.socket(f"?access_token={ada.token}&stream=user")
        await node.settled(ada, 1)
    ours = [record for record in caplog.records if record.name != "websockets.client"]
    assert not any(ada.token in record.getMessage() for record in ours)


async def test_who_tries_tokens_uses_up_what_their_address_may_ask(tmp_path):
    async with served(tmp_path, limits=Limits(requests_per_address=5)) as node:
        answers = []
        for number in range(7):
            with pytest.raises(InvalidStatus) as refused:
                await node.socket(f"?access_token=wrong{number}")
            answers.append(refused.value.response.status_code)
        assert answers == [401] * 5 + [429] * 2


async def test_O04_a_stream_ends_with_its_token_and_nothing_comes_after(tmp_path):
    async with served(tmp_path) as node:
        ada, ben = await node.members("ada", "ben")
        second = await members.issue_token(node.ctx, ben.account, name="second")
        first = await ben.listen("public")
        other = await node.socket(f"?access_token={second}&stream=public")
        async with node.ctx.change() as change:  # without a word of it: the next event finds out
            await change.tx.run("DELETE FROM tokens WHERE name = 'test' AND account_id = :id", id=ben.account.id)
        post = await ada.post("Not for the first any more")
        assert (await other.next())["payload"]["uri"] == post.uri
        with pytest.raises(ConnectionClosed):
            await first.next()
        assert first.connection.close_code == 1008
        await measures.suspend(node.ctx, ben.account.id, reason="A threat.")
        assert await other.ended() == 1008


async def test_N10_a_reader_who_takes_nothing_is_dropped_and_others_go_on(tmp_path):
    async with served(tmp_path) as node:
        ada, slow, quick = await node.members("ada", "slow", "quick")
        connection = sockets.socket()
        connection.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)
        connection.setblocking(False)
        host, port = node.url.removeprefix("http://").split(":")
        await asyncio.get_running_loop().sock_connect(connection, (host, int(port)))
        stuck = await node.socket(
            "?stream=public", additional_headers={"Authorization": f"Bearer {slow.token}"}, sock=connection, max_queue=1
        )
        await node.settled(slow, 1)
        well = await quick.listen("public")
        words = "many words " * 400
        number = 0
        while any(reader.account_id == slow.account.id for reader in node.ctx.hub.readers):
            number += 1
            post = await ada.post(f"{number} {words}")
            assert await well.until(post.uri) == []
            assert number < 5_000
        assert number > node.ctx.settings.limits.waiting_events
        post = await ada.post("The last")
        assert await well.until(post.uri) == []
        assert stuck.connection.transport is not None


async def test_N10_a_member_opens_so_many_streams_and_no_more(tmp_path):
    limits = Limits(streams_per_member=3, subscriptions_per_stream=2)
    async with served(tmp_path, limits=limits) as node:
        ada, ben = await node.members("ada", "ben")
        first = await ada.listen("user", "public")
        for _ in range(2):
            await ada.listen()
        with pytest.raises(InvalidStatus) as refused:
            await ada.listen()
        assert refused.value.response.status_code == 429
        await ben.listen()
        await first.say(type="subscribe", stream="direct")
        assert (await first.next())["status"] == 422
        await first.connection.close()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(node.ctx.hub.readers) > 3:
                await asyncio.sleep(0.01)
        await ada.listen("user")


async def test_who_says_too_much_on_a_socket_is_hung_up_on(tmp_path):
    async with served(tmp_path, limits=Limits(requests_per_member=20)) as node:
        ada = await node.member("ada")
        socket = await ada.listen()
        for _ in range(25):
            await socket.say(type="subscribe", stream="public")
        assert await socket.ended() == 1008


async def test_a_node_stops_at_once_however_many_streams_are_open(tmp_path):
    async with served(tmp_path) as node:
        ada = await node.member("ada")
        await ada.listen("user")
        async with node.session.get(
            f"{node.url}/api/v1/streaming/user", headers={"Authorization": f"Bearer {ada.token}"}
        ) as answer:
            assert await answer.content.readline() == b":)\n"
            began = time.monotonic()
            node.server.should_exit = True
            await node.serving
            assert time.monotonic() - began < 5


# Server-sent events


async def read(answer):
    """Return the next event as (name, data)."""
    lines = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            line = (await answer.content.readline()).decode().rstrip("\n")
            if line.startswith(":"):
                continue
            if not line:
                break
            lines.append(line)
    found = dict(line.split(": ", 1) for line in lines)
    return found["event"], found.get("data")


@pytest.mark.parametrize(
    "path",
    [
        "user",
        "public",
        "public?only_media=true",
        "public/local",
        "public/local?only_media=true",
        "public/remote",
        "public/remote?only_media=1",
        "hashtag?tag=tea",
        "hashtag/local?tag=tea",
        "list?list={list}",
        "user/notification",
    ],
)
async def test_each_stream_is_there_as_server_sent_events(tmp_path, path):
    async with served(tmp_path) as node:
        ada, ben = await node.members("ada", "ben")
        await ben.follow(ada)
        list_id = await make_list(node.ctx, ben, ada)
        address = f"{node.url}/api/v1/streaming/{path.format(list=list_id)}"
        async with node.session.get(address, headers={"Authorization": f"Bearer {ben.token}"}) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert await answer.content.readline() == b":)\n"
            async with node.ctx.change() as change:
                far = local_actor(change, f"http://{PEER}/users/far", username="far", kind="Person", name="far")
                far = replace(far, host=PEER)
                await accounts.insert(change.tx, far)
                author = far if "remote" in path else ada.account
                post = written(change, author, Visibility.ORGANISATION)
                parts = Parts(hashtags=("tea",), media=(picture(change, post),))
                await effects.add(change, post, author=author, mentioned=[ben.account], parts=parts)
            name, data = await read(answer)
            if path == "user/notification":
                assert (name, json.loads(data)["status"]["uri"]) == ("notification", post.uri)
            else:
                while name == "notification":
                    name, data = await read(answer)
                assert (name, json.loads(data)["uri"]) == ("update", post.uri)


async def test_O04_server_sent_events_need_a_token_and_end_with_it(tmp_path):
    async with served(tmp_path) as node:
        ada = await node.member("ada")
        narrow = await node.member("narrow", scopes="write read:notifications")
        base = f"{node.url}/api/v1/streaming"
        for path, token, status in (
            ("user", "", 401),
            ("user", "wrong", 401),
            ("user", narrow.token, 403),
            ("nothing", ada.token, 404),
            ("hashtag", ada.token, 422),
            ("list?list=12", ada.token, 404),
        ):
            async with node.session.get(f"{base}/{path}", headers={"Authorization": f"Bearer {token}"}) as answer:
                assert answer.status == status, path
        async with node.session.get(f"{base}/health") as answer:
            assert (answer.status, await answer.text()) == (200, "OK")
        async with node.session.get(f"{base}/user?access_token={ada.token}") as answer:
            assert answer.status == 200
            assert await answer.content.readline() == b":)\n"
            await passwords.renew(node.ctx, ada.account, "another horse battery")
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert await answer.content.read() == b""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while node.ctx.hub.readers:
                await asyncio.sleep(0.01)


async def test_a_quiet_stream_says_that_it_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["node.api.streaming"], "_THUMP_SECONDS", 0.05)
    async with served(tmp_path) as node:
        ada = await node.member("ada")
        async with node.session.get(f"{node.url}/api/v1/streaming/user?access_token={ada.token}") as answer:
            assert await answer.content.readline() == b":)\n"
            assert await answer.content.readline() == b":thump\n"
            assert await answer.content.readline() == b":thump\n"


async def test_a_group_tells_its_members_of_what_it_passes_on_and_nobody_else(tmp_path, database):
    async with served(tmp_path, database=database) as node:
        ada, ben, eve = await node.members("ada", "ben", "eve")
        charter = Charter(name="Dyers", joining=Joining.OPEN)
        group = await group_commands.found(node.ctx, ada.account, "dyers", charter)
        await group_commands.join(node.ctx, ben.account, group.id)
        await relationship_commands.follow(node.ctx, eve.account, ada.account.id)
        member, strange = await ben.listen("user"), await eve.listen("user", "public", "public:local")
        said = await commands.publish(node.ctx, ada.account, Draft("Warm", Visibility.GROUP, group=group.id))
        frame = await member.next()
        assert (frame["event"], frame["payload"]["reblog"]["uri"]) == ("update", said.uri)
        assert frame["payload"]["reblog"]["group"]["display_name"] == "Dyers"
        await commands.edit(node.ctx, ada.account, said.id, Draft("Hot", Visibility.GROUP, group=group.id))
        frame = await member.next()
        assert (frame["event"], "Hot" in frame["payload"]["content"]) == ("status.update", True)
        await commands.delete(node.ctx, ada.account, said.id)
        assert {(await member.next())["event"]} == {"delete"}
        last = await ada.post("For everybody")
        assert await strange.until(last.uri) == []
