"""What a profile was before is kept nowhere (requirement D18)."""

import pytest

from federation import resolve
from federation.errors import Vanished
from node.domain.accounts import Profile
from outbox import profiles
from tests.opened import opened
from tests.village import village


async def updates(home, account):
    """Return (uri, body) of what stands here of the Updates about an account."""
    async with home.ctx.db.read() as tx:
        rows = await tx.all(
            "SELECT uri, body FROM activities WHERE type = 'Update' AND object = :uri ORDER BY id", uri=account.uri
        )
    return [(row["uri"], opened(home.ctx.db, row["body"])) for row in rows]


async def test_an_update_that_a_newer_one_follows_is_neither_kept_nor_served_nor_sent(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada = await lyon.member("ada")
        ben = await graz.member("ben")
        await graz.account(ada)
        await town.join(graz, ben, await town.found(lyon, ada, "dyers"))
        await profiles.edit(lyon.ctx, ada, Profile(position="Weaver"))
        await town.settle()
        assert (await graz.account(ada)).position == "Weaver"
        ((sent, _),) = await updates(lyon, ada)

        await profiles.edit(lyon.ctx, ada, Profile(position="Foreman"))  # still on its way when the next one comes
        await profiles.edit(lyon.ctx, ada, Profile(position="Dyer"))
        ((newest, body),) = await updates(lyon, ada)
        assert "Dyer" in str(body)
        assert "Foreman" not in str(body)
        assert (await resolve.document(graz.ctx, newest))["object"]["name"] == "Ada"
        with pytest.raises(Vanished):
            await resolve.document(graz.ctx, sent)
        await town.settle()
        assert (await graz.account(ada)).position == "Dyer"
        assert newest != sent
