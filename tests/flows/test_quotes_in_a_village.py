"""A quote across nodes: shown everywhere once the quoted author says yes, and nowhere when they take that back."""

import orjson
import pytest

from node.api.render import status as render
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from outbox import posts, quotes
from tests.village import village

OPEN = {"visibility": Visibility.ORGANISATION, "quote_policy": "public"}


async def state(house, reader, uri):
    """How somebody's client is told that the quote of a post stands."""
    async with house.ctx.db.read() as tx:
        (shown,) = await render.statuses(house.ctx, tx, [await house.post(uri)], viewer_id=reader.id)
    return orjson.loads(orjson.dumps(shown))["quote"]["state"]


@pytest.mark.parametrize("apart", [True, False], ids=["of another node", "of one node"])
async def test_a_quote_is_shown_and_taken_back_on_every_node(tmp_path, apart):
    async with village(tmp_path, "lyon", "graz", "oslo") as town:
        lyon, graz, oslo = town.houses.values()
        quoted_at = oslo if apart else graz
        carol, ben, ada = await quoted_at.member("carol"), await graz.member("ben"), await lyon.member("ada")
        wise = await posts.publish(quoted_at.ctx, carol, Draft("Wise", **OPEN))
        await town.settle()
        known = await graz.post(wise.uri)
        quoting = await posts.publish(graz.ctx, ben, Draft("See", Visibility.ORGANISATION, quote_of=known.id))
        await town.settle()
        assert [await state(graz, ben, quoting.uri), await state(lyon, ada, quoting.uri)] == ["accepted"] * 2
        held = await quoted_at.post(quoting.uri)
        await quotes.revoke(quoted_at.ctx, carol, wise.id, held.id)
        await town.settle()
        assert [await state(graz, ben, quoting.uri), await state(lyon, ada, quoting.uri)] == ["revoked"] * 2
