"""The pages for pseudonyms, as a browser without JavaScript meets them."""

import re

from moderation import measures, members, personas
from node.domain.accounts import Role
from tests.pages.test_administration import PASSWORD, house


async def test_a_member_makes_a_pseudonym_goes_over_to_it_and_back(tmp_path):
    async with house(tmp_path) as home:
        carla, path = await home.window("carla"), "/settings/pseudonym"
        for wrong in ("carla_again", "no name", "ben"):
            status, _, page = await carla.send(path, username=wrong, name="Otter")
            assert (status in (409, 422), f'value="{wrong}"' in page) == (True, True), wrong
        assert (await carla.send(path, username="otter", name="Quiet Otter"))[:2] == (303, path)
        assert (await carla.send(f"{path}/enter", path))[:2] == (303, "/home")
        _, page = await carla.page("/home")
        assert "You are here under your pseudonym, Quiet Otter." in page
        assert 'value="followers"' not in page
        assert (await carla.send("/posts", "/compose", text="Why so?", audience="unit"))[0] == 303
        for own in ("account", "pseudonym", "account/erase"):
            assert (await carla.page(f"/settings/{own}"))[0] == 403
        ben = await home.window("ben")
        wall = (await ben.page("/@otter"))[1]
        assert ("Why so?" in wall, "Pseudonym</span>" in wall, "carla" in wall.lower()) == (True, True, False)
        assert (await carla.send("/pseudonym/leave", "/home"))[:2] == (303, "/home")
        _, page = await carla.page("/home")
        assert ("under your pseudonym" in page, "/@carla" in page) == (False, True)


async def test_signing_out_ends_both_sessions(tmp_path):
    async with house(tmp_path) as home:
        carla, path = await home.window("carla"), "/settings/pseudonym"
        await carla.send(path, username="otter", name="")
        await carla.send(f"{path}/enter", path)
        async with home.ctx.db.read() as tx:
            assert (await tx.one("SELECT COUNT(*) AS n FROM sessions"))["n"] == 2
        assert (await carla.send("/sign-out", "/home"))[:2] == (303, "/")
        async with home.ctx.db.read() as tx:
            assert (await tx.one("SELECT COUNT(*) AS n FROM sessions"))["n"] == 0
        assert (await carla.page("/settings"))[0] == 303


async def test_who_was_suspended_meanwhile_does_not_come_back(tmp_path):
    async with house(tmp_path) as home:
        carla, path = await home.window("carla"), "/settings/pseudonym"
        await carla.send(path, username="otter", name="")
        await carla.send(f"{path}/enter", path)
        await measures.suspend(home.ctx, home.people["carla"].id, reason="A threat.")
        assert (await carla.page("/settings"))[0] == 303


async def test_nobody_goes_back_to_a_session_that_is_not_their_own(tmp_path):
    async with house(tmp_path) as home:
        carla = await home.window("carla")
        assert (await carla.send("/pseudonym/leave", "/home"))[:2] == (303, "/home")
        assert "/@carla" in (await carla.page("/home"))[1]


async def test_two_roles_look_on_their_page_and_the_person_reads_of_it(tmp_path):
    async with house(tmp_path) as home:
        pia = await members.add(home.ctx, username="pia", password=PASSWORD, role=Role.OFFICER)
        await personas.make(home.ctx, home.people["carla"], username="otter", name="Quiet Otter")
        ben, officer, ada, path = (
            await home.window("ben"),
            await home.window("pia"),
            await home.window("ada"),
            "/pseudonyms",
        )
        assert (await (await home.window("carla")).page(path))[0] == 404
        assert (await ben.send(path, handle="nobody", reason="A threat"))[0] == 404
        assert (await ben.send(path, handle="@otter", reason=""))[0] == 422
        assert (await ben.send(path, handle="@otter", reason="A threat"))[:2] == (303, path)
        look = re.search(r"/pseudonyms/(\d+)/agree", (await officer.page(path))[1])[1]
        assert f"/pseudonyms/{look}/agree" not in (await ben.page(path))[1]
        assert (await ada.send(f"{path}/{look}/agree", path))[0] == 403
        assert "@carla" not in (await officer.page(path))[1]
        assert (await officer.send(f"{path}/{look}/agree", path))[:2] == (303, path)
        for window, sees in ((ben, True), (officer, True), (ada, False)):
            assert ("/@carla" in (await window.page(path))[1]) == sees
        carla = await home.window("carla")
        assert "A threat" not in (await carla.page("/settings/pseudonym"))[1]
        assert (await ada.send(f"{path}/{look}/close", path))[0] == 404
        assert (await ben.send(f"{path}/{look}/close", path))[:2] == (303, path)
        assert "/@carla" not in (await ben.page(path))[1]
        assert "A threat" in (await carla.page("/settings/pseudonym"))[1]
        assert pia.username not in (await carla.page("/settings/pseudonym"))[1]
