"""Groups across nodes in one process: who gets what, who reads what, and what is left when it ends."""

import pytest
from PIL import Image

from node.domain.groups import Joining, Posting, Readers, Role
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.errors import Forbidden
from node.store import copies
from node.store import groups as group_rows
from node.store import media as media_rows
from outbox import groups, media, posts, profiles
from tests.village import village


async def test_what_is_said_in_a_group_reaches_its_members_nodes_and_nobody_else(tmp_path):
    async with village(tmp_path, "lyon", "graz", "turin", "ghent") as town:
        lyon, graz, turin, ghent = town.houses.values()
        ada, ben, carla, dan = [
            await at.member(name) for at, name in zip(town.houses.values(), ("ada", "ben", "carla", "dan"), strict=True)
        ]
        eve = await graz.member("eve")
        group = await town.found(lyon, ada, joining=Joining.OPEN)
        at_graz = await town.join(graz, ben, group)
        await town.join(turin, carla, group)
        made = await posts.publish(graz.ctx, ben, Draft("The vat @dan@127.0.0.1:8604", group=at_graz.id))
        assert made.visibility is Visibility.GROUP
        assert not await graz.reads(eve, made.uri)
        await town.settle()
        for at, who, sees in ((lyon, ada, True), (graz, ben, True), (graz, eve, False), (turin, carla, True)):
            assert await at.reads(who, made.uri) is sees, who.username
        assert await ghent.post(made.uri) is None
        assert not await ghent.reads(dan, made.uri)
        async with lyon.ctx.db.read() as tx:
            assert {copy.host for copy in await copies.holders(tx, made.uri)} == {graz.host, turin.host}

        edited = await posts.edit(graz.ctx, ben, made.id, Draft("The vat is indigo"))
        await town.settle()
        for at in (lyon, turin):
            assert (await at.post(made.uri)).content == edited.content
        await posts.delete(graz.ctx, ben, made.id)
        await town.settle()
        for at in town.houses.values():
            assert await at.post(made.uri) is None
        async with lyon.ctx.db.read() as tx:
            assert {copy.state for copy in await copies.holders(tx, made.uri)} <= {"confirmed"}


async def test_who_is_no_member_does_not_write_in_a_group(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada, ben = await lyon.member("ada"), await graz.member("ben")
        group = await town.found(lyon, ada)
        at_graz = await graz.account(group)
        with pytest.raises(Forbidden):
            await posts.publish(graz.ctx, ben, Draft("let me in", group=at_graz.id))
        asked = await groups.join(graz.ctx, ben, at_graz.id, answer="I dye")
        assert not asked.accepted
        await town.settle()
        with pytest.raises(Forbidden):
            await posts.publish(graz.ctx, ben, Draft("still not", group=at_graz.id))
        at_lyon = await lyon.account(ben)
        await groups.answer(lyon.ctx, ada, group.id, at_lyon.id, accept=True)
        await town.settle()
        made = await posts.publish(graz.ctx, ben, Draft("now", group=at_graz.id))
        await town.settle()
        assert await lyon.reads(ada, made.uri)


async def test_a_post_taken_out_of_a_group_is_in_it_nowhere_but_stays_its_authors(tmp_path):
    async with village(tmp_path, "lyon", "graz", "turin") as town:
        lyon, graz, turin = town.houses.values()
        ada, ben, carla = await lyon.member("ada"), await graz.member("ben"), await turin.member("carla")
        group = await town.found(lyon, ada, joining=Joining.OPEN)
        at_graz = await town.join(graz, ben, group)
        await town.join(turin, carla, group)
        made = await posts.publish(graz.ctx, ben, Draft("off topic", group=at_graz.id))
        await town.settle()
        assert await turin.reads(carla, made.uri)
        await groups.take_out(lyon.ctx, ada, group.id, (await lyon.post(made.uri)).id)
        await town.settle()
        assert not await turin.reads(carla, made.uri)
        assert not await lyon.reads(ada, made.uri)
        assert await graz.reads(ben, made.uri)


async def test_when_the_last_member_leaves_their_node_keeps_nothing(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada, ben, eve = await lyon.member("ada"), await graz.member("ben"), await graz.member("eve")
        group = await town.found(lyon, ada, joining=Joining.OPEN)
        at_graz = await town.join(graz, ben, group)
        await town.join(graz, eve, group)
        made = await posts.publish(lyon.ctx, ada, Draft("only for us", group=group.id))
        await town.settle()
        assert await graz.reads(ben, made.uri)
        await groups.leave(graz.ctx, ben, at_graz.id)
        await town.settle()
        assert not await graz.reads(ben, made.uri)
        assert await graz.reads(eve, made.uri)
        await groups.leave(graz.ctx, eve, at_graz.id)
        await town.settle()
        assert await graz.post(made.uri) is None
        later = await posts.publish(lyon.ctx, ada, Draft("and nobody else", group=group.id))
        await town.settle()
        assert await graz.post(later.uri) is None


async def test_a_moderator_at_another_node_takes_posts_out(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada, ben = await lyon.member("ada"), await graz.member("ben")
        group = await town.found(lyon, ada, joining=Joining.OPEN)
        at_graz = await town.join(graz, ben, group)
        made = await posts.publish(lyon.ctx, ada, Draft("by mistake", group=group.id))
        await town.settle()
        at_ben = await graz.post(made.uri)
        with pytest.raises(Forbidden):
            await groups.take_out(graz.ctx, ben, at_graz.id, at_ben.id)
        await groups.lend(lyon.ctx, ada, group.id, (await lyon.account(ben)).id, Role.MODERATOR)
        await town.settle()
        await groups.take_out(graz.ctx, ben, at_graz.id, at_ben.id)
        await town.settle()
        assert not await graz.reads(ben, made.uri)
        assert await lyon.reads(ada, made.uri)  # her own words
        async with lyon.ctx.db.read() as tx:
            assert {copy.state for copy in await copies.holders(tx, made.uri)} == {"confirmed"}


async def test_what_a_moderator_at_another_node_wrote_is_not_deleted_by_taking_it_out(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada, ben = await lyon.member("ada"), await graz.member("ben")
        group = await town.found(lyon, ada, joining=Joining.OPEN, readers=Readers.ORGANISATION)
        at_graz = await town.join(graz, ben, group)
        await groups.lend(lyon.ctx, ada, group.id, (await lyon.account(ben)).id, Role.MODERATOR)
        draft = Draft("mine", group=at_graz.id, visibility=Visibility.ORGANISATION)
        made = await posts.publish(graz.ctx, ben, draft)
        await town.settle()
        with pytest.raises(Forbidden, match="delete the post"):
            await groups.take_out(graz.ctx, ben, at_graz.id, made.id)
        await groups.take_out(lyon.ctx, ada, group.id, (await lyon.post(made.uri)).id)
        await town.settle()
        assert await lyon.reads(ada, made.uri)


async def test_what_a_group_for_the_organisation_says_is_read_by_all_but_its_narrower_posts(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada, ben, eve = await lyon.member("ada"), await graz.member("ben"), await graz.member("eve")
        group = await town.found(
            lyon, ada, joining=Joining.OPEN, readers=Readers.ORGANISATION, posting=Posting.MODERATORS
        )
        at_graz = await town.join(graz, ben, group)
        wide = await posts.publish(lyon.ctx, ada, Draft("for all", group=group.id, visibility=Visibility.ORGANISATION))
        narrow = await posts.publish(lyon.ctx, ada, Draft("for us", group=group.id, visibility=Visibility.GROUP))
        await town.settle()
        assert await graz.reads(eve, wide.uri)
        assert not await graz.reads(eve, narrow.uri)
        assert await graz.reads(ben, narrow.uri)
        with pytest.raises(Forbidden):
            await posts.publish(graz.ctx, ben, Draft("may I", group=at_graz.id))
        there = await graz.post(narrow.uri)
        answer = await posts.publish(
            graz.ctx, ben, Draft("yes", visibility=Visibility.ORGANISATION, reply_to_id=there.id)
        )
        await town.settle()
        assert answer.visibility is Visibility.GROUP
        assert await lyon.reads(ada, answer.uri)


async def test_an_invitation_opens_a_group_that_takes_in_nobody_else(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada, ben, eve = await lyon.member("ada"), await graz.member("ben"), await graz.member("eve")
        group = await town.found(lyon, ada, joining=Joining.INVITATION, listed=False)
        at_graz = await graz.account(group)
        await groups.invite(lyon.ctx, ada, group.id, (await lyon.account(ben)).id)
        await town.settle()
        assert (await groups.join(graz.ctx, ben, at_graz.id)).accepted is False  # until the group says yes
        await groups.join(graz.ctx, eve, at_graz.id)
        await town.settle()
        made = await posts.publish(lyon.ctx, ada, Draft("hush", group=group.id))
        await town.settle()
        assert await graz.reads(ben, made.uri)
        assert not await graz.reads(eve, made.uri)


async def test_pictures_of_a_group_are_seen_at_its_members_nodes(tmp_path):
    async with village(tmp_path, "lyon", "graz", "turin") as town:
        lyon, graz, turin = town.houses.values()
        ada, ben, carla = await lyon.member("ada"), await graz.member("ben"), await turin.member("carla")
        group = await town.found(lyon, ada, joining=Joining.OPEN)
        at_graz = await town.join(graz, ben, group)
        await town.join(turin, carla, group)
        path = tmp_path / "vat.png"
        Image.new("RGB", (40, 30), "blue").save(path)
        file = await media.upload(graz.ctx, ben, path)
        made = await posts.publish(graz.ctx, ben, Draft("look", group=at_graz.id, media_ids=(file.id,)))
        await town.settle()
        there = await turin.post(made.uri)
        async with turin.ctx.db.read() as tx:
            (copy,) = (await media_rows.of_posts(tx, [there.id]))[there.id]
            sign = await turin.ctx.keys.sign_as(tx, carla.id)
        assert copy.remote_url
        reply = await turin.ctx.wire.get(copy.remote_url, accept="image/*", sign=sign, max_bytes=99_999)
        assert reply.status == 200
        assert reply.body


async def test_C19_what_is_said_before_is_what_the_ledger_says_after(tmp_path):
    async with village(tmp_path, "lyon", "graz", "turin", "ghent") as town:
        lyon, graz, turin, ghent = town.houses.values()
        ada, ben, carla = await lyon.member("ada"), await graz.member("ben"), await turin.member("carla")
        await ghent.member("dan")
        group = await town.found(lyon, ada, joining=Joining.OPEN)
        for at, who in ((graz, ben), (turin, carla)):
            await town.join(at, who, group)
        for visibility, hosts, people in (
            (Visibility.GROUP, {graz.host, turin.host}, 3),
            (Visibility.ORGANISATION, {graz.host, turin.host}, 3),
            (Visibility.UNIT, set(), 1),
        ):
            inside = None if visibility is Visibility.UNIT else group.id
            draft = Draft("how far", visibility=visibility, group=inside)
            said = (await posts.preview(lyon.ctx, ada, draft)).reach
            assert (set(said.hosts), said.people) == (hosts, people)
            made = await posts.publish(lyon.ctx, ada, draft)
            await town.settle()
            async with lyon.ctx.db.read() as tx:
                assert {copy.host for copy in await copies.holders(tx, made.uri)} == hosts
        wide = Draft("to all", visibility=Visibility.ORGANISATION)
        said = (await posts.preview(lyon.ctx, ada, wide)).reach
        made = await posts.publish(lyon.ctx, ada, wide)
        async with lyon.ctx.db.read() as tx:
            assert {copy.host for copy in await copies.holders(tx, made.uri)} == set(said.hosts)
        assert set(said.hosts) == {graz.host, turin.host, ghent.host}


async def test_a_group_whose_owner_leaves_goes_to_who_looks_after_it_or_is_closed(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada, cleo, ben = await lyon.member("ada"), await lyon.member("cleo"), await graz.member("ben")
        group = await town.found(lyon, ada, joining=Joining.OPEN)
        await town.join(lyon, cleo, group)
        at_graz = await town.join(graz, ben, group)
        await groups.lend(lyon.ctx, ada, group.id, cleo.id, Role.MODERATOR)
        await profiles.delete(lyon.ctx, ada)
        await town.settle()
        async with lyon.ctx.db.read() as tx:
            standing = await group_rows.standing(tx, group.id, cleo.id, now=town.clock.now)
        assert standing.role is Role.OWNER
        await profiles.delete(lyon.ctx, cleo)
        await town.settle()
        async with graz.ctx.db.read() as tx:
            assert (await group_rows.by_id(tx, at_graz.id)).archived_at is not None
        with pytest.raises(Forbidden):
            await posts.publish(graz.ctx, ben, Draft("hello?", group=at_graz.id))


async def test_a_lent_role_ends_by_itself(tmp_path):
    async with village(tmp_path, "lyon") as town:
        (lyon,) = town.houses.values()
        ada, ben = await lyon.member("ada"), await lyon.member("ben")
        group = await town.found(lyon, ada, joining=Joining.OPEN)
        await town.join(lyon, ben, group)
        made = await posts.publish(lyon.ctx, ada, Draft("a post", group=group.id))
        await groups.lend(lyon.ctx, ada, group.id, ben.id, Role.MODERATOR, until=town.clock.now + 60_000)
        await groups.pin(lyon.ctx, ben, group.id, made.id)
        town.clock.now += 61_000
        with pytest.raises(Forbidden):
            await groups.take_out(lyon.ctx, ben, group.id, made.id)
        assert await lyon.reads(ben, made.uri)  # a member still
