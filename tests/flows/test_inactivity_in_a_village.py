"""An account that nobody uses, as another node sees it: hidden, back at once, and in the end gone."""

from dataclasses import replace

from moderation import inactivity, leavers, members
from node.config import Retention
from node.domain.accounts import Profile
from node.domain.posts import Draft
from node.domain.times import DAY_MS
from node.domain.visibility import Visibility
from outbox import posts as commands
from outbox import profiles, relationships
from tests.village import village

FIGURES = Retention(inactive_days=40, hide_days=10, delete_days=20, leaver_days=5)


async def live(town, house, count):
    for _ in range(count):
        town.clock.now += DAY_MS
        await inactivity.climb(house.ctx)
    await town.settle()


async def setting(town):
    """Ada of Lyon wrote for the organisation, and Cleo of Bern, who follows her, has read it."""
    lyon, bern = town.houses.values()
    lyon.ctx = replace(lyon.ctx, settings=replace(lyon.ctx.settings, retention=FIGURES))
    ada, cleo = await lyon.member("ada"), await bern.member("cleo")
    await profiles.edit(lyon.ctx, ada, Profile(name="Ada Martin", summary="Weaver", position="Weaver"))
    there = await bern.account(ada)
    await relationships.follow(bern.ctx, cleo, there.id)
    await town.settle()
    post = await commands.publish(lyon.ctx, ada, Draft("Looms need oil", Visibility.ORGANISATION))
    await town.settle()
    assert await bern.reads(cleo, post.uri)
    return lyon, bern, ada, cleo, post


async def test_the_other_nodes_copy_is_hidden_comes_back_and_is_gone_in_the_end(tmp_path):
    async with village(tmp_path, "Lyon", "Bern") as town:
        lyon, bern, ada, cleo, post = await setting(town)
        await inactivity.climb(lyon.ctx)
        await live(town, lyon, 69)
        there = await bern.account(ada)
        assert (there.active, there.name, there.summary, there.position) == (False, "ada", "", "")
        assert not await bern.reads(cleo, post.uri)
        assert await bern.post(post.uri) is not None, "hidden, not deleted"

        await members.sign_in(lyon.ctx, username="ada", password="a long enough password", address="192.0.2.1")
        await town.settle()
        there = await bern.account(ada)
        assert (there.active, there.name, there.position) == (True, "Ada Martin", "Weaver")
        assert await bern.reads(cleo, post.uri)

        await live(town, lyon, 70)
        assert (await bern.account(ada)).deleted_at is not None
        assert await bern.post(post.uri) is None
        async with lyon.ctx.db.read() as tx:
            states = {row["state"] for row in await tx.all("SELECT state FROM copies WHERE owner = :uri", uri=ada.uri)}
        assert states == {"confirmed"}, "the ledger has the other node's word for it"


async def test_what_arrives_before_the_word_that_somebody_is_back_is_kept(tmp_path):
    async with village(tmp_path, "Lyon", "Bern") as town:
        lyon, bern, ada, cleo, _ = await setting(town)
        await inactivity.climb(lyon.ctx)
        await live(town, lyon, 55)
        assert not (await bern.account(ada)).active
        token = await members.issue_token(lyon.ctx, ada, name="client")
        viewer = await members.viewer_of_token(lyon.ctx, token)
        new = await commands.publish(lyon.ctx, viewer.account, Draft("I am back", Visibility.ORGANISATION))
        async with lyon.ctx.change() as change:
            await change.tx.run("UPDATE deliveries SET due_at = due_at + 60000 WHERE activity_id < :id", id=new.id)
        await town.settle()
        assert await bern.post(new.uri) is not None
        assert not await bern.reads(cleo, new.uri)
        town.clock.now += 60_000
        await town.settle()
        assert await bern.reads(cleo, new.uri)


async def test_a_leaver_is_hidden_on_other_nodes_and_erased_there(tmp_path):
    async with village(tmp_path, "Lyon", "Bern") as town:
        lyon, bern, ada, cleo, post = await setting(town)
        await lyon.member("ben")
        await leavers.plan(lyon.ctx, ada.id, town.clock.now + DAY_MS, by=None)
        town.clock.now += DAY_MS
        await leavers.end_due(lyon.ctx)
        await town.settle()
        assert not await bern.reads(cleo, post.uri)
        assert not (await bern.account(ada)).active
        town.clock.now += 5 * DAY_MS
        await leavers.erase_due(lyon.ctx)
        await town.settle()
        assert await bern.post(post.uri) is None
        assert (await bern.account(ada)).deleted_at is not None
