"""Groups of ours for people of other software: they follow, write as their servers do, and get what they understand."""

import orjson
import pytest

from federation import organisation as lists
from moderation import members
from node.domain.groups import Charter, Joining, Readers
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.store import nodes, posts
from node.store.sealed import read_body
from outbox import groups
from outbox import posts as commands
from tests.inbox.peer import HOST, Peer
from tests.nodes import context

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def house(ctx):
    """A node with a group for the organisation, and a server of other software with Bob on it."""
    peer = await Peer.known_to(ctx, "bob")
    async with ctx.change() as change:
        founded = lists.founded(ctx.settings.url, name="Bench", host=ctx.settings.authority, key="z")
        here = lists.node_member(ctx.settings.url, name="self", host=ctx.settings.authority)
        await nodes.put_organisation(change.tx, founded, [lists.admitted_member(HOST, scheme="http"), here])
    ctx.policy.changed()
    ada = await members.add(ctx, username="ada", password="correct horse battery")
    charter = Charter(name="Dyers", joining=Joining.OPEN, readers=Readers.ORGANISATION)
    return peer, ada, await groups.found(ctx, ada, "dyers", charter)


async def sent(ctx, kind, host=HOST):
    """What is on its way to a host, of a type, oldest first."""
    async with ctx.db.read() as tx:
        rows = await tx.all(
            """SELECT a.body FROM deliveries d JOIN activities a ON a.id = d.activity_id
                WHERE d.host = :host AND a.type = :kind ORDER BY a.id""",
            host=host,
            kind=kind,
        )
    return [orjson.loads(read_body(tx, row["body"])) for row in rows]


def mastodon(peer, group):
    """A toot that names the group."""
    tag = [{"type": "Mention", "href": group.uri, "name": "@dyers"}]
    return peer.note("bob", "madder?", to=[PUBLIC], cc=[peer.actors["bob"].followers, group.uri], tag=tag)


def lemmy(peer, group):
    """A post to a community."""
    more = {"type": "Page", "name": "Madder", "to": [group.uri, PUBLIC], "cc": [], "audience": group.uri}
    return peer.note("bob", "which one?", **more)


def friendica(peer, group):
    """A post to a forum."""
    return peer.note("bob", "madder?", to=[PUBLIC, group.uri], cc=[], audience=group.uri)


@pytest.mark.parametrize("write", [mastodon, lemmy, friendica])
async def test_who_follows_a_group_from_elsewhere_writes_in_it_and_hears_of_it(tmp_path, write):
    async with context(tmp_path) as ctx:
        peer, ada, group = await house(ctx)
        await peer.send("bob", peer.activity("Follow", "bob", group.uri))
        assert [one["object"]["object"] for one in await sent(ctx, "Accept")] == [group.uri]
        note = write(peer, group)
        wide = {name: note[name] for name in ("to", "cc", "audience") if name in note}
        create = peer.activity("Create", "bob", note, **wide)
        await peer.send("bob", create)
        stored = await peer.stored(note["id"])
        assert stored.group_id == group.id
        async with ctx.db.read() as tx:
            assert await posts.visible_to(tx, stored.id, viewer_id=ada.id)
            assert await posts.boost_by(tx, author_id=group.id, post_id=stored.id)
        whole, brief = await sent(ctx, "Announce")
        assert whole["object"]["id"] == create["id"]
        assert whole["object"]["object"]["id"] == note["id"]
        assert brief["object"] == note["id"]


async def test_who_is_no_member_is_read_but_not_in_the_group(tmp_path):
    async with context(tmp_path) as ctx:
        peer, _, group = await house(ctx)
        note = mastodon(peer, group)
        await peer.send("bob", peer.activity("Create", "bob", note, to=note["to"], cc=note["cc"]))
        stored = await peer.stored(note["id"])
        assert stored.group_id is None
        assert await sent(ctx, "Announce") == []


async def test_an_answer_is_handed_on_whole_and_no_conversation_of_its_own(tmp_path):
    async with context(tmp_path) as ctx:
        peer, ada, group = await house(ctx)
        await peer.send("bob", peer.activity("Follow", "bob", group.uri))
        made = await commands.publish(ctx, ada, Draft("weld", visibility=Visibility.ORGANISATION, group=group.id))
        reply = mastodon(peer, group) | {"inReplyTo": made.uri}
        await peer.send("bob", peer.activity("Create", "bob", reply, to=reply["to"], cc=reply["cc"]))
        of_reply = [one for one in await sent(ctx, "Announce") if reply["id"] in str(one["object"])]
        assert [type(one["object"]) for one in of_reply] == [dict]


async def test_join_and_leave_are_understood(tmp_path):
    async with context(tmp_path) as ctx:
        peer, _, group = await house(ctx)
        await peer.send("bob", peer.activity("Join", "bob", group.uri))
        async with ctx.db.read() as tx:
            assert len(await tx.all("SELECT 1 FROM follows WHERE target_id = :id", id=group.id)) == 2
        await peer.send("bob", peer.activity("Leave", "bob", group.uri))
        async with ctx.db.read() as tx:
            assert len(await tx.all("SELECT 1 FROM follows WHERE target_id = :id", id=group.id)) == 1


async def test_an_edit_is_handed_on_to_whom_the_post_was(tmp_path):
    async with context(tmp_path) as ctx:
        peer, _, group = await house(ctx)
        await peer.send("bob", peer.activity("Follow", "bob", group.uri))
        note = lemmy(peer, group)
        await peer.send("bob", peer.activity("Create", "bob", note, to=note["to"], audience=group.uri))
        newer = note | {"content": "<p>the red one</p>", "updated": "2030-01-01T00:00:00Z"}
        await peer.send("bob", peer.activity("Update", "bob", newer, to=note["to"], audience=group.uri))
        told = [one["object"]["type"] for one in await sent(ctx, "Announce") if isinstance(one["object"], dict)]
        assert told == ["Create", "Update"]


async def test_the_document_of_a_group_says_what_others_ask_for(tmp_path):
    async with context(tmp_path) as ctx:
        peer, ada, group = await house(ctx)
        document = await peer.get("bob", group.uri)
        assert document["type"] == "Group"
        assert document["manuallyApprovesFollowers"] is False
        assert document["postingRestrictedToMods"] is False
        moderators = await peer.get("bob", document["attributedTo"])
        assert moderators["orderedItems"] == [ada.uri]
        assert (await peer.get("bob", document["followers"]))["type"] == "OrderedCollection"


async def test_from_other_software_no_signature_is_waited_for(tmp_path):
    async with context(tmp_path) as ctx:
        peer, ada, group = await house(ctx)
        await peer.send("bob", peer.activity("Follow", "bob", group.uri))
        post = await commands.publish(ctx, ada, Draft("madder", Visibility.ORGANISATION, group=group.id))
        await commands.delete(ctx, ada, post.id)
        async with ctx.db.read() as tx:
            holders = [(row["host"], row["signs"]) for row in await tx.all("SELECT host, signs FROM erasure_holders")]
            assert await nodes.kindred(tx) == {ctx.settings.authority}
        assert holders == [(HOST, 0)]
