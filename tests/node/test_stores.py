"""One life of a node on either store: the same statements, the same outcome."""

from moderation import members, retention
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.store import copies, posts, queues, timelines
from node.store.pages import Page
from outbox import posts as commands
from outbox import profiles, worker
from tests.inbox.peer import Peer
from tests.nodes import context


async def test_a_node_lives_on_either_store(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        peer = await Peer.known_to(ctx, "bob")
        ada = await members.add(ctx, username="ada", password="correct horse battery")
        await peer.follower(ada, "bob")
        note = peer.note("bob")
        await peer.send("bob", peer.activity("Create", "bob", note))
        async with ctx.db.read() as tx:
            home = await timelines.home(tx, ada.id, Page(limit=20))
        assert [post.uri for post in home] == [note["id"]]

        own = await commands.publish(ctx, ada, Draft("Hello @bob@127.0.0.1:8497", Visibility.ORGANISATION))
        await peer.send("bob", peer.activity("Like", "bob", own.uri))
        assert (await peer.stored(own.uri)).favourites == 1
        assert await worker.drain(ctx) == 1
        async with ctx.db.read() as tx:
            stuck = await queues.stuck(tx, limit=5)
            assert [(row["state"], row["attempts"], row["type"]) for row in stuck] == [("due", 1, "Create")]
            assert await posts.thread(tx, own.id, viewer_id=ada.id) == ([], [])

        await commands.edit(ctx, ada, own.id, Draft("Changed"))
        await commands.delete(ctx, ada, own.id)
        await peer.send("bob", peer.activity("Delete", "bob", note["id"]))
        assert (await peer.stored(note["id"]), await peer.stored(own.uri)) == (None, None)
        async with ctx.db.read() as tx:
            assert [copy.state for copy in await copies.holders(tx, own.uri)] == ["ordered"]
        async with ctx.change() as change:
            # What carried the text is gone; the Delete alone is still to be delivered.
            assert await queues.retry_now(change.tx, host="", now=change.now, gives_up_at=change.now) == 1
        await retention.forget_old_rows(ctx)
        await profiles.delete(ctx, ada)
        await ctx.db.scrub()
        assert await peer.count("users") == 0


async def test_F15_a_row_is_claimed_once_until_its_lease_is_over(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        rows = [
            queues.InboxRow(i, f"http://a/{i}", "Like", "http://a/u", "a", "", b"{}", 0, 1_000) for i in range(1, 6)
        ]
        async with ctx.change() as change:
            await queues.put_inbox(change.tx, rows)
            await queues.put_inbox(change.tx, rows[:1])
        async with ctx.change() as change:
            first = await queues.claim_inbox(change.tx, now=2_000, lease=500, limit=3)
        async with ctx.change() as change:
            second = await queues.claim_inbox(change.tx, now=2_100, lease=500, limit=9)
            assert await queues.claim_inbox(change.tx, now=2_200, lease=500, limit=9) == []
        async with ctx.change() as change:
            again = await queues.claim_inbox(change.tx, now=2_500, lease=500, limit=9)
        assert [row.id for row in first] == [1, 2, 3]
        assert [row.id for row in second] == [4, 5]
        assert [(row.id, row.attempts) for row in again] == [(1, 2), (2, 2), (3, 2)]
