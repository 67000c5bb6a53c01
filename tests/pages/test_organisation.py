"""Who belongs to the organisation, on its page: the founding node decides, the others look."""

from outbox import organisation
from tests.pages.test_administration import house

PATH = "/administration/organisation"


async def test_a_node_that_stands_alone_says_so(tmp_path):
    async with house(tmp_path) as home:
        assert "This node stands alone." in (await (await home.window("ada")).page(PATH))[1]
        assert (await (await home.window("ada")).send(PATH, host="social.example"))[0] == 422


async def test_the_founding_node_invites_admits_and_parts(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        await organisation.create(home.ctx, "Weavers")
        ada = await home.window("ada")
        for wrong, status in (("", 422), ("no name", 422), (home.ctx.settings.authority, 409)):
            assert (await ada.send(PATH, host=wrong))[0] == status, wrong
        assert (await ada.send(PATH, host="social.example"))[:2] == (303, PATH)
        _, page = await ada.page(PATH)
        assert ("social.example" in page, "other software" in page, "founding node" in page) == (True, True, True)
        status, _, page = await ada.send(f"{PATH}/invite", PATH)
        assert (status, "allmende org join CODE" in page) == (200, True)
        assert "allmende org join CODE" not in (await ada.page(PATH))[1], "the code is shown once"
        assert (await ada.send(f"{PATH}/remove", PATH, host="nobody.example"))[0] == 404
        assert (await ada.send(f"{PATH}/remove", PATH, host=home.ctx.settings.authority))[0] == 422
        assert (await ada.send(f"{PATH}/remove", PATH, host="social.example"))[:2] == (303, PATH)
        assert "social.example" not in (await ada.page(PATH))[1].replace("social.example.com", "")
