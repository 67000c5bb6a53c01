"""A group that is shared with a partner: what crosses, what does not, and what remains when it is over."""

from dataclasses import replace

import orjson
import pytest
from PIL import Image

from federation import certificates, contracts, render, resolve
from federation.errors import FederationError, Refused
from moderation import personas
from moderation.certificates import certificate
from moderation.minors import set_minor
from node.domain.bridges import State
from node.domain.erasures import Scope
from node.domain.groups import Charter, Joining, Readers, Role
from node.domain.posts import Draft
from node.domain.times import DAY_MS
from node.domain.visibility import Visibility
from node.errors import Forbidden, Invalid
from node.store import accounts, copies, erasures, minors
from node.store import bridges as rows
from node.store import groups as group_rows
from node.store import relationships as follows
from node.store.pages import Page
from outbox import bridges, groups, media, moves, posts, profiles, reactions, relationships
from tests.village import village


class Shared:
    """A group at Lyon with a member at Graz, shared with Acme; eve and dan are in no group."""

    def __init__(self, town):
        self.town = town
        self.lyon, self.graz, self.acme = town.houses.values()

    async def __call__(self, **terms):
        self.ada, self.ben = await self.lyon.member("ada"), await self.graz.member("ben")
        self.ruth, self.otto = await self.acme.member("ruth"), await self.acme.member("otto")
        self.eve = await self.lyon.member("eve")
        self.group = await self.town.found(self.lyon, self.ada, joining=Joining.OPEN)
        self.at_graz = await self.town.join(self.graz, self.ben, self.group)
        self.bridge = await self.town.bridge(self.group, self.lyon, self.ada, self.acme, self.ruth, **terms)
        await self.town.settle()
        self.at_acme = await self.acme.account(self.group)
        return self

    async def inside(self):
        await self.town.join(self.acme, self.ruth, self.group)
        return self

    async def state(self, house):
        async with house.ctx.db.read() as tx:
            return (await rows.by_uri(tx, self.bridge.uri)).state


def on(house, database):
    """Let this house keep its rows in a database ('': a file, as the others do)."""
    return lambda name: database if name == house else ""


async def shared(town, **terms):
    return await (await Shared(town)(**terms)).inside()


async def test_both_sides_sign_and_every_node_with_members_knows(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await Shared(town)()
        assert [await story.state(house) for house in town.houses.values()] == [State.ACTIVE] * 3
        async with story.lyon.ctx.db.read() as tx:
            bridge = await rows.by_uri(tx, story.bridge.uri)
            parts = {one.host: one.ready for one in await rows.hosts(tx, bridge.id)}
        assert bridge.agreed
        assert parts == {house.host: True for house in town.houses.values()}


async def test_what_is_said_in_a_shared_group_crosses_both_ways_and_nothing_else_does(tmp_path, database):
    where = on("lyon", database)
    async with village(tmp_path, "lyon", "graz", partners=("acme",), database=where) as town:
        story = await shared(town)
        wide = await posts.publish(story.lyon.ctx, story.ada, Draft("for all", Visibility.ORGANISATION))
        said = [
            (story.lyon, await posts.publish(story.lyon.ctx, story.ada, Draft("from Lyon", group=story.group.id))),
            (story.graz, await posts.publish(story.graz.ctx, story.ben, Draft("from Graz", group=story.at_graz.id))),
            (story.acme, await posts.publish(story.acme.ctx, story.ruth, Draft("from Acme", group=story.at_acme.id))),
        ]
        await town.settle()
        for _, post in said:
            assert await story.lyon.reads(story.ada, post.uri)
            assert await story.graz.reads(story.ben, post.uri)
            assert await story.acme.reads(story.ruth, post.uri)
            assert not await story.acme.reads(story.otto, post.uri)
            assert not await story.lyon.reads(story.eve, post.uri)
        assert await story.acme.post(wide.uri) is None


async def test_likes_edits_and_answers_cross_with_what_they_are_about(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await shared(town)
        made = await posts.publish(story.graz.ctx, story.ben, Draft("indigo", group=story.at_graz.id))
        await town.settle()
        at_acme = await story.acme.post(made.uri)
        await reactions.favourite(story.acme.ctx, story.ruth, at_acme.id)
        answer = await posts.publish(
            story.acme.ctx, story.ruth, Draft("madder", Visibility.GROUP, reply_to_id=at_acme.id)
        )
        await town.settle()
        await posts.edit(story.graz.ctx, story.ben, made.id, Draft("indigo, twice"))
        await town.settle()
        assert (await story.graz.post(made.uri)).favourites == 1
        assert await story.graz.reads(story.ben, answer.uri)
        assert "twice" in (await story.acme.post(made.uri)).content


async def test_a_group_whose_home_has_no_members_left_hands_on_what_becomes_of_posts(tmp_path, database):
    async with village(tmp_path, "lyon", "graz", partners=("acme",), database=on("lyon", database)) as town:
        story = await shared(town)
        changed, gone = [
            await posts.publish(story.acme.ctx, story.ruth, Draft("from Acme", group=story.at_acme.id)) for _ in "ab"
        ]
        await town.settle()
        await set_minor(story.lyon.ctx, story.ada.id, True, by=None)
        await town.settle()
        assert await story.lyon.post(changed.uri) is not None
        await posts.edit(story.acme.ctx, story.ruth, changed.id, Draft("from us all"))
        await posts.delete(story.acme.ctx, story.ruth, gone.id)
        await town.settle()
        assert "us all" in (await story.graz.post(changed.uri)).content
        assert await story.graz.post(gone.uri) is None


async def test_what_somebody_who_only_reads_along_likes_does_not_cross(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await Shared(town)()
        await groups.change(story.lyon.ctx, story.ada, story.group.id, Charter(readers=Readers.ORGANISATION))
        await town.join(story.acme, story.ruth, story.group)
        wide = Draft("for all", Visibility.ORGANISATION, group=story.group.id)
        made = await posts.publish(story.lyon.ctx, story.ada, wide)
        await town.settle()
        await reactions.favourite(story.lyon.ctx, story.eve, made.id)
        await town.settle()
        assert (await story.lyon.post(made.uri)).favourites == 1
        told = [body for _, to, body in town.letters if to == story.acme.host]
        assert not any(story.eve.uri.encode() in body for body in told)


async def test_after_a_pause_the_partner_knows_what_the_group_has_become(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await shared(town)
        await bridges.pause(story.lyon.ctx, story.ada, story.bridge.id)
        await town.settle()
        await groups.archive(story.lyon.ctx, story.ada, story.group.id)
        await town.settle()
        await bridges.pause(story.lyon.ctx, story.ada, story.bridge.id, paused=False)
        await town.settle()
        with pytest.raises(Forbidden, match="closed"):
            await posts.publish(story.acme.ctx, story.ruth, Draft("is nobody here?", group=story.at_acme.id))


async def test_C03_a_partner_is_not_told_as_whom_somebody_goes_on(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await shared(town)
        await posts.publish(story.graz.ctx, story.ben, Draft("from Graz", group=story.at_graz.id))
        await town.settle()
        town.letters.clear()
        eve = await moves.add_alias(story.lyon.ctx, story.eve, "ben", story.graz.host)
        ben = await moves.move(story.graz.ctx, story.ben, "eve", story.lyon.host)
        await town.settle()
        known = await resolve.actor(story.acme.ctx, ben.uri, again=True)
        await profiles.rotate_keys(story.graz.ctx, ben.uri)
        await town.settle()
        assert (known.moved_to, known.also_known_as) == ("", ())
        told = [body for _, to, body in town.letters if to == story.acme.host]
        assert any(ben.uri.encode() in body for body in told)
        assert not any(eve.uri.encode() in body for body in told)
        async with story.lyon.ctx.db.read() as tx:
            assert (await accounts.by_uri(tx, ben.uri)).moved_to == eve.uri


@pytest.mark.parametrize("house", ["lyon", "acme"])
async def test_at_its_end_the_partner_is_empty_and_says_so_and_the_home_keeps_nothing_of_the_partner(
    tmp_path, database, house
):
    async with village(tmp_path, "lyon", "graz", partners=("acme",), database=on(house, database)) as town:
        story = await shared(town)
        ours = await posts.publish(story.graz.ctx, story.ben, Draft("from Graz", group=story.at_graz.id))
        theirs = await posts.publish(story.acme.ctx, story.ruth, Draft("from Acme", group=story.at_acme.id))
        await town.settle()
        await bridges.end(story.lyon.ctx, story.ada, story.bridge.id)
        late = await posts.publish(story.lyon.ctx, story.ada, Draft("too late", group=story.group.id))
        await town.settle()
        assert [await story.state(house) for house in town.houses.values()] == [
            State.ERASED,
            State.ERASED,
            State.ENDING,
        ]
        assert await story.acme.post(ours.uri) is None
        assert await story.acme.post(late.uri) is None
        assert await story.acme.post(theirs.uri) is not None, "it is its author's"
        for house in (story.lyon, story.graz):
            assert await house.post(theirs.uri) is None
            async with house.ctx.db.read() as tx:
                assert await accounts.by_uri(tx, story.ruth.uri) is None
        async with story.acme.ctx.db.read() as tx:
            for gone in (story.group, story.ada, story.ben):
                assert await accounts.by_uri(tx, gone.uri) is None
        async with story.lyon.ctx.db.read() as tx:
            held = {one.state for one in await copies.holders(tx, ours.uri) if one.host == story.acme.host}
            (erasure,) = await erasures.page(tx, Page())
            signed = {one.host: one for one in (await erasures.holders(tx, [erasure.id]))[erasure.id]}
        assert held == {"confirmed"}
        assert (erasure.object, erasure.scope) == (story.bridge.uri, Scope.BRIDGE)
        assert erasure.done_at is not None
        counts = {host: orjson.loads(one.receipt)["removed"]["posts"] for host, one in signed.items()}
        assert counts == {story.acme.host: 1, story.graz.host: 1}, "what each had of the other side"
        assert all(one.holds for one in certificates.check(await certificate(story.lyon.ctx, erasure)))


@pytest.mark.parametrize("side", ["home", "partner"])
async def test_on_its_last_day_a_bridge_ends_by_itself_even_if_the_other_side_is_down(tmp_path, side):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await shared(town)
        made = await posts.publish(story.graz.ctx, story.ben, Draft("from Graz", group=story.at_graz.id))
        await town.settle()
        down, up = (story.acme, story.lyon) if side == "home" else (story.lyon, story.acme)
        down.down = True
        town.clock.now += 31 * DAY_MS
        await town.settle()
        assert await story.state(up) is State.ENDING
        assert (await story.acme.post(made.uri) is None) is (side == "partner")
        down.down = False
        town.clock.now += DAY_MS
        await town.settle()
        assert await story.state(story.lyon) is State.ERASED
        assert await story.acme.post(made.uri) is None


async def test_nothing_crosses_a_bridge_that_is_paused(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await shared(town)
        await bridges.pause(story.lyon.ctx, story.ada, story.bridge.id)
        await town.settle()
        made = await posts.publish(story.graz.ctx, story.ben, Draft("among us", group=story.at_graz.id))
        with pytest.raises(Forbidden, match="paused"):
            await posts.publish(story.acme.ctx, story.ruth, Draft("hello?", group=story.at_acme.id))
        await town.settle()
        assert await story.acme.post(made.uri) is None
        await bridges.pause(story.lyon.ctx, story.ada, story.bridge.id, paused=False)
        await town.settle()
        later = await posts.publish(story.lyon.ctx, story.ada, Draft("again", group=story.group.id))
        await town.settle()
        assert await story.acme.reads(story.ruth, later.uri)


async def test_what_was_written_before_stays_among_us_even_when_it_is_edited_or_answered(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        lyon, graz, acme = town.houses.values()
        ada, ben, ruth = await lyon.member("ada"), await graz.member("ben"), await acme.member("ruth")
        group = await town.found(lyon, ada, joining=Joining.OPEN)
        at_graz = await town.join(graz, ben, group)
        ours = [
            await posts.publish(lyon.ctx, ada, Draft("about Acme", group=group.id)),
            await posts.publish(graz.ctx, ben, Draft("their prices", group=at_graz.id)),
        ]
        await town.settle()
        town.clock.now += 60_000
        await town.bridge(group, lyon, ada, acme, ruth)
        await town.join(acme, ruth, group)
        await posts.edit(lyon.ctx, ada, ours[0].id, Draft("about Acme, again"))
        await posts.edit(graz.ctx, ben, ours[1].id, Draft("their prices, again"))
        answers = [
            await posts.publish(lyon.ctx, ada, Draft("hm", Visibility.GROUP, reply_to_id=(await lyon.post(one.uri)).id))
            for one in ours
        ]
        await town.settle()
        for post, answer in zip(ours, answers, strict=True):
            assert await acme.post(post.uri) is None
            assert await acme.reads(ruth, answer.uri)


async def test_who_is_under_age_is_in_no_shared_group_and_nothing_of_them_crosses(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        lyon, graz, acme = town.houses.values()
        ada, mia = await lyon.member("ada"), await graz.member("mia")
        ruth, tim = await acme.member("ruth"), await acme.member("tim")
        for house, young in ((graz, mia), (acme, tim)):
            async with house.ctx.change() as change:
                await minors.put(change.tx, young.id, True)
        group = await town.found(lyon, ada, joining=Joining.OPEN)
        at_graz = await town.join(graz, mia, group)
        before = await posts.publish(graz.ctx, mia, Draft("before", group=at_graz.id))
        await town.settle()
        await town.bridge(group, lyon, ada, acme, ruth)
        await town.join(acme, ruth, group)
        with pytest.raises(Forbidden):
            await posts.publish(graz.ctx, mia, Draft("after", group=at_graz.id))
        with pytest.raises(Forbidden):
            await groups.join(graz.ctx, mia, at_graz.id)
        with pytest.raises(Forbidden):
            await groups.join(acme.ctx, tim, (await acme.account(group)).id)
        await town.settle()
        assert await acme.post(before.uri) is None
        async with acme.ctx.db.read() as tx:
            assert await accounts.by_uri(tx, mia.uri) is None


@pytest.mark.parametrize("young", [True, False])
async def test_a_partner_is_told_of_nobody_who_is_not_in_the_shared_group(tmp_path, young):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await shared(town)
        told = "127.0.0.1.* reads this group as well, and does not meet @eve in it"
        if young:
            await set_minor(story.lyon.ctx, story.eve.id, True, by=None)
        own = await posts.publish(
            story.lyon.ctx, story.eve, Draft("woad", Visibility.ORGANISATION, quote_policy="public")
        )
        made = await posts.publish(story.lyon.ctx, story.ada, Draft("@ada indigo", group=story.group.id))
        given = Draft("@eve our apprentice", group=story.group.id)
        for ask in (posts.publish, posts.preview):
            with pytest.raises(Forbidden, match=told):
                await ask(story.lyon.ctx, story.ada, given)
        with pytest.raises(Forbidden, match=told):
            await posts.publish(
                story.lyon.ctx, story.ada, replace(given, group=None, reply_to_id=made.id, visibility=Visibility.GROUP)
            )
        with pytest.raises(Forbidden, match=told):
            await posts.edit(story.lyon.ctx, story.ada, made.id, given)
        with pytest.raises(Forbidden, match=told):
            await posts.publish(story.lyon.ctx, story.ada, Draft("see", group=story.group.id, quote_of=own.id))
        far = f"@eve@{story.lyon.host} our apprentice"
        with pytest.raises(Forbidden, match=told):
            await posts.publish(story.graz.ctx, story.ben, Draft(far, group=story.at_graz.id))
        await town.settle()
        assert not [body for *ends, body in town.letters if story.acme.host in ends and b"eve" in body]
        met = f"@ben@{story.graz.host} @ruth@{story.acme.host} indigo"
        crossed = await posts.publish(story.lyon.ctx, story.ada, Draft(met, group=story.group.id))
        await town.settle()
        assert await story.acme.reads(story.ruth, crossed.uri)


async def test_in_a_group_that_is_not_shared_everybody_is_named(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await Shared(town)()
        weavers = await town.found(story.lyon, story.ada, "weavers")
        assert await posts.publish(story.lyon.ctx, story.ada, Draft("@eve hello", group=weavers.id))


async def test_an_owner_who_is_found_to_be_under_age_hands_a_shared_group_on_at_once(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await shared(town)
        await town.join(story.lyon, story.eve, story.group)
        await groups.lend(story.lyon.ctx, story.ada, story.group.id, story.eve.id, Role.ADMIN)
        await set_minor(story.lyon.ctx, story.ada.id, True, by=None)
        async with story.lyon.ctx.db.read() as tx:
            roles = [
                (await group_rows.standing(tx, story.group.id, one.id, now=town.clock.now)).role
                for one in (story.ada, story.eve)
            ]
        assert roles == [None, Role.OWNER]


async def test_what_is_written_at_a_node_that_has_not_answered_yet_does_not_cross(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        lyon, graz, acme = town.houses.values()
        ada, ben, ruth = await lyon.member("ada"), await graz.member("ben"), await acme.member("ruth")
        group = await town.found(lyon, ada, joining=Joining.OPEN)
        at_graz = await town.join(graz, ben, group)
        made = await posts.publish(graz.ctx, ben, Draft("who am I?", group=at_graz.id))
        await town.settle()
        graz.down = True
        await town.bridge(group, lyon, ada, acme, ruth)
        await town.join(acme, ruth, group)
        at_lyon = await lyon.post(made.uri)
        answer = await posts.publish(lyon.ctx, ada, Draft("me", Visibility.GROUP, reply_to_id=at_lyon.id))
        await town.settle()
        assert await acme.reads(ruth, answer.uri)
        assert await acme.post(made.uri) is None


async def test_without_files_in_the_contract_no_file_crosses(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await shared(town, files=False)
        path = tmp_path / "vat.png"
        Image.new("RGB", (40, 30), "blue").save(path)
        file = await media.upload(story.graz.ctx, story.ben, path)
        with pytest.raises(Invalid, match="without files"):
            await posts.publish(
                story.graz.ctx, story.ben, Draft("the vat", media_ids=(file.id,), group=story.at_graz.id)
            )


async def test_nobody_follows_or_writes_to_a_partners_people_outside_the_group(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await shared(town)
        ruth = await story.lyon.account(story.ruth)
        with pytest.raises(Forbidden):
            await relationships.follow(story.lyon.ctx, story.ada, ruth.id)
        made = await posts.publish(story.lyon.ctx, story.ada, Draft(f"@ruth@{story.acme.host} psst", Visibility.DIRECT))
        await town.settle()
        assert await story.acme.post(made.uri) is None


async def test_the_organisation_that_reads_along_is_not_the_partners(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        lyon, graz, acme = town.houses.values()
        ada, ruth, otto = await lyon.member("ada"), await acme.member("ruth"), await acme.member("otto")
        eve = await graz.member("eve")
        group = await town.found(lyon, ada, joining=Joining.OPEN, readers=Readers.ORGANISATION)
        await town.bridge(group, lyon, ada, acme, ruth)
        at_acme = await town.join(acme, ruth, group)
        wide = await posts.publish(lyon.ctx, ada, Draft("for all of ours", Visibility.ORGANISATION, group=group.id))
        theirs = await posts.publish(acme.ctx, ruth, Draft("hello", Visibility.ORGANISATION, group=at_acme.id))
        await town.settle()
        assert await graz.reads(eve, wide.uri)
        assert await acme.reads(ruth, wide.uri)
        assert not await acme.reads(otto, wide.uri)
        assert theirs.visibility is Visibility.GROUP
        assert await lyon.reads(ada, theirs.uri)
        assert not await graz.reads(eve, theirs.uri)


async def test_when_one_of_two_bridges_ends_the_partner_forgets_whom_only_that_one_concerned(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await shared(town)
        other = await town.found(story.lyon, story.eve, "weavers", joining=Joining.OPEN)
        await town.bridge(other, story.lyon, story.eve, story.acme, story.otto)
        there = await town.join(story.acme, story.otto, other)
        said = [
            (story.acme, await posts.publish(story.acme.ctx, story.ruth, Draft("dye", group=story.at_acme.id))),
            (story.lyon, await posts.publish(story.lyon.ctx, story.ada, Draft("dye", group=story.group.id))),
            (story.lyon, await posts.publish(story.lyon.ctx, story.eve, Draft("weave", group=other.id))),
            (story.acme, await posts.publish(story.acme.ctx, story.otto, Draft("weave", group=there.id))),
        ]
        await town.settle()
        await bridges.end(story.lyon.ctx, story.ada, story.bridge.id)
        await town.settle()
        for house, gone, kept in (
            (story.acme, (story.ada, story.group), (story.eve, other)),
            (story.lyon, (story.ruth,), (story.otto,)),
        ):
            async with house.ctx.db.read() as tx:
                assert [await accounts.by_uri(tx, one.uri) for one in gone] == [None] * len(gone)
                assert None not in [await accounts.by_uri(tx, one.uri) for one in kept]
        assert await story.acme.reads(story.otto, said[2][1].uri)
        assert await story.lyon.reads(story.eve, said[3][1].uri)


async def test_nobody_asks_to_join_over_a_bridge_that_is_paused_and_waits_for_ever(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await Shared(town)()
        await bridges.pause(story.lyon.ctx, story.ada, story.bridge.id)
        await town.settle()
        with pytest.raises(Forbidden, match="paused"):
            await groups.join(story.acme.ctx, story.otto, story.at_acme.id)
        await bridges.pause(story.lyon.ctx, story.ada, story.bridge.id, paused=False)
        await town.settle()
        await town.join(story.acme, story.otto, story.group)
        made = await posts.publish(story.lyon.ctx, story.ada, Draft("welcome", group=story.group.id))
        await town.settle()
        assert await story.acme.reads(story.otto, made.uri)


async def test_who_leaves_and_what_is_taken_out_while_a_bridge_is_paused_is_gone_on_both_sides(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await shared(town)
        await town.join(story.acme, story.otto, story.group)
        made = await posts.publish(story.lyon.ctx, story.ada, Draft("a recipe", group=story.group.id))
        await town.settle()
        await bridges.pause(story.lyon.ctx, story.ada, story.bridge.id)
        await town.settle()
        otto = await story.lyon.account(story.otto)
        await groups.take_out(story.lyon.ctx, story.ada, story.group.id, made.id)
        await groups.remove(story.lyon.ctx, story.ada, story.group.id, otto.id)
        await town.settle()
        assert not await story.acme.reads(story.ruth, made.uri)
        async with story.acme.ctx.db.read() as tx:
            assert await follows.between(tx, follower_id=story.otto.id, target_id=story.at_acme.id) is None
        await groups.leave(story.acme.ctx, story.ruth, story.at_acme.id)
        await town.settle()
        async with story.lyon.ctx.db.read() as tx:
            assert await rows.members_at(tx, story.group.id, story.acme.host) == []


async def test_a_group_knows_that_who_is_found_to_be_under_age_is_in_it_no_more(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await shared(town)
        for house, young in ((story.graz, story.ben), (story.acme, story.ruth)):
            async with house.ctx.change() as change:
                await minors.put(change.tx, young.id, True)
        await town.settle()
        async with story.lyon.ctx.db.read() as tx:
            for house in (story.graz, story.acme):
                assert await rows.members_at(tx, story.group.id, house.host) == []


@pytest.mark.parametrize("side", ["home", "along", "partner"])
async def test_who_was_found_to_be_under_age_changes_nothing_on_the_other_side_but_can_delete(tmp_path, side):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await shared(town)
        house, young, group = {
            "home": (story.lyon, story.eve, await town.join(story.lyon, story.eve, story.group)),
            "along": (story.graz, story.ben, story.at_graz),
            "partner": (story.acme, story.ruth, story.at_acme),
        }[side]
        across = story.lyon if side == "partner" else story.acme
        await town.join(story.acme, story.otto, story.group)
        made = await posts.publish(house.ctx, young, Draft("before", group=group.id))
        await town.settle()
        async with house.ctx.change() as change:
            await minors.put(change.tx, young.id, True)
        await town.settle()
        await posts.edit(house.ctx, young, made.id, Draft("after"))
        await town.settle()
        assert "before" in (await across.post(made.uri)).content
        await posts.delete(house.ctx, young, made.id)
        await town.settle()
        assert await across.post(made.uri) is None


async def test_what_somebody_wrote_in_a_partners_group_stays_theirs_to_change_and_delete(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await shared(town)
        made = await posts.publish(story.acme.ctx, story.ruth, Draft("indigo", group=story.at_acme.id))
        await town.settle()
        await bridges.end(story.lyon.ctx, story.ada, story.bridge.id)
        await town.settle()
        await posts.edit(story.acme.ctx, story.ruth, made.id, Draft("indigo, twice"))
        await town.settle()
        assert "twice" in (await story.acme.post(made.uri)).content
        assert await story.lyon.post(made.uri) is None
        await posts.delete(story.acme.ctx, story.ruth, made.id)
        await town.settle()
        assert await story.acme.post(made.uri) is None


async def test_who_confirmed_that_all_is_erased_hears_of_no_deletion_later(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await shared(town)
        ours = await posts.publish(story.lyon.ctx, story.ada, Draft("from Lyon", group=story.group.id))
        along = await posts.publish(story.graz.ctx, story.ben, Draft("from Graz", group=story.at_graz.id))
        await town.settle()
        await bridges.end(story.lyon.ctx, story.ada, story.bridge.id)
        await town.settle()
        before = len(town.heard)
        await posts.delete(story.lyon.ctx, story.ada, ours.id)
        await posts.delete(story.graz.ctx, story.ben, along.id)
        await town.settle()
        assert not [url for _, url, _ in town.heard[before:] if story.acme.host in url]
        async with story.lyon.ctx.db.read() as tx:
            for post in (ours, along):
                assert "confirmed" in {copy.state for copy in await copies.holders(tx, post.uri)}


async def test_where_nobody_is_a_member_any_more_no_edit_brings_a_post_back_even_if_it_names_somebody(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await shared(town)
        made = await posts.publish(story.lyon.ctx, story.ada, Draft("indigo", group=story.group.id))
        await town.settle()
        await groups.leave(story.acme.ctx, story.ruth, story.at_acme.id)
        await groups.leave(story.graz.ctx, story.ben, story.at_graz.id)
        await town.settle()
        await posts.edit(story.lyon.ctx, story.ada, made.id, Draft(f"indigo, twice @ruth@{story.acme.host}"))
        await town.settle()
        for house in (story.acme, story.graz):
            assert await house.post(made.uri) is None


async def test_over_a_bridge_for_pseudonyms_nobody_is_met_by_name(tmp_path, database):
    async with village(tmp_path, "lyon", "graz", partners=("acme",), database=on("lyon", database)) as town:
        story = await Shared(town)(pseudonyms=True)
        with pytest.raises(Forbidden, match="under pseudonyms"):
            await groups.join(story.acme.ctx, story.ruth, story.at_acme.id)
        heron = await personas.make(story.acme.ctx, story.ruth, username="heron", name="Heron")
        otter = await personas.make(story.lyon.ctx, story.ada, username="otter", name="Otter")
        owl = await personas.make(story.graz.ctx, story.ben, username="owl", name="Owl")
        for house, one in ((story.acme, heron), (story.lyon, otter), (story.graz, owl)):
            await town.join(house, one, story.group)
        crosses = [
            await posts.publish(story.lyon.ctx, otter, Draft("from the otter", group=story.group.id)),
            await posts.publish(story.graz.ctx, owl, Draft("from the owl", group=story.at_graz.id)),
        ]
        stays = [
            await posts.publish(story.lyon.ctx, story.ada, Draft("from Ada", group=story.group.id)),
            await posts.publish(story.graz.ctx, story.ben, Draft("from Ben", group=story.at_graz.id)),
        ]
        back = await posts.publish(story.acme.ctx, heron, Draft("from the heron", group=story.at_acme.id))
        await town.settle()
        for post in crosses:
            assert await story.acme.reads(heron, post.uri)
        for post in stays:
            assert await story.graz.reads(story.ben, post.uri)
            assert await story.acme.post(post.uri) is None
        at_lyon = await story.lyon.post(back.uri)
        await reactions.favourite(story.lyon.ctx, story.ada, at_lyon.id)
        ben_there = (await story.lyon.account(story.ben)).id
        await groups.lend(story.lyon.ctx, story.ada, story.group.id, ben_there, Role.MODERATOR)
        await town.settle()
        assert (await story.acme.post(back.uri)).favourites == 0, "a like has a name"
        async with story.acme.ctx.db.read() as tx:
            for named in (story.ada, story.ben):
                assert await accounts.by_uri(tx, named.uri) is None
        for uri in (stays[0].uri, story.ada.uri):
            with pytest.raises(FederationError):
                await resolve.document(story.acme.ctx, uri, allowed=frozenset({story.lyon.host}))
        async with story.acme.ctx.db.read() as tx:
            assert [
                one.account.uri for one in await group_rows.officers(tx, story.at_acme.id, now=town.clock.now)
            ] == []


async def test_a_partner_who_goes_by_name_is_refused_over_a_bridge_for_pseudonyms(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await Shared(town)(pseudonyms=True)
        heron = await personas.make(story.acme.ctx, story.ruth, username="heron", name="Heron")
        await town.join(story.acme, heron, story.group)
        follow = render.follow(id=f"{story.ruth.uri}#join", follower=story.ruth.uri, target=story.group.uri)
        assert await town.send(story.acme, story.ruth, story.lyon, follow) in (202, 403)
        async with story.lyon.ctx.db.read() as tx:
            ruth = await accounts.by_uri(tx, story.ruth.uri)
            assert ruth is None or await follows.between(tx, follower_id=ruth.id, target_id=story.group.id) is None


async def test_what_is_open_to_names_does_not_become_one_for_pseudonyms_nor_back(tmp_path):
    async with village(tmp_path, "lyon", "graz", partners=("acme",)) as town:
        story = await Shared(town)(pseudonyms=True)
        async with story.acme.ctx.db.read() as tx:
            taken = await rows.by_uri(tx, story.bridge.uri)
        assert taken.terms.pseudonyms
        signed = orjson.loads(taken.agreed)
        assert signed["pseudonyms"] is True
        with pytest.raises(Refused):
            contracts.check_same(signed | {"pseudonyms": False}, signed)
