"""Whoever falls out of an audience loses the copy, and signs for it (requirements E10, E19, E20)."""

import orjson

from node.domain.erasures import Scope, State
from node.domain.groups import Joining
from node.domain.posts import Draft
from node.domain.relationships import Follow
from node.domain.times import DAY_MS
from node.domain.visibility import Visibility
from node.store import accounts, copies, sealed
from node.store import erasures as rows
from node.store.pages import Page
from outbox import groups, narrowing, organisation, posts, profiles, reactions, relationships
from tests.village import village


async def write(house, author, text, visibility=Visibility.FOLLOWERS, **more):
    return await posts.publish(house.ctx, author, Draft(text, visibility, **more))


async def follows(town, house, follower, target) -> Follow:
    """Let somebody follow somebody; return the follow."""
    found = await relationships.follow(house.ctx, follower, (await house.account(target)).id)
    await town.settle()
    return found


async def ledger(house, uri):
    """Return host → state of the holders of a post."""
    async with house.ctx.db.read() as tx:
        return {copy.host: copy.state for copy in await copies.holders(tx, uri)}


async def orders(house, scope):
    """Return (order, holders by host) of the orders of a scope, the latest first."""
    async with house.ctx.db.read() as tx:
        found = [one for one in await rows.page(tx, Page()) if one.scope is scope]
        held = await rows.holders(tx, [one.id for one in found])
    return [(one, {holder.host: holder for holder in held[one.id]}) for one in found]


def told(town, text, host):
    """Tell whether a node was told these words."""
    return any(to == host and text.encode() in body for _, to, body in town.letters)


async def test_E19_who_is_named_no_more_loses_the_copy_and_gets_none_of_the_new_words(tmp_path):
    async with village(tmp_path, "lyon", "graz", "oslo") as town:
        lyon, graz, oslo = town.houses.values()
        ada, ben, olga = await lyon.member("ada"), await graz.member("ben"), await oslo.member("olga")
        both = f"@ben@{graz.host} @olga@{oslo.host} come at noon"
        post = await write(lyon, ada, both, Visibility.DIRECT)
        await town.settle()
        assert await graz.reads(ben, post.uri)
        edited = await posts.edit(lyon.ctx, ada, post.id, Draft(f"@olga@{oslo.host} come alone", Visibility.DIRECT))
        await town.settle()
        assert await graz.post(post.uri) is None
        assert not told(town, "come alone", graz.host)
        assert await oslo.reads(olga, post.uri)
        ((_, holders),) = await orders(lyon, Scope.COPY)
        assert {host: one.state for host, one in holders.items()} == {graz.host: State.ERASED}
        assert await ledger(lyon, post.uri) == {graz.host: "confirmed", oslo.host: "held"}

        await posts.edit(lyon.ctx, ada, edited.id, Draft(f"{both} after all", Visibility.DIRECT))
        await town.settle()
        assert "after all" in (await graz.post(post.uri)).content
        assert await ledger(lyon, post.uri) == {graz.host: "held", oslo.host: "held"}


async def test_E07_what_was_withdrawn_does_not_come_back_by_an_activity_from_before(tmp_path):
    async with village(tmp_path, "lyon", "graz", "oslo") as town:
        lyon, graz, oslo = town.houses.values()
        ada, _, _ = await lyon.member("ada"), await graz.member("ben"), await oslo.member("olga")
        post = await write(lyon, ada, f"@ben@{graz.host} @olga@{oslo.host} noon", Visibility.DIRECT)
        create = await sent(lyon, post.uri)
        await town.settle()
        await posts.edit(lyon.ctx, ada, post.id, Draft(f"@olga@{oslo.host} noon", Visibility.DIRECT))
        await town.settle()
        await town.send(lyon, ada, graz, create | {"id": f"{lyon.ctx.settings.url}/late"})
        assert await graz.post(post.uri) is None


async def test_E07_a_deletion_that_overtakes_its_post_keeps_it_out(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada = await lyon.member("ada")
        graz.down = True
        post = await write(lyon, ada, "Lunch at noon", Visibility.ORGANISATION)
        create = await sent(lyon, post.uri)
        await posts.delete(lyon.ctx, ada, post.id)
        graz.down = False
        town.clock.now += 3_600_000
        await town.settle()
        assert await ledger(lyon, post.uri) == {graz.host: "confirmed"}
        await town.send(lyon, ada, graz, create)
        assert await graz.post(post.uri) is None


async def sent(house, uri):
    """Return the Create of a post, as it is sent."""
    async with house.ctx.db.read() as tx:
        row = await tx.one("SELECT body FROM activities WHERE object = :uri AND type = 'Create'", uri=uri)
        return orjson.loads(sealed.read_body(tx, row["body"]))


async def test_E19_the_last_follower_at_a_node_takes_the_copies_with_them(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada, ben, bea = await lyon.member("ada"), await graz.member("ben"), await graz.member("bea")
        await follows(town, graz, ben, ada)
        await follows(town, graz, bea, ada)
        post = await write(lyon, ada, "For those who follow me")
        to_bea = await write(lyon, ada, f"@bea@{graz.host} and for those who follow me")
        wide = await write(lyon, ada, "For all", Visibility.ORGANISATION)
        await town.settle()
        await relationships.remove_follower(lyon.ctx, ada, (await lyon.account(ben)).id)
        await town.settle()
        assert await graz.reads(bea, post.uri)
        assert await orders(lyon, Scope.AUDIENCE) == [], "Bea is there"

        await relationships.remove_follower(lyon.ctx, ada, (await lyon.account(bea)).id)
        await posts.edit(lyon.ctx, ada, post.id, Draft("Said among us", Visibility.FOLLOWERS))
        await town.settle()
        assert await graz.post(post.uri) is None
        assert await graz.reads(bea, to_bea.uri)
        assert await graz.reads(ben, wide.uri)
        assert not told(town, "Said among us", graz.host)
        assert await ledger(lyon, post.uri) == {graz.host: "confirmed"}
        assert await ledger(lyon, to_bea.uri) == {graz.host: "held"}
        ((order, holders),) = await orders(lyon, Scope.AUDIENCE)
        assert holders[graz.host].state is State.ERASED
        assert order.done_at is not None


async def test_E08_who_follows_again_gets_what_is_written_then_and_may_fetch_what_was(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada, ben = await lyon.member("ada"), await graz.member("ben")
        await follows(town, graz, ben, ada)
        post = await write(lyon, ada, "Before")
        await town.settle()
        await relationships.remove_follower(lyon.ctx, ada, (await lyon.account(ben)).id)
        await town.settle()
        assert await graz.post(post.uri) is None
        await follows(town, graz, ben, ada)
        later = await write(lyon, ada, "After")
        await posts.edit(lyon.ctx, ada, post.id, Draft("Before, and edited", Visibility.FOLLOWERS))
        await town.settle()
        assert await graz.reads(ben, later.uri)
        assert await graz.reads(ben, post.uri)
        assert await ledger(lyon, post.uri) == {graz.host: "held"}


async def test_E10_who_unfollows_or_blocks_leaves_no_copy_behind(tmp_path):
    async with village(tmp_path, "lyon", "graz", "oslo") as town:
        lyon, graz, oslo = town.houses.values()
        ada, ben, olga = await lyon.member("ada"), await graz.member("ben"), await oslo.member("olga")
        await follows(town, graz, ben, ada)
        await follows(town, oslo, olga, ada)
        post = await write(lyon, ada, "For those who follow me")
        await town.settle()
        await relationships.unfollow(graz.ctx, ben, (await graz.account(ada)).id)
        await relationships.block(oslo.ctx, olga, (await oslo.account(ada)).id)
        await town.settle()
        assert await graz.post(post.uri) is None
        assert await oslo.post(post.uri) is None
        assert await ledger(lyon, post.uri) == {graz.host: "confirmed", oslo.host: "confirmed"}


async def test_E20_what_is_on_its_way_to_a_removed_follower_never_arrives(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada, ben = await lyon.member("ada"), await graz.member("ben")
        await follows(town, graz, ben, ada)
        graz.down = True
        post = await write(lyon, ada, "For those who follow me")
        await town.settle()
        await relationships.remove_follower(lyon.ctx, ada, (await lyon.account(ben)).id)
        graz.down = False
        town.clock.now += 3_600_000
        await town.settle()
        assert not told(town, "For those who follow me", graz.host)
        assert await graz.post(post.uri) is None
        assert await ledger(lyon, post.uri) == {graz.host: "confirmed"}


async def test_E10_the_last_member_of_a_group_at_a_node_leaves_nothing_of_it_there(tmp_path):
    async with village(tmp_path, "lyon", "graz", "oslo") as town:
        lyon, graz, oslo = town.houses.values()
        ada, ben, olga = await lyon.member("ada"), await graz.member("ben"), await oslo.member("olga")
        group = await town.found(lyon, ada, joining=Joining.OPEN)
        at_graz = await town.join(graz, ben, group)
        at_oslo = await town.join(oslo, olga, group)
        hers = await write(lyon, ada, "For members", Visibility.GROUP, group=group.id)
        olgas = await write(oslo, olga, "From Oslo", Visibility.GROUP, group=at_oslo.id)
        await town.settle()
        assert await graz.reads(ben, hers.uri)
        assert await graz.reads(ben, olgas.uri)
        await groups.remove(lyon.ctx, ada, group.id, (await lyon.account(ben)).id)
        await posts.edit(lyon.ctx, ada, hers.id, Draft("Among ourselves", Visibility.GROUP))
        await posts.edit(oslo.ctx, olga, olgas.id, Draft("Among the rest of us", Visibility.GROUP))
        await town.settle()
        for uri in (hers.uri, olgas.uri):
            assert await graz.post(uri) is None
            assert (await ledger(lyon, uri))[graz.host] == "confirmed"
        assert not told(town, "Among ourselves", graz.host)
        assert not told(town, "Among the rest of us", graz.host)
        ((_, holders),) = await orders(lyon, Scope.AUDIENCE)
        assert {host: one.state for host, one in holders.items()} == {graz.host: State.ERASED}

        await groups.join(graz.ctx, ben, at_graz.id)
        await town.settle()
        again = await write(lyon, ada, "Welcome back", Visibility.GROUP, group=group.id)
        await town.settle()
        assert await graz.reads(ben, again.uri)


async def test_E19_a_post_taken_out_of_a_group_stays_only_with_its_author_and_the_group(tmp_path):
    async with village(tmp_path, "lyon", "graz", "oslo") as town:
        lyon, graz, oslo = town.houses.values()
        ada, ben, olga = await lyon.member("ada"), await graz.member("ben"), await oslo.member("olga")
        group = await town.found(lyon, ada, joining=Joining.OPEN)
        await town.join(graz, ben, group)
        at_oslo = await town.join(oslo, olga, group)
        hers = await write(lyon, ada, "For members", Visibility.GROUP, group=group.id)
        olgas = await write(oslo, olga, "From Oslo", Visibility.GROUP, group=at_oslo.id)
        await town.settle()
        for uri in (hers.uri, olgas.uri):
            await groups.take_out(lyon.ctx, ada, group.id, (await lyon.post(uri)).id)
        await town.settle()
        await posts.edit(lyon.ctx, ada, hers.id, Draft("Taken out", Visibility.GROUP))
        await posts.edit(oslo.ctx, olga, olgas.id, Draft("Taken out as well", Visibility.GROUP))
        await town.settle()
        assert await graz.post(hers.uri) is None
        assert await graz.post(olgas.uri) is None
        assert await oslo.reads(olga, olgas.uri)
        assert not told(town, "Taken out", graz.host)


async def test_E19_who_came_to_a_group_later_and_got_an_edit_loses_what_is_taken_out_as_well(tmp_path):
    async with village(tmp_path, "lyon", "graz", "oslo") as town:
        lyon, graz, oslo = town.houses.values()
        ada, ben, olga = await lyon.member("ada"), await graz.member("ben"), await oslo.member("olga")
        group = await town.found(lyon, ada, joining=Joining.OPEN)
        at_graz = await town.join(graz, ben, group)
        bens = await write(graz, ben, "From Graz", Visibility.GROUP, group=at_graz.id)
        await town.settle()
        await town.join(oslo, olga, group)
        await posts.edit(graz.ctx, ben, bens.id, Draft("From Graz, again", Visibility.GROUP))
        await town.settle()
        assert await oslo.post(bens.uri) is not None, "it came with the edit, without the group's Announce"
        await groups.take_out(lyon.ctx, ada, group.id, (await lyon.post(bens.uri)).id)
        await town.settle()
        assert await oslo.post(bens.uri) is None
        assert await graz.reads(ben, bens.uri)


async def test_E19_between_a_removed_node_and_the_others_nothing_is_left_behind(tmp_path):
    async with village(tmp_path, "lyon", "graz", "oslo") as town:
        lyon, graz, oslo = town.houses.values()
        ada, ben, olga = await lyon.member("ada"), await graz.member("ben"), await oslo.member("olga")
        await follows(town, graz, ben, olga)
        group = await town.found(lyon, ada, joining=Joining.OPEN)
        await town.join(graz, ben, group)
        at_oslo = await town.join(oslo, olga, group)
        wide = await write(lyon, ada, "For all", Visibility.ORGANISATION)
        narrow = await write(oslo, olga, "For those who follow me")
        inside = await write(oslo, olga, "For members", Visibility.GROUP, group=at_oslo.id)
        his = await write(graz, ben, "From Graz", Visibility.ORGANISATION)
        await town.settle()
        assert all([await graz.reads(ben, one.uri) for one in (wide, narrow, inside)])
        assert await lyon.reads(ada, his.uri)
        await organisation.remove(lyon.ctx, graz.host)
        await town.settle()
        assert [await graz.post(one.uri) for one in (wide, narrow, inside)] == [None] * 3
        assert [await house.post(his.uri) for house in (lyon, oslo)] == [None] * 2
        assert await graz.reads(ben, his.uri)
        async with graz.ctx.db.read() as tx:
            assert await accounts.by_uri(tx, olga.uri) is None
            assert await accounts.by_uri(tx, group.uri) is None
        assert (await ledger(lyon, wide.uri))[graz.host] == "confirmed"
        assert (await ledger(oslo, narrow.uri))[graz.host] == "confirmed"
        assert (await ledger(lyon, wide.uri))[oslo.host] == "held"

        await organisation.join(graz.ctx, await organisation.invite(lyon.ctx))
        await town.settle()
        town.clock.now += 3_600_000  # a key is asked for now and then
        later = await write(lyon, ada, "Together again", Visibility.ORGANISATION)
        await town.settle()
        assert await graz.reads(ben, later.uri)


async def test_E06_what_takes_back_or_hides_reaches_a_node_that_was_away_for_longer_than_other_things_wait(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada, ben, eve = await lyon.member("ada"), await graz.member("ben"), await lyon.member("eve")
        await follows(town, graz, ben, ada)
        group = await town.found(lyon, ada, joining=Joining.OPEN)
        await town.join(graz, ben, group)
        inside = await write(lyon, ada, "For members", Visibility.GROUP, group=group.id)
        wide = await write(lyon, eve, "For all", Visibility.ORGANISATION)
        on_wall = await write(lyon, eve, "Look at this", Visibility.ORGANISATION, wall_of=ada.id)
        boost = await reactions.boost(lyon.ctx, ada, wide.id)
        await town.settle()
        assert await graz.reads(ben, inside.uri)
        assert await graz.post(boost.uri)
        assert (await graz.post(on_wall.uri)).wall_shown
        graz.down = True
        await groups.remove(lyon.ctx, ada, group.id, (await lyon.account(ben)).id)
        await reactions.unboost(lyon.ctx, ada, wide.id)
        await posts.take_from_wall(lyon.ctx, ada, on_wall.id)
        async with lyon.ctx.change() as change:
            for _ in range(3):
                shown = await profiles.show(
                    change, await profiles.hide(change, await accounts.by_id(change.tx, eve.id))
                )
            await profiles.hide(change, shown)
        await _days(town, 10)
        waiting = await _waiting(lyon)
        assert waiting["Update"] == 1, "a profile on its way is the latest one"
        graz.down = False
        await _days(town, 1)
        assert await graz.post(inside.uri) is None
        assert not (await graz.account(ada)).hidden_at
        assert await graz.post(boost.uri) is None
        assert not (await graz.post(on_wall.uri)).wall_shown
        assert (await graz.account(eve)).hidden_at
        assert not await graz.reads(ben, wide.uri)
        assert await _waiting(lyon) == {}


async def _days(town, count):
    for _ in range(count):
        town.clock.now += DAY_MS
        await town.settle()


async def _waiting(house):
    """Return kind → how many activities are on their way."""
    async with house.ctx.db.read() as tx:
        return {
            row["type"]: row["n"]
            for row in await tx.all(
                """SELECT a.type, COUNT(*) AS n FROM deliveries d JOIN activities a ON a.id = d.activity_id
                    WHERE d.state = 'due' GROUP BY a.type"""
            )
        }


async def test_I12_a_refusal_on_its_way_does_not_end_what_was_granted_later(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada, ben = await lyon.member("ada"), await graz.member("ben")
        await follows(town, graz, ben, ada)
        graz.down = True
        await relationships.remove_follower(lyon.ctx, ada, (await lyon.account(ben)).id)
        await town.settle()
        graz.down = False
        # Ben's node knows nothing of that yet: he takes it back himself, and asks anew.
        await relationships.unfollow(graz.ctx, ben, (await graz.account(ada)).id)
        await follows(town, graz, ben, ada)
        town.clock.now += 3_600_000
        await town.settle()
        later = await write(lyon, ada, "For those who follow me")
        await town.settle()
        assert await graz.reads(ben, later.uri)


async def test_E15_other_software_gets_a_plain_delete_of_each_post_that_nobody_there_may_read_any_more(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada, ben = await lyon.member("ada"), await graz.member("ben")
        await follows(town, graz, ben, ada)
        made = [await write(lyon, ada, f"Said {number}") for number in range(3)]
        await town.settle()
        async with lyon.ctx.change() as change:
            await change.tx.run("UPDATE organisation_members SET kind = 'admitted' WHERE host = :host", host=graz.host)
        await relationships.remove_follower(lyon.ctx, ada, (await lyon.account(ben)).id)
        for one in made:
            assert await ledger(lyon, one.uri) == {graz.host: "owed"}
        assert await orders(lyon, Scope.AUDIENCE) == []
        await narrowing.take_back_owed(lyon.ctx)
        await town.settle()
        for one in made:
            assert await ledger(lyon, one.uri) == {graz.host: "confirmed"}
            assert await graz.post(one.uri) is None
