"""Pages of a unit across nodes in one process: followed, read, corrected and erased everywhere, written by nobody."""

from moderation import members
from node.domain.accounts import Role
from node.domain.pages import Masthead
from node.domain.posts import Draft
from node.domain.viewer import Viewer
from node.domain.visibility import Visibility
from node.store import pages_of_unit, people, relationships, timelines
from node.store.pages import Page
from node.store.sealed import read_body
from outbox import posts, unit_pages
from outbox import relationships as follows
from tests.village import House, Village, village


async def founded(town: Village, at: House, by, *editors, name="canteen"):
    admin = Viewer(by, Role.ADMIN)
    names = [one.username for one in editors]
    page = await unit_pages.found(at.ctx, admin, name, Masthead(name="Canteen", summary="Soup"), editors=names)
    await town.settle()
    return page


async def home(at: House, member):
    async with at.ctx.db.read() as tx:
        return [one.uri for one in await timelines.home(tx, member.id, Page(limit=9))]


async def test_a_page_is_found_and_followed_elsewhere_and_what_it_writes_arrives(tmp_path):
    async with village(tmp_path, "lyon", "graz", "turin") as town:
        lyon, graz, turin = town.houses.values()
        ada, ben = await lyon.member("ada", role=Role.ADMIN), await lyon.member("ben")
        carla, dan = await graz.member("carla"), await turin.member("dan")
        page = await founded(town, lyon, ada, ben)
        there = await graz.account(page)
        assert (there.kind, there.name, there.page, there.shown) == ("Organization", "Canteen", True, True)
        await follows.follow(graz.ctx, carla, there.id)
        await town.settle()
        async with graz.ctx.db.read() as tx:
            follow = await relationships.between(tx, follower_id=carla.id, target_id=there.id)
            assert follow is not None
            assert follow.accepted
            assert [one.id for one in await people.search(tx, "canteen", viewer_id=carla.id, limit=9)] == [there.id]

        closer = await posts.publish(lyon.ctx, page, Draft("For followers", Visibility.FOLLOWERS), by=ben)
        wide = await posts.publish(lyon.ctx, page, Draft("For all", Visibility.ORGANISATION), by=ben)
        inside = await posts.publish(lyon.ctx, page, Draft("For us", Visibility.UNIT), by=ben)
        await town.settle()
        assert await home(graz, carla) == [wide.uri, closer.uri]
        assert [await turin.reads(dan, one.uri) for one in (closer, wide, inside)] == [False, True, False]
        assert await lyon.reads(ada, inside.uri)

        await posts.edit(lyon.ctx, ben, wide.id, Draft("Soup for all"))
        await town.settle()
        assert "Soup for all" in (await turin.post(wide.uri)).content
        async with lyon.ctx.db.read() as tx:
            sent = await tx.all("SELECT body FROM activities WHERE actor_id = :page", page=page.id)
        assert len(sent) > 3
        assert not [row for row in sent if b"users/ben" in read_body(tx, row["body"])]


async def test_a_page_that_is_given_up_is_gone_everywhere(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada, ben, carla = (
            await lyon.member("ada", role=Role.ADMIN),
            await lyon.member("ben"),
            await graz.member("carla"),
        )
        page = await founded(town, lyon, ada, ben)
        there = await graz.account(page)
        await follows.follow(graz.ctx, carla, there.id)
        await town.settle()
        wide = await posts.publish(lyon.ctx, page, Draft("For all", Visibility.ORGANISATION), by=ben)
        await town.settle()
        assert await graz.reads(carla, wide.uri)
        await unit_pages.give_up(lyon.ctx, Viewer(ben, Role.MEMBER), page.id)
        await town.settle()
        assert await graz.post(wide.uri) is None
        assert not (await graz.account(page)).active


async def test_the_organisation_itself_is_no_page(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        carla = await graz.member("carla")
        itself = await graz.account(f"{lyon.ctx.settings.url}/organization")
        assert (itself.kind, itself.page, itself.shown) == ("Organization", False, False)
        async with graz.ctx.db.read() as tx:
            assert await people.search(tx, "organization", viewer_id=carla.id, limit=9) == []
        asked = f"/.well-known/webfinger?resource={lyon.ctx.settings.url}/users/organization"
        answer = await lyon.client.get(asked, headers={"Host": lyon.host})
        assert answer.status_code == 404


async def test_new_members_follow_only_the_pages_of_their_own_unit(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada, ben = await lyon.member("ada", role=Role.ADMIN), await lyon.member("ben")
        page = await founded(town, lyon, ada, ben)
        await unit_pages.spread(lyon.ctx, Viewer(ada, Role.ADMIN), page.id)
        await graz.account(page)
        eve = await members.add(graz.ctx, username="eve", password="a long enough password")
        fred = await lyon.member("fred")
        async with lyon.ctx.db.read() as tx:
            assert [one.id for one in await pages_of_unit.followed_by_all(tx)] == [page.id]
            assert await relationships.between(tx, follower_id=fred.id, target_id=page.id)
        async with graz.ctx.db.read() as tx:
            assert await tx.all("SELECT 1 AS found FROM follows WHERE follower_id = :id", id=eve.id) == []
