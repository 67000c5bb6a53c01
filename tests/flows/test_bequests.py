"""What a leaver lets stay becomes the unit's, without their name, and everything else is erased, on every node (C8)."""

from dataclasses import replace

import pytest

from moderation import leavers
from node.domain.accounts import Role
from node.domain.bequests import names
from node.domain.groups import Joining, Readers
from node.domain.polls import DraftPoll
from node.domain.posts import Draft
from node.domain.times import DAY_MS
from node.domain.visibility import Visibility
from node.errors import Conflict, Forbidden, NotFound
from node.store import bequests, copies, departures, media
from node.store import posts as post_rows
from node.store.sealed import read
from outbox import bequests as commands
from outbox import media as files
from outbox import posts, profiles, reactions, relationships
from tests.flows.test_unit_pages_in_a_village import founded
from tests.opened import all_opened
from tests.pages.scene import drawn
from tests.village import village


def on(house, database):
    return lambda name: database if name == house else ""


async def staged(town, folder):
    """Lyon, where Ada administers and Ben will leave, with a page and a group that Gert of Graz has joined."""
    lyon, graz = list(town.houses.values())[:2]
    ada, ben = await lyon.member("ada", role=Role.ADMIN), await lyon.member("ben")
    gert = await graz.member("gert")
    page = await founded(town, lyon, ada, ada, name="knowledge")
    group = await town.found(lyon, ada, joining=Joining.OPEN)
    there = await town.join(graz, gert, group)
    await town.join(lyon, ben, group)
    await relationships.follow(graz.ctx, gert, (await graz.account(ben)).id)
    await relationships.follow(graz.ctx, gert, (await graz.account(page)).id, notify=True)
    await town.settle()
    return lyon, graz, ada, ben, gert, page, group, there


async def leaves(town, house, who, *, by, page, named=(), groups=(), kept=()):
    """Let somebody leave, and let the time pass until all of theirs is erased."""
    await leavers.plan(house.ctx, who.id, town.clock.now + DAY_MS, by=by)
    await leavers.name_heir(house.ctx, who.id, page.id if page else None, named, by=by)
    if groups or kept:
        await leavers.let_stay(house.ctx, who, places=groups, shown=kept, kept=kept)
    town.clock.now += DAY_MS
    await leavers.end_due(house.ctx)
    await town.settle()
    town.clock.now += house.ctx.settings.retention.leaver_days * DAY_MS + 1
    await leavers.erase_due(house.ctx)
    await town.settle()


async def by(house, account):
    """Return the posts that an account wrote, as a node has them."""
    known = await house.account(account.uri)
    async with house.ctx.db.read() as tx:
        return [one for one in await post_rows.of_author(tx, known.id) if one.boost_of is None]


async def rows_of(house, table):
    async with house.ctx.db.read() as tx:
        return [str(all_opened(tx, row)) for row in await tx.all(f"SELECT * FROM {table}")]


@pytest.mark.parametrize("where", ["lyon", "graz"])
async def test_what_stays_is_the_units_and_the_rest_is_gone_on_every_node(tmp_path, database, where):
    async with village(tmp_path, "lyon", "graz", database=on(where, database)) as town:
        lyon, graz, ada, ben, gert, page, group, _there = await staged(town, tmp_path)
        picture = tmp_path / "loom.png"
        picture.write_bytes(drawn("#27408b", "#b03a2e"))
        upload = await files.upload(lyon.ctx, ben, picture, said=files.Said(description="The loom"))

        async def write(text, audience=Visibility.UNIT, **more):
            town.clock.now += 60_000
            return await posts.publish(lyon.ctx, ben, Draft(text, audience, **more))

        wide = await write("How to set up the loom #looms", Visibility.ORGANISATION, media_ids=(upload.id,))
        unit = await write("How we order yarn")
        gone = await write("A nice weekend", Visibility.ORGANISATION)
        narrow = await write("For those who follow me", Visibility.FOLLOWERS)
        inside = await write("The recipe", group=group.id)
        named = await write("Yours, Ben", group=group.id)
        poll = await write("Which?", group=group.id, poll=DraftPoll(("Silk", "Wool"), 3_600))
        await town.settle()
        answer = await posts.publish(lyon.ctx, ada, Draft("Thanks", group=group.id, reply_to_id=inside.id))
        own = await write("And salt", reply_to_id=inside.id)
        await reactions.bookmark(lyon.ctx, ada, unit.id)
        await town.settle()
        assert await graz.reads(gert, inside.uri)
        async with graz.ctx.db.read() as tx:
            before = await tx.all("SELECT id FROM notifications")

        single = (wide.id, unit.id, narrow.id)
        await leaves(town, lyon, ben, by=ada, page=page, groups=(group.id,), kept=single)

        kept = {one.source: one for one in await by(lyon, page)}
        assert set(kept) == {"How to set up the loom #looms", "How we order yarn", "The recipe", "And salt"}
        for old in (wide, unit, inside, own):
            new = kept[old.source]
            assert (new.published_at, new.visibility, new.content) == (old.published_at, old.visibility, old.content)
            assert (new.favourites, new.edited_at, new.author_id) == (0, None, page.id)
        recipe = kept["The recipe"]
        assert (recipe.group_id, recipe.replies, recipe.thread_id) == (group.id, 2, recipe.id)
        assert kept["And salt"].reply_to_id == recipe.id
        said = await lyon.post(answer.uri)
        assert (said.reply_to_id, said.reply_to_uri, said.thread_id) == (recipe.id, recipe.uri, recipe.id)
        for old in (wide, unit, gone, narrow, inside, named, poll, own):
            assert await lyon.post(old.uri) is None
            assert await graz.post(old.uri) is None, old.source

        there_by_page = {one.content for one in await by(graz, page)}
        assert there_by_page == {kept[text].content for text in kept if text != "How we order yarn"}
        assert await graz.reads(gert, recipe.uri)
        assert await graz.reads(gert, kept["How to set up the loom #looms"].uri)
        async with graz.ctx.db.read() as tx:
            assert len(await tx.all("SELECT id FROM notifications")) <= len(before), "nobody is told"
        async with lyon.ctx.db.read() as tx:
            (file,) = (await media.of_posts(tx, [kept["How to set up the loom #looms"].id])).popitem()[1]
            assert (file.description, file.account_id) == ("The loom", page.id)
            assert await tx.one("SELECT 1 AS found FROM bookmarks WHERE post_id = :id", id=kept["How we order yarn"].id)
            assert not await tx.all("SELECT id FROM erasures WHERE done_at IS NULL"), "all have signed"
            assert {one.host for one in await copies.holders(tx, recipe.uri)} == {graz.host}
        await posts.edit(lyon.ctx, ada, recipe.id, Draft("The new recipe"))
        await town.settle()
        assert "The new recipe" in (await graz.post(recipe.uri)).content, "its editors look after it"
        await posts.delete(lyon.ctx, ada, kept["And salt"].id)
        await town.settle()
        assert await graz.post(kept["And salt"].uri) is None
        for house in (lyon, graz):
            for one in await by(house, page):
                assert not [part for part in (one.uri, one.url, one.content, one.source) if "ben" in part.casefold()]
            for table in ("posts", "post_versions", "media"):
                assert not [text for text in await rows_of(house, table) if "/ben" in text and "recipe" in text]


async def test_an_administrator_names_groups_only_and_only_those_they_read(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, _graz, ada, ben, _gert, page, group, _there = await staged(town, tmp_path)
        carl = await lyon.member("carl")
        closed = await town.found(lyon, carl, "council", joining=Joining.OPEN, listed=True)
        shown = await town.found(lyon, carl, "tips", joining=Joining.OPEN, listed=True, readers=Readers.ORGANISATION)
        for one in (closed, shown):
            await town.join(lyon, ben, one)
            await posts.publish(lyon.ctx, ben, Draft("Said in it", group=one.id))
        await posts.publish(lyon.ctx, ben, Draft("In the first", group=group.id))
        single = await posts.publish(lyon.ctx, ben, Draft("Outside"))
        await leavers.plan(lyon.ctx, ben.id, town.clock.now + DAY_MS, by=ada)
        async with lyon.ctx.db.read() as tx:
            found = await leavers.nameable(tx, ben.id, by=ada, now=town.clock.now)
        assert {one.id for one, _ in found} == {group.id, shown.id}, "not one that she is not in"
        await leavers.name_heir(lyon.ctx, ben.id, page.id, [group.id, closed.id, single.id], by=ada)
        async with lyon.ctx.db.read() as tx:
            chosen = await bequests.of(tx, ben.id)
            texts = [read(tx, row["said"], 3)[1] for row in await tx.all("SELECT said FROM posts")]
            told = [text for text in texts if text.startswith("@ben ")]
        assert (chosen.by_unit, chosen.groups, chosen.posts) == ({group.id}, frozenset(), frozenset())
        assert ["/settings/leaving" in text for text in told] == [True], "they are told"
        await leavers.let_stay(lyon.ctx, ben, places=[], shown=[], kept=[])
        async with lyon.ctx.db.read() as tx:
            assert (await bequests.of(tx, ben.id)).by_unit == {group.id}, "that is not the leaver's to take back"
        await leavers.keep(lyon.ctx, ben.id, by=ada)
        async with lyon.ctx.db.read() as tx:
            assert (await bequests.of(tx, ben.id)).by_unit == frozenset(), "forgotten with the departure"


async def test_without_a_page_or_without_a_choice_nothing_stays(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, _graz, ada, ben, _gert, page, _group, _there = await staged(town, tmp_path)
        await posts.publish(lyon.ctx, ben, Draft("Useful"))
        with pytest.raises(NotFound):
            await leavers.let_stay(lyon.ctx, ben, places=[], shown=[], kept=[])
        await leavers.plan(lyon.ctx, ben.id, town.clock.now + DAY_MS, by=ada)
        with pytest.raises(NotFound):
            await leavers.let_stay(lyon.ctx, ben, places=[], shown=[], kept=[])
        with pytest.raises(NotFound):
            await leavers.name_heir(lyon.ctx, ben.id, ben.id, [], by=ada)
        await leaves(town, lyon, ben, by=ada, page=page)
        assert await by(lyon, page) == []


@pytest.mark.parametrize("why", ["the page was given up", "all shall be erased", "others' posts"])
async def test_what_cannot_stay_is_erased(tmp_path, why):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, _graz, ada, ben, _gert, page, _group, _there = await staged(town, tmp_path)
        post = await posts.publish(lyon.ctx, ben, Draft("Useful"))
        hers = await posts.publish(lyon.ctx, ada, Draft("Hers"))
        await leavers.plan(lyon.ctx, ben.id, town.clock.now + DAY_MS, by=ada)
        await leavers.name_heir(lyon.ctx, ben.id, page.id, [], by=ada)
        kept = [hers.id] if why == "others' posts" else [post.id]
        await leavers.let_stay(lyon.ctx, ben, places=[], shown=kept, kept=kept)
        town.clock.now += DAY_MS
        await leavers.end_due(lyon.ctx)
        with pytest.raises(Conflict):
            await leavers.let_stay(lyon.ctx, ben, places=[], shown=[], kept=[])
        if why == "the page was given up":
            async with lyon.ctx.change() as change:
                await profiles.erase(change, page)
        if why == "all shall be erased":
            async with lyon.ctx.change() as change:
                await departures.ask(change.tx, ben.id, now=change.now)
        town.clock.now += lyon.ctx.settings.retention.leaver_days * DAY_MS + 1
        await leavers.erase_due(lyon.ctx)
        await town.settle()
        assert await lyon.post(post.uri) is None
        assert (await lyon.post(hers.uri)).author_id == ada.id
        assert await by(lyon, page) == []


async def test_who_is_killed_in_between_loses_nothing_and_doubles_nothing(tmp_path, monkeypatch, database):
    async with village(tmp_path, "lyon", "graz", database=on("lyon", database)) as town:
        lyon, graz, ada, ben, _gert, page, group, _there = await staged(town, tmp_path)
        for text in ("One", "Two", "Three", "Four"):
            town.clock.now += 1_000
            await posts.publish(lyon.ctx, ben, Draft(text, group=group.id))
        await town.settle()
        monkeypatch.setattr(leavers, "_AT_ONCE", 1)
        real, calls = commands.hand_over, []

        async def dies(change, post_id, **who):
            calls.append(post_id)
            done = await real(change, post_id, **who)
            if len(calls) == 3:
                raise RuntimeError("killed")
            return done

        monkeypatch.setattr(commands, "hand_over", dies)
        with pytest.raises(RuntimeError):
            await leaves(town, lyon, ben, by=ada, page=page, named=(group.id,))
        assert [one.source for one in await by(lyon, page)] == ["One", "Two"]
        await leavers.erase_due(lyon.ctx)
        await town.settle()
        assert [one.source for one in await by(lyon, page)] == ["One", "Two", "Three", "Four"]
        assert len(await by(graz, page)) == 4


async def test_a_page_closed_to_administrators_inherits_nothing_from_them(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, _graz, ada, ben, _gert, page, _group, _there = await staged(town, tmp_path)
        async with lyon.ctx.change() as change:
            await change.tx.run("UPDATE unit_pages SET closed = 1 WHERE account_id = :id", id=page.id)
        await leavers.plan(lyon.ctx, ben.id, town.clock.now + DAY_MS, by=ada)
        with pytest.raises(Forbidden):
            await leavers.name_heir(lyon.ctx, ben.id, page.id, [], by=ada)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("How to dye", False),
        ("We gave it a try", False),
        ("Yours, Ben", True),
        ("ask @ben", True),
        ("HUBER knows", True),
        ("The benchmark", False),
        ("[me](http://127.0.0.1:8601/@ben)", True),
    ],
)
async def test_a_name_is_found_as_a_word(tmp_path, text, found):
    async with village(tmp_path, "lyon") as town:
        (lyon,) = town.houses.values()
        ben = replace(await lyon.member("ben"), name="Ben Huber")
        post = await posts.publish(lyon.ctx, ben, Draft(text))
        assert names(ben, post, []) is found
