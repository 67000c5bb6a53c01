"""Pages of the unit: who founds, edits and closes them, who writes in their name, and who follows them."""

from dataclasses import replace

import pytest

from moderation import members
from node.domain.accounts import Role
from node.domain.media import Media
from node.domain.pages import Masthead
from node.domain.posts import Draft
from node.domain.viewer import Viewer
from node.domain.visibility import Visibility
from node.errors import Conflict, Forbidden, Invalid, NotFound
from node.store import accounts, media, pages_of_unit, posts, relationships, timelines
from node.store.pages import Page
from outbox import posts as writing
from outbox import profiles, unit_pages
from outbox import relationships as follows
from tests.nodes import context


class Unit:
    """A unit with ada, its administrator, and members; `page` is edited by ben."""

    def __init__(self, ctx):
        self.ctx = ctx
        self.people = {}

    async def member(self, name, role=Role.MEMBER):
        self.people[name] = await members.add(self.ctx, username=name, password="correct horse battery", role=role)
        return self.people[name]

    def viewer(self, name):
        return Viewer(self.people[name], Role.ADMIN if name == "ada" else Role.MEMBER)

    async def found(self, *editors, name="canteen", **more):
        masthead = Masthead(name="Canteen", **{key: more.pop(key) for key in ("closed", "board") if key in more})
        return await unit_pages.found(self.ctx, self.viewer("ada"), name, masthead, editors=editors or ["ben"], **more)

    async def editors(self, page):
        async with self.ctx.db.read() as tx:
            return {one.username for one in await pages_of_unit.editors(tx, page.id)}

    async def followers(self, page):
        found = set()
        async with self.ctx.db.read() as tx:
            for name, account in self.people.items():
                if await relationships.between(tx, follower_id=account.id, target_id=page.id):
                    found.add(name)
        return found

    async def write(self, page, by, text="Soup today", visibility=Visibility.UNIT, **more):
        return await writing.publish(self.ctx, page, Draft(text, visibility, **more), by=self.people[by])


async def unit(ctx):
    made = Unit(ctx)
    await made.member("ada", Role.ADMIN)
    for name in ("ben", "carla", "dan"):
        await made.member(name)
    return made


async def test_an_editor_writes_in_the_name_of_a_page_and_only_editors_learn_who_it_was(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        here = await unit(ctx)
        page = await here.found("ben", "carla")
        post = await here.write(page, "ben")
        assert (post.author_id, post.local) == (page.id, True)
        async with ctx.db.read() as tx:
            for name, told in (("carla", {post.id: here.people["ben"].id}), ("dan", {}), ("ada", {})):
                assert await pages_of_unit.bylines(tx, [post.id], viewer_id=here.people[name].id) == told, name
            assert [one.id for one in await timelines.home(tx, here.people["carla"].id, Page(limit=9))] == [post.id]
        with pytest.raises(Forbidden):
            await here.write(page, "dan")
        with pytest.raises(Forbidden):
            await here.write(page, "ada")
        await profiles.delete(ctx, here.people["ben"])
        async with ctx.db.read() as tx:
            assert await posts.by_id(tx, post.id)
            assert await pages_of_unit.bylines(tx, [post.id], viewer_id=here.people["carla"].id) == {post.id: None}


async def test_every_editor_changes_and_deletes_what_another_wrote_and_nobody_else_does(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        here = await unit(ctx)
        page = await here.found("ben", "carla")
        file = Media(ctx.ids.new(ctx.clock()), None, 0, "document", "application/pdf", "", "Menu", None, None, "", None)
        async with ctx.change() as change:
            await media.put(change.tx, [replace(file, account_id=here.people["ben"].id)])
        post = await here.write(page, "ben", media_ids=(file.id,))
        for name in ("ada", "dan"):
            with pytest.raises(NotFound):
                await writing.edit(ctx, here.people[name], post.id, Draft("Mine"))
            with pytest.raises(NotFound):
                await writing.delete(ctx, here.people[name], post.id)
        kept = await writing.draft_of(ctx, post)
        edited = await writing.edit(ctx, here.people["carla"], post.id, kept)
        assert (edited.author_id, kept.media_ids) == (page.id, (file.id,))
        await unit_pages.dismiss(ctx, here.viewer("carla"), page.id, here.people["ben"].id)
        with pytest.raises(NotFound):
            await writing.delete(ctx, here.people["ben"], post.id)
        await writing.delete(ctx, here.people["carla"], post.id)
        async with ctx.db.read() as tx:
            assert await posts.by_id(tx, post.id) is None


async def test_a_page_speaks_to_its_unit_the_organisation_or_its_followers(tmp_path):
    async with context(tmp_path) as ctx:
        here = await unit(ctx)
        page = await here.found()
        for visibility in (Visibility.UNIT, Visibility.ORGANISATION, Visibility.FOLLOWERS):
            assert (await here.write(page, "ben", visibility=visibility)).visibility is visibility
        with pytest.raises(Invalid):
            await here.write(page, "ben", "@dan secret", Visibility.DIRECT)
        with pytest.raises(Invalid):
            await here.write(page, "ben", wall_of=here.people["dan"].id)
        with pytest.raises(Forbidden):
            await writing.preview(ctx, page, Draft("Soup"), by=here.people["dan"])


async def test_only_administrators_found_pages_and_each_has_an_editor_and_a_name_of_its_own(tmp_path):
    async with context(tmp_path) as ctx:
        here = await unit(ctx)
        ben, ada, named = here.viewer("ben"), here.viewer("ada"), Masthead(name="Canteen")
        for by, username, masthead, editors, refused in (
            (ben, "canteen", named, ["ben"], Forbidden),
            (ada, "canteen", named, [], Invalid),
            (ada, "canteen", named, ["nobody"], NotFound),
            (ada, "canteen", Masthead(name=" "), ["ben"], Invalid),
            (ada, "carla", named, ["ben"], Conflict),
            (ada, "organization", named, ["ben"], Invalid),
        ):
            with pytest.raises(refused):
                await unit_pages.found(ctx, by, username, masthead, editors=editors)
        async with ctx.db.read() as tx:
            assert await accounts.by_handle(tx, "canteen", "") is None
        page = await here.found()
        assert (page.kind, page.page, page.shown, page.discoverable) == ("Organization", True, True, True)
        assert await here.followers(page) == {"ben"}


async def test_editors_and_administrators_name_editors_and_others_do_not(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        here = await unit(ctx)
        page = await here.found()
        await unit_pages.appoint(ctx, here.viewer("ben"), page.id, "carla")
        await unit_pages.appoint(ctx, here.viewer("ada"), page.id, "@dan")
        assert await here.editors(page) == {"ben", "carla", "dan"}
        await unit_pages.dismiss(ctx, here.viewer("ada"), page.id, here.people["dan"].id)
        with pytest.raises(Forbidden):
            await unit_pages.appoint(ctx, here.viewer("dan"), page.id, "dan")
        with pytest.raises(Forbidden):
            await unit_pages.dismiss(ctx, here.viewer("dan"), page.id, here.people["ben"].id)
        with pytest.raises(NotFound):
            await unit_pages.dismiss(ctx, here.viewer("ben"), page.id, here.people["dan"].id)
        with pytest.raises(NotFound):
            await unit_pages.appoint(ctx, here.viewer("ben"), page.id, page.username)
        assert await here.editors(page) == {"ben", "carla"}


async def test_a_closed_page_is_out_of_the_administrators_hands_until_nobody_is_left(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        here = await unit(ctx)
        page = await here.found("ben", "carla", closed=True)
        ada, ben = here.viewer("ada"), here.viewer("ben")
        for refused in (
            unit_pages.appoint(ctx, ada, page.id, "ada"),
            unit_pages.dismiss(ctx, ada, page.id, ben.account.id),
            unit_pages.change(ctx, ada, page.id, Masthead(closed=False)),
            unit_pages.give_up(ctx, ada, page.id),
        ):
            with pytest.raises(Forbidden):
                await refused
        await unit_pages.dismiss(ctx, ben, page.id, here.people["carla"].id)
        with pytest.raises(Forbidden):
            await unit_pages.dismiss(ctx, ben, page.id, ben.account.id)
        await profiles.delete(ctx, ben.account)
        await unit_pages.appoint(ctx, ada, page.id, "dan")
        assert await here.editors(page) == {"dan"}
        with pytest.raises(Forbidden):
            await unit_pages.appoint(ctx, ada, page.id, "carla")
        await unit_pages.change(ctx, here.viewer("dan"), page.id, Masthead(closed=False))
        await unit_pages.appoint(ctx, ada, page.id, "carla")


async def test_what_all_follow_is_followed_by_who_is_here_and_who_comes_until_they_stop(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        here = await unit(ctx)
        page = await here.found(followed_by_all=True)
        assert await here.followers(page) == {"ada", "ben", "carla", "dan"}
        await follows.unfollow(ctx, here.people["dan"], page.id)
        post = await here.write(page, "ben")
        eve = await here.member("eve")
        assert await here.followers(page) == {"ada", "ben", "carla", "eve"}
        async with ctx.db.read() as tx:
            for name, sees in (("ada", [post.id]), ("dan", []), ("eve", [post.id])):
                home = await timelines.home(tx, here.people[name].id, Page(limit=9))
                assert [one.id for one in home] == sees, name
        assert eve.local
        with pytest.raises(Forbidden):
            await unit_pages.spread(ctx, here.viewer("ben"), page.id, to_all=False)
        await unit_pages.spread(ctx, here.viewer("ada"), page.id, to_all=False)
        await here.member("fred")
        assert await here.followers(page) == {"ada", "ben", "carla", "eve"}
        await unit_pages.spread(ctx, here.viewer("ada"), page.id)
        assert await here.followers(page) == {"ada", "ben", "carla", "dan", "eve", "fred"}


async def test_a_page_that_is_given_up_leaves_nothing_and_its_name_stays_taken(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        here = await unit(ctx)
        page = await here.found()
        post = await here.write(page, "ben")
        with pytest.raises(Forbidden):
            await unit_pages.give_up(ctx, here.viewer("dan"), page.id)
        await unit_pages.give_up(ctx, here.viewer("ben"), page.id)
        async with ctx.db.read() as tx:
            assert await posts.by_id(tx, post.id) is None
            assert await pages_of_unit.every(tx, viewer_id=here.people["ben"].id) == []
            for table in ("unit_pages", "unit_page_editors", "post_editors"):
                assert await tx.all(f"SELECT 1 AS found FROM {table}") == [], table
        with pytest.raises(Conflict):
            await here.found()
