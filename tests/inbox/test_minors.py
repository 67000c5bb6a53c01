"""What people of other units send to a member under age: nothing that is for few comes, and nobody is told why."""

import pytest

from moderation import members, minors
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.errors import Forbidden, Invalid
from node.store import posts
from outbox import posts as commands
from tests.inbox.peer import Peer
from tests.nodes import context

PASSWORD = "correct horse battery staple"


async def _told(ctx, account):
    async with ctx.db.read() as tx:
        row = await tx.one(
            """SELECT (SELECT COUNT(*) FROM notifications WHERE account_id = :id) AS news,
                      (SELECT COUNT(*) FROM conversations WHERE account_id = :id) AS talks,
                      (SELECT COUNT(*) FROM inbox_rows WHERE state <> 'done') AS left_over""",
            id=account.id,
        )
    return row["news"], row["talks"], row["left_over"]


def _to(peer, *people, **more):
    tag = [{"type": "Mention", "href": one.uri, "name": f"@{one.username}"} for one in people]
    return peer.note("bob", **{"to": [one.uri for one in people], "tag": tag} | more)


async def test_a_message_from_another_unit_does_not_come_to_a_minor_and_is_answered_like_any_other(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        peer = await Peer.known_to(ctx, "bob")
        dan = await members.add(ctx, username="dan", password=PASSWORD)
        await minors.set_minor(ctx, dan.id, True, by=None)
        note = _to(peer, dan)
        assert await peer.send("bob", peer.activity("Create", "bob", note, to=note["to"])) == 202
        assert await peer.stored(note["id"]) is None
        followers = _to(peer, dan, to=[peer.actors["bob"].followers], cc=[dan.uri])
        assert await peer.send("bob", peer.activity("Create", "bob", followers)) == 202
        assert await peer.stored(followers["id"]) is None
        assert await _told(ctx, dan) == (0, 0, 0)
        await minors.set_minor(ctx, dan.id, False, by=None)
        late = _to(peer, dan)
        await peer.send("bob", peer.activity("Create", "bob", late, to=late["to"]))
        assert (await peer.stored(late["id"])) is not None


async def test_a_message_to_several_comes_to_the_others(tmp_path):
    async with context(tmp_path) as ctx:
        peer = await Peer.known_to(ctx, "bob")
        ada = await members.add(ctx, username="ada", password=PASSWORD)
        dan = await members.add(ctx, username="dan", password=PASSWORD)
        await minors.set_minor(ctx, dan.id, True, by=None)
        note = _to(peer, ada, dan)
        await peer.send("bob", peer.activity("Create", "bob", note, to=note["to"]))
        stored = await peer.stored(note["id"])
        async with ctx.db.read() as tx:
            seen = {one.username: await posts.visible_to(tx, stored.id, viewer_id=one.id) for one in (ada, dan)}
        assert (seen["ada"] is not None, seen["dan"]) == (True, None)
        edited = note | {"content": "new", "updated": "2100-01-01T00:00:00Z"}
        await peer.send("bob", peer.activity("Update", "bob", edited, to=note["to"]))
        async with ctx.db.read() as tx:
            assert await posts.visible_to(tx, stored.id, viewer_id=dan.id) is None


async def test_a_minor_writes_alone_with_people_of_the_own_unit_only_and_never_publicly(tmp_path):
    async with context(tmp_path) as ctx:
        peer = await Peer.known_to(ctx, "bob")
        await members.add(ctx, username="ada", password=PASSWORD)
        dan = await members.add(ctx, username="dan", password=PASSWORD)
        await minors.set_minor(ctx, dan.id, True, by=None)
        assert await commands.publish(ctx, dan, Draft("@ada hello", Visibility.DIRECT))
        with pytest.raises(Forbidden, match="own unit only"):
            await commands.publish(ctx, dan, Draft(f"@bob@{peer.actors['bob'].host} hello", Visibility.DIRECT))
        with pytest.raises(Invalid):
            await commands.publish(ctx, dan, Draft("hello", Visibility.PUBLIC))


async def test_colleagues_write_to_a_minor_as_to_everybody(tmp_path):
    async with context(tmp_path) as ctx:
        ada = await members.add(ctx, username="ada", password=PASSWORD)
        dan = await members.add(ctx, username="dan", password=PASSWORD)
        await minors.set_minor(ctx, dan.id, True, by=None)
        post = await commands.publish(ctx, ada, Draft("@dan hello", Visibility.DIRECT))
        async with ctx.db.read() as tx:
            assert await posts.visible_to(tx, post.id, viewer_id=dan.id)
