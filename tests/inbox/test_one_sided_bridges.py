"""A group that is shared with a partner whose server has other software: what it gets, what not, and how it is told."""

import contextlib

import pytest

from federation import organisation as lists
from moderation import members
from node.domain.bridges import Part, State, Terms
from node.domain.groups import Charter, Joining
from node.domain.posts import Draft
from node.domain.times import DAY_MS
from node.domain.visibility import Visibility
from node.errors import Invalid
from node.store import accounts, copies, nodes
from node.store import bridges as rows
from outbox import bridges, groups, posts
from tests.inbox.peer import HOST, Peer
from tests.inbox.test_groups_for_others import PUBLIC, sent
from tests.nodes import context


class Story:
    """Ada's group for members, shared with a server of other software where Bob is."""

    async def __call__(self, ctx, **terms):
        self.ctx = ctx
        self.peer = await Peer.known_to(ctx, "bob")
        async with ctx.change() as change:
            founded = lists.founded(ctx.settings.url, name="Bench", host=ctx.settings.authority, key="z")
            here = lists.node_member(ctx.settings.url, name="self", host=ctx.settings.authority)
            await nodes.put_organisation(change.tx, founded, [here])
        ctx.policy.changed()
        self.ada = await members.add(ctx, username="ada", password="correct horse battery")
        self.group = await groups.found(ctx, self.ada, "dyers", Charter(name="Dyers", joining=Joining.OPEN))
        now = ctx.clock()
        given = {"files": True, "starts_at": now, "ends_at": now + 30 * DAY_MS, "one_sided": True} | terms
        made = await bridges.draft(ctx, self.ada, self.group.id, Terms("", HOST, "Madder", "Ada", "Bob", **given))
        self.bridge = made.id
        return self

    async def open(self):
        await bridges.offer(self.ctx, self.ada, self.bridge, consent="Ruth Okafor, by letter of 3 November")
        return self

    async def state(self):
        async with self.ctx.db.read() as tx:
            return (await rows.by_id(tx, self.bridge)).state

    async def join(self):
        await self.peer.send("bob", self.peer.activity("Follow", "bob", self.group.uri))

    async def write(self, text="madder", **more):
        return await posts.publish(self.ctx, self.ada, Draft(text, **({"group": self.group.id} | more)))


@contextlib.asynccontextmanager
async def shared(folder, **more):
    async with context(folder, **more) as ctx:
        story = await (await Story()(ctx)).open()
        await story.join()
        yield story


async def test_it_opens_with_the_partners_consent_written_down(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        story = await Story()(ctx)
        await story.join()
        assert await sent(ctx, "Accept") == [], "before it opens nobody there is heard"
        with pytest.raises(Invalid):
            await bridges.offer(ctx, story.ada, story.bridge, consent=" ")
        assert await story.state() is State.DRAFTED
        await story.open()
        assert await story.state() is State.ACTIVE
        async with ctx.db.read() as tx:
            said = (await rows.approvals(tx, [story.bridge]))[story.bridge][Part.CONSENT]
        assert (said.name, said.account_id) == ("Ruth Okafor, by letter of 3 November", story.ada.id)


async def test_its_people_join_read_and_write_in_the_group_alone(tmp_path, database):
    async with shared(tmp_path, database=database) as story:
        ctx, peer = story.ctx, story.peer
        assert [one["object"]["object"] for one in await sent(ctx, "Accept")] == [story.group.uri]
        inside = await story.write()
        outside = await story.write("for us", visibility=Visibility.ORGANISATION, group=None)
        whole, brief = await sent(ctx, "Announce")
        assert whole["object"]["object"]["id"] == brief["object"] == inside.uri
        assert (await peer.get("bob", inside.uri))["content"] == "<p>madder</p>"
        with pytest.raises(AssertionError, match="404"):
            await peer.get("bob", outside.uri)
        tag = [{"type": "Mention", "href": story.group.uri, "name": "@dyers"}]
        for to, cc in (([PUBLIC], [story.group.uri]), ([story.ada.uri], [story.group.uri])):
            note = peer.note("bob", "which one?", to=to, cc=cc, tag=tag)
            await peer.send("bob", peer.activity("Create", "bob", note, to=to, cc=cc))
            stored = await peer.stored(note["id"])
            assert (stored.group_id, stored.visibility) == (story.group.id, Visibility.GROUP)
        elsewhere = peer.note("bob", "psst", to=[story.ada.uri])
        assert await peer.send("bob", peer.activity("Create", "bob", elsewhere)) == 403
        assert await peer.stored(elsewhere["id"]) is None


async def test_at_the_end_every_copy_is_taken_back_and_nobody_there_is_a_member(tmp_path, database):
    async with shared(tmp_path, database=database) as story:
        ctx, peer = story.ctx, story.peer
        post = await story.write()
        theirs = peer.note("bob", "mine", to=[PUBLIC], cc=[story.group.uri])
        await peer.send("bob", peer.activity("Create", "bob", theirs, to=[PUBLIC], cc=[story.group.uri]))
        await bridges.end(ctx, story.ada, story.bridge)
        assert await story.state() is State.ENDING
        (gone,) = await sent(ctx, "Delete")
        assert (gone["actor"], gone["object"]["id"]) == (story.ada.uri, post.uri)
        (parted,) = await sent(ctx, "Reject")
        assert (parted["object"]["type"], parted["object"]["actor"]) == ("Follow", peer.actors["bob"].uri)
        async with ctx.db.read() as tx:
            assert [one.state for one in await copies.holders(tx, post.uri) if one.host == HOST] == ["ordered"]
            assert await accounts.by_uri(tx, peer.actors["bob"].uri) is None
        assert await peer.stored(theirs["id"]) is None
        async with ctx.db.read() as tx:
            assert (await posts.posts.by_uri(tx, post.uri)).source == "madder", "our own people keep it"


async def test_what_people_delete_meanwhile_waits_for_no_signature_of_the_partner(tmp_path):
    async with shared(tmp_path) as story:
        post = await story.write()
        await posts.delete(story.ctx, story.ada, post.id)
        async with story.ctx.db.read() as tx:
            signs = [row["signs"] for row in await tx.all("SELECT signs FROM erasure_holders")]
        assert signs == [0]


async def test_under_pseudonyms_the_partners_people_still_write(tmp_path):
    async with context(tmp_path) as ctx:
        story = await (await Story()(ctx, pseudonyms=True)).open()
        await story.join()
        await story.write("by name")
        assert await sent(ctx, "Announce") == []
        note = story.peer.note("bob", "which one?", to=[PUBLIC], cc=[story.group.uri])
        await story.peer.send("bob", story.peer.activity("Create", "bob", note, to=[PUBLIC], cc=[story.group.uri]))
        assert (await story.peer.stored(note["id"])).group_id == story.group.id
