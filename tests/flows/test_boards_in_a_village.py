"""Notice boards across nodes in one process: what stands on one looks the same at every node."""

from dataclasses import replace

from node.domain.accounts import Role
from node.domain.boards import Notice
from node.domain.pages import Masthead
from node.domain.posts import Draft
from node.domain.viewer import Viewer
from node.domain.visibility import Visibility
from node.domain.words import query
from node.store import boards, hashtags, posts, search
from node.store.pages import Page
from outbox import posts as writing
from outbox import reactions, unit_pages
from outbox import relationships as follows
from tests.village import village

DAY = 86_400_000


async def on_board(house, page, reader, **more):
    async with house.ctx.db.read() as tx:
        found = await boards.current(tx, page.id, Page(), viewer_id=reader.id, now=house.ctx.clock(), **more)
    return [one.uri for one in found]


async def carried(house, uri):
    async with house.ctx.db.read() as tx:
        post = await posts.by_uri(tx, uri)
        return (await boards.notices(tx, [post.id])).get(post.id), await hashtags.of_posts(tx, [post.id])


async def test_a_board_looks_the_same_at_another_node_and_there_too_notices_end_by_the_clock(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada, ben = await lyon.member("ada", role=Role.ADMIN), await lyon.member("ben")
        carla, admin = await graz.member("carla"), Viewer(ada, Role.ADMIN)
        page = await unit_pages.found(lyon.ctx, admin, "rules", Masthead(name="Rules"), editors=["ben"])
        there = await graz.account(page)
        assert not there.board
        await follows.follow(graz.ctx, carla, there.id)
        await town.settle()
        page = await unit_pages.change(lyon.ctx, Viewer(ben, Role.MEMBER), page.id, Masthead(board=True))
        await town.settle()
        there = await graz.account(page)
        assert there.board

        ends = town.clock.now // 1000 * 1000 + DAY
        wide, notice = Visibility.ORGANISATION, Notice("Internal rules", None, ends)
        lift = await writing.publish(lyon.ctx, page, Draft("The lift stands", wide, notice=notice), by=ben)
        rule = await writing.publish(lyon.ctx, page, Draft("Wear them", wide), by=ben)
        await town.settle()
        assert await on_board(graz, there, carla) == [rule.uri, lift.uri]
        assert await on_board(graz, there, carla, category="Internal rules") == [lift.uri]
        assert (await carried(graz, lift.uri))[0] == notice
        assert "internalrules" in str((await carried(graz, lift.uri))[1])

        await reactions.pin(lyon.ctx, ben, rule.id)
        await town.settle()
        assert await on_board(graz, there, carla, pinned=True) == [rule.uri]
        earlier = replace(notice, category="Building", ends_at=town.clock.now // 1000 * 1000 + 60_000)
        await writing.edit(lyon.ctx, ben, lift.id, Draft("The lift stands still", notice=earlier))
        await town.settle()
        assert (await carried(graz, lift.uri))[0] == earlier
        town.clock.now += 120_000
        assert await on_board(graz, there, carla) == []
        async with graz.ctx.db.read() as tx:
            over = await boards.archive(tx, there.id, Page(), viewer_id=carla.id, now=graz.ctx.clock())
            hits = await search.posts(tx, query("lift"), Page(), viewer_id=carla.id, author_id=there.id)
        assert [one.uri for one in over] == [one.uri for one in hits] == [lift.uri]

        await writing.edit(lyon.ctx, ben, lift.id, Draft("It runs again", notice=Notice()))
        await town.settle()
        assert await carried(graz, lift.uri) == (None, {})
        await writing.delete(lyon.ctx, ben, lift.id)
        await town.settle()
        assert await graz.post(lift.uri) is None
