"""What people of other units send to a member under age: nothing that is for few comes, and nobody is told why."""

from dataclasses import replace

import pytest

from federation.addressing import PUBLIC
from moderation import members, minors
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.errors import Forbidden, Invalid
from node.store import accounts, posts
from outbox import posts as commands
from outbox import scheduled
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


async def test_what_is_for_followers_of_a_minor_names_nobody_of_another_unit(tmp_path):
    async with context(tmp_path) as ctx:
        peer = await Peer.known_to(ctx, "bob")
        await members.add(ctx, username="ada", password=PASSWORD)
        dan = await members.add(ctx, username="dan", password=PASSWORD)
        bob = f"@bob@{peer.actors['bob'].host}"
        early = await commands.publish(ctx, dan, Draft("@ada hello", Visibility.FOLLOWERS))
        await minors.set_minor(ctx, dan.id, True, by=None)
        for visibility in (Visibility.FOLLOWERS, Visibility.DIRECT):
            for ask in (commands.publish, commands.preview):
                with pytest.raises(Forbidden, match="own unit only"):
                    await ask(ctx, dan, Draft(f"{bob} hello", visibility))
        with pytest.raises(Forbidden, match="own unit only"):
            await commands.edit(ctx, dan, early.id, Draft(f"{bob} hello"))
        async with ctx.change() as change:
            walled = replace(peer.actors["bob"], wall=f"{peer.actors['bob'].uri}/wall", wall_open=True)
            await accounts.update(change.tx, walled)
        for visibility in (Visibility.FOLLOWERS, Visibility.DIRECT):
            with pytest.raises(Forbidden, match="own unit only"):
                await commands.publish(ctx, dan, Draft("hello", visibility, wall_of=walled.id))
        due = ctx.clock() + 600_000
        planned = await scheduled.plan(ctx, dan, Draft(f"{bob} hello", Visibility.FOLLOWERS), due=due)
        with pytest.raises(Forbidden, match="own unit only"):
            await scheduled.publish_now(ctx, dan, planned.id)
        assert await commands.publish(ctx, dan, Draft("@ada hello", Visibility.FOLLOWERS))
        assert await commands.publish(ctx, dan, Draft(f"{bob} hello", Visibility.ORGANISATION))


async def test_a_minor_answers_somebody_of_another_unit_for_all_to_read_or_not_at_all(tmp_path):
    async with context(tmp_path) as ctx:
        peer = await Peer.known_to(ctx, "bob")
        dan = await members.add(ctx, username="dan", password=PASSWORD)
        await minors.set_minor(ctx, dan.id, True, by=None)
        note = peer.note("bob", to=[PUBLIC])
        await peer.send("bob", peer.activity("Create", "bob", note, to=note["to"]))
        question = await peer.stored(note["id"])
        with pytest.raises(Forbidden, match="own unit only"):
            await commands.publish(ctx, dan, Draft("hello", Visibility.FOLLOWERS, reply_to_id=question.id))
        assert await commands.publish(ctx, dan, Draft("hello", Visibility.ORGANISATION, reply_to_id=question.id))
