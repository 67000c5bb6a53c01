"""Guests of one node in a group of another: everybody sees what they are, and they come in by the word of the group."""

from moderation import guests, members
from node.domain.groups import Joining
from node.domain.guests import Terms
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.store import groups as rows
from node.store import people
from outbox import groups
from outbox import posts as commands
from tests.village import village

HOUR = 3_600_000


async def test_a_guest_is_let_into_a_group_elsewhere_reads_in_it_and_leaves_it_at_the_end(tmp_path):
    async with village(tmp_path, "Lyon", "Bern") as town:
        lyon, bern = town.houses.values()
        ada, cleo, ben = await lyon.member("ada"), await bern.member("cleo"), await bern.member("ben")
        dyers = await town.found(bern, cleo, joining=Joining.OPEN)
        here = await lyon.account(dyers)
        terms = Terms(ada.id, town.clock.now + HOUR, (here.id,))
        greta = await members.add(lyon.ctx, username="greta", password="correct horse battery", guest=terms)
        await town.settle()
        there = await bern.account(greta)
        assert there.guest, "the other node knows what they are"
        async with bern.ctx.db.read() as tx:
            standing = await rows.standing(tx, dyers.id, there.id, now=town.clock.now)
        assert (standing.role, standing.asked) == (None, True), "a guest of others asks, though the group is open"
        await groups.answer(bern.ctx, cleo, dyers.id, there.id, accept=True)
        await town.settle()
        inside = await commands.publish(bern.ctx, cleo, Draft("For the dyers", Visibility.GROUP, group=dyers.id))
        outside = await commands.publish(bern.ctx, ben, Draft("For all of us", Visibility.ORGANISATION))
        await town.settle()
        assert await lyon.reads(greta, inside.uri)
        assert await lyon.reads(ada, outside.uri)
        assert not await lyon.reads(greta, outside.uri)
        async with lyon.ctx.db.read() as tx:
            known = [await lyon.account(one) for one in (cleo, ben)]
        async with lyon.ctx.db.read() as tx:
            hidden = await people.hidden(tx, [one.id for one in known], viewer_id=greta.id)
        assert hidden == {known[1].id}, "who wrote in the group is met, whoever did not is not"
        said = await commands.publish(lyon.ctx, greta, Draft("Thank you", Visibility.GROUP, group=here.id))
        await town.settle()
        assert await bern.reads(cleo, said.uri)
        town.clock.now += HOUR
        assert await guests.end_due(lyon.ctx) == 1
        await town.settle()
        async with bern.ctx.db.read() as tx:
            assert (await rows.standing(tx, dyers.id, there.id, now=town.clock.now)).role is None
