"""What a person tells their own unit only: other units are not told, and forget what they were."""

from dataclasses import replace

import pytest

from federation import actors
from node.domain.accounts import Profile
from node.domain.profiles import NARROWED, told_beyond
from outbox import profiles
from tests.village import village

TOLD = Profile(
    summary="I dye",
    position="Dyer",
    department="Vats",
    site="Lyon, hall 3",
    skills=("indigo",),
    fields=(
        ("Position", "Dyer"),
        ("Department", "Vats"),
        ("Workplace", "Lyon, hall 3"),
        ("Skills", "indigo"),
        ("Desk", "12"),
    ),
)


def told(account):
    return [account.position, account.department, account.site, account.skills, len(account.fields), account.summary]


async def test_another_unit_learns_it_and_forgets_it_again(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada = await profiles.edit(lyon.ctx, await lyon.member("ada"), TOLD)
        ben = await graz.member("ben")
        there = await graz.account(ada)
        assert told(there) == ["Dyer", "Vats", "Lyon, hall 3", ("indigo",), 1, "<p>I dye</p>"]
        await town.join(graz, ben, await town.found(lyon, ada, "dyers"))
        await profiles.edit(lyon.ctx, ada, Profile(narrow=("site", "skills", "fields", "summary")))
        await town.settle()
        assert told(await graz.account(ada)) == ["Dyer", "Vats", "", (), 0, ""]
        assert told(await lyon.account(ada))[2:4] == ["Lyon, hall 3", ("indigo",)]
        await profiles.edit(lyon.ctx, ada, Profile(narrow=()))
        await town.settle()
        assert (await graz.account(ada)).site == "Lyon, hall 3"


@pytest.mark.parametrize("name", NARROWED)
async def test_each_of_them_is_kept_back_by_itself(tmp_path, name):
    async with village(tmp_path, "lyon") as town:
        (lyon,) = town.houses.values()
        ada = await profiles.edit(lyon.ctx, await lyon.member("ada"), replace(TOLD, narrow=(name, "nothing of ours")))
        assert ada.narrow == (name,)
        assert getattr(told_beyond(ada), name) == type(getattr(ada, name))()
        async with lyon.ctx.db.read() as tx:
            document = await actors.described(tx, ada, base=lyon.ctx.settings.url)
        words = {"summary": "I dye", "position": "Dyer", "department": "Vats", "site": "hall 3", "skills": "indigo"}
        said = str(document)
        assert {one for one, word in {**words, "fields": "Desk"}.items() if word not in said} == {name}
