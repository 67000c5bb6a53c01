"""Likes of what stands in groups of ours: every node with a member counts them, and nobody else hears of them."""

import contextlib

import orjson

from federation import organisation as lists
from node.domain.groups import Joining
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.store import nodes
from node.store.sealed import read_body
from outbox import posts as commands
from outbox import reactions
from tests.benchmarks.setting import follows, remote
from tests.inbox.peer import HOST, PAIR
from tests.inbox.test_group_attacks import told
from tests.inbox.test_groups_for_others import house, lemmy, mastodon, sent
from tests.nodes import context

OTHER = "127.0.0.1:8496"


async def liked(house, uri):
    post = await house.post(uri)
    return post.favourites if post else None


async def test_a_like_is_counted_at_every_node_of_the_group_and_so_is_its_end(tmp_path):
    async with told(tmp_path) as town:
        here = await town.turin.account(town.group)
        made = await commands.publish(town.turin.ctx, town.carla, Draft("indigo", Visibility.GROUP, group=here.id))
        await town.town.settle()
        at_graz = await town.graz.post(made.uri)
        await reactions.favourite(town.graz.ctx, town.ben, at_graz.id)
        await reactions.favourite(town.lyon.ctx, town.ada, (await town.lyon.post(made.uri)).id)
        await town.town.settle()
        for house in (town.lyon, town.graz, town.turin):
            assert await liked(house, made.uri) == 2, house.name
        await reactions.unfavourite(town.graz.ctx, town.ben, at_graz.id)
        await town.town.settle()
        for house in (town.lyon, town.graz, town.turin):
            assert await liked(house, made.uri) == 1, house.name


async def test_what_is_for_members_only_is_told_to_no_node_without_one(tmp_path):
    async with told(tmp_path) as town:
        private = await town.town.found(town.lyon, town.ada, "weavers", joining=Joining.OPEN)
        await town.town.join(town.turin, town.carla, private)
        made = await commands.publish(town.lyon.ctx, town.ada, Draft("secret", Visibility.GROUP, group=private.id))
        await town.town.settle()
        await reactions.favourite(town.lyon.ctx, town.ada, made.id)
        await town.town.settle()
        assert await liked(town.turin, made.uri) == 1
        async with town.lyon.ctx.db.read() as tx:
            rows = await tx.all(
                """SELECT d.host FROM deliveries d JOIN activities a ON a.id = d.activity_id
                    WHERE a.type = 'Announce' AND a.object = :uri""",
                uri=made.uri,
            )
        assert {row["host"] for row in rows} <= {town.turin.host}


@contextlib.asynccontextmanager
async def with_post(folder, write):
    """A group of ours with Bob of other software, who wrote in it."""
    async with context(folder) as ctx:
        peer, ada, group = await house(ctx)
        await peer.send("bob", peer.activity("Follow", "bob", group.uri))
        note = write(peer, group)
        await peer.send("bob", peer.activity("Create", "bob", note, to=note["to"], cc=note["cc"]))
        yield ctx, peer, ada, group, await peer.stored(note["id"])


async def test_a_server_of_other_software_hears_of_a_like_through_the_group(tmp_path):
    async with with_post(tmp_path, lemmy) as (ctx, _peer, ada, group, post):
        before = len(await sent(ctx, "Announce"))
        await reactions.favourite(ctx, ada, post.id)
        await reactions.unfavourite(ctx, ada, post.id)
        like, undo = [one["object"] for one in (await sent(ctx, "Announce"))[before:]]
        assert (like["type"], like["actor"], like["object"]) == ("Like", ada.uri, post.uri)
        assert like["audience"] == group.uri
        assert "proof" in like
        assert (undo["type"], undo["object"]["id"]) == ("Undo", like["id"])


async def test_a_like_that_came_in_is_handed_on_as_it_came_but_not_to_where_it_came_from(tmp_path):
    async with with_post(tmp_path, mastodon) as (ctx, peer, _ada, group, post):
        await another_member(ctx, group)
        like = peer.activity("Like", "bob", post.uri, strange={"x": [1, None]})
        before = await sent(ctx, "Announce")
        await peer.send("bob", like)
        await peer.send("bob", like)
        assert await sent(ctx, "Announce") == before
        (handed_on,) = await sent(ctx, "Announce", host=OTHER)
        assert {name: handed_on["object"][name] for name in like} == like
        await peer.send("bob", like | {"id": f"{like['id']}/again"})
        assert len(await sent(ctx, "Announce", host=OTHER)) == 1, "it was counted, and told, already"
        await peer.send("bob", peer.activity("Undo", "bob", like))
        assert [one["object"]["type"] for one in await sent(ctx, "Announce", host=OTHER)] == ["Like", "Undo"]


async def another_member(ctx, group):
    """Let somebody of a third server be in the group."""
    async with ctx.change() as change:
        founded = lists.founded(ctx.settings.url, name="Bench", host=ctx.settings.authority, key="z")
        here = lists.node_member(ctx.settings.url, name="self", host=ctx.settings.authority)
        others = [lists.admitted_member(host, scheme="http") for host in (HOST, OTHER)]
        await nodes.put_organisation(change.tx, founded, [*others, here])
    ctx.policy.changed()
    await follows(ctx, await remote(ctx, OTHER, "carla", PAIR), group)


async def test_a_like_of_what_stands_in_no_group_stays_between_two(tmp_path):
    async with with_post(tmp_path, lemmy) as (ctx, peer, ada, _group, _post):
        before = await sent(ctx, "Announce")
        made = await commands.publish(ctx, ada, Draft("to all", Visibility.ORGANISATION))
        await peer.send("bob", peer.activity("Like", "bob", made.uri))
        await reactions.favourite(ctx, ada, made.id)
        assert await sent(ctx, "Announce") == before
        async with ctx.db.read() as tx:
            likes = await tx.all("SELECT body FROM activities WHERE type = 'Like'")
        assert ["proof" in orjson.loads(read_body(tx, row["body"])) for row in likes] == [False]
