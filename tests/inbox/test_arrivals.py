"""What arrives is kept whole and in order, however unlucky the numbers."""

from moderation import members
from node.domain import ids
from node.domain.posts import Draft
from node.domain.times import iso
from node.domain.visibility import Visibility
from node.store import timelines
from node.store.pages import Page
from outbox import posts as commands
from outbox import worker as outbox
from tests.inbox.peer import HOST, Peer
from tests.nodes import context

PASSWORD = "correct horse battery staple"


async def test_two_posts_that_draw_the_same_number_both_arrive(tmp_path, monkeypatch):
    async with context(tmp_path) as ctx:
        peer = await Peer.known_to(ctx, "bob")
        ada = await members.add(ctx, username="ada", password=PASSWORD)
        await peer.follower(ada, "bob")
        moment = iso(ctx.clock() - 60_000)
        notes = [peer.note("bob", published=moment) for _ in range(2)]
        with monkeypatch.context() as patch:
            patch.setattr(ids.secrets, "randbelow", lambda _: 7)
            for note in notes:
                await peer.send("bob", peer.activity("Create", "bob", note))
        assert await peer.count("posts") == 1
        async with ctx.change() as change:
            assert await change.tx.run("UPDATE inbox_rows SET due_at = 0 WHERE state = 'due'") == 1
        await peer.send("bob", peer.activity("Like", "bob", notes[0]["id"]))
        async with ctx.db.read() as tx:
            home = await timelines.home(tx, ada.id, Page(limit=9))
        assert {post.uri for post in home} == {note["id"] for note in notes}


async def test_posts_of_one_second_keep_their_order_and_their_edits(tmp_path):
    async with context(tmp_path) as ctx:
        peer = await Peer.known_to(ctx, "bob")
        second = ctx.clock() // 1_000 * 1_000 - 5_000
        notes = [peer.note("bob", to=["as:Public"], published=iso(second + after)) for after in range(20)]
        for note in reversed(notes):
            await peer.send("bob", peer.activity("Create", "bob", note))
        await peer.send(
            "bob", peer.activity("Update", "bob", notes[3] | {"content": "new", "updated": iso(second + 9)})
        )
        kept = [await peer.stored(note["id"]) for note in notes]
        assert [post.id for post in kept] == sorted(post.id for post in kept)
        assert kept[3].content == "new"


async def test_what_we_send_tells_milliseconds(tmp_path):
    async with context(tmp_path) as ctx:
        await Peer.known_to(ctx, "bob")
        ada = await members.add(ctx, username="ada", password=PASSWORD)
        post = await commands.publish(ctx, ada, Draft("hello", Visibility.ORGANISATION))
        sent = await outbox.claim(ctx, room=9, under_way={})
        assert [delivery.host for delivery in sent] == [HOST]
        assert iso(post.published_at).encode() in sent[0].body
