"""The pages about accounts that end: legal holds, members who leave, and who comes back after very long."""

from datetime import date, timedelta

from moderation import members
from node.domain.accounts import Role
from node.domain.pages import Masthead
from node.domain.posts import Draft
from node.domain.times import DAY_MS
from node.domain.viewer import Viewer
from node.store import bequests, departures, holds
from outbox import posts, unit_pages
from tests.endings import live, node, state
from tests.pages.test_administration import PASSWORD, Window, house

LATER = (date.today() + timedelta(days=20)).isoformat()


async def test_an_officer_places_changes_and_lifts_a_hold(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        await members.add(home.ctx, username="olga", password=PASSWORD, role=Role.OFFICER)
        olga, ada, carla = await home.window("olga"), await home.window("ada"), home.people["carla"]
        assert (await ada.page("/administration/holds"))[0] == 404, "there is an officer for this"
        assert "/administration/holds" not in (await ada.page("/administration"))[1]
        path = "/administration/holds"
        assert "There is no legal hold." in (await olga.page(path))[1]
        status, _, page = await olga.send(path, member="carla", reason="", until=LATER)
        assert (status, "Say why this account must not be erased" in page, LATER in page) == (422, True, True)
        assert (await olga.send(path, member="nobody", reason="Case 7", until=LATER))[0] == 404
        assert (await olga.send(path, member="@carla", reason="Case <7>", until=LATER))[:2] == (303, path)
        page = (await olga.page(path))[1]
        assert "Case &lt;7&gt;" in page
        await olga.send(path, member="carla", reason="Case 8", until=LATER)
        async with home.ctx.db.read() as tx:
            assert (await holds.of(tx, carla.id)).reason == "Case 8"
        assert (await olga.send(f"{path}/{carla.id}/lift", path))[:2] == (303, path)
        assert "There is no legal hold." in (await olga.page(path))[1]
        assert (await ada.send(f"{path}/{carla.id}/lift", "/home"))[0] == 404


async def test_without_an_officer_an_administrator_places_holds_and_moderators_never(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.window("ada"), await home.window("ben")
        form = {"member": "carla", "reason": "Case 7", "until": LATER}
        assert (await ada.send("/administration/holds", **form))[0] == 303
        assert (await ben.send("/administration/holds", "/home", **form))[0] == 404


async def test_who_erases_their_account_under_a_hold_is_told_until_when_it_is_only_hidden(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, carla = await home.window("ada"), await home.window("carla")
        await ada.send("/administration/holds", member="carla", reason="Case 7", until=LATER)
        status, _, page = await carla.send("/settings/account/erase", password=PASSWORD)
        assert (status, "It must not be erased yet" in page, "Sign out" in page) == (200, True, False)
        assert "Case 7" not in page
        assert (await carla.page("/home"))[0] == 303
        assert "to be erased then" in (await ada.page("/administration/holds"))[1]
        assert (await ada.page("/@carla"))[0] == 404


async def test_an_administrator_says_that_a_member_leaves_and_that_they_stay(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, carla = await home.window("ada"), home.people["carla"]
        path = f"/administration/members/{carla.id}/leave"
        assert "30 days later all they wrote is erased" in (await ada.page(path))[1]
        assert (await ada.send(path, until=""))[0] == 422
        assert (await ada.send(path, until="2001-01-01"))[0] == 422
        assert (await ada.send(path, until=LATER))[:2] == (303, "/administration/members")
        assert "leaves on" in (await ada.page("/administration/members"))[1]
        assert f'value="{LATER}"' in (await ada.page(path))[1]
        assert (await ada.send(path.replace("leave", "stay"), path))[:2] == (303, "/administration/members")
        async with home.ctx.db.read() as tx:
            assert await departures.of(tx, carla.id) is None
        own = f"/administration/members/{home.people['ada'].id}/leave"
        status, _, page = await ada.send(own, until=LATER)
        assert (status, "The last administrator cannot leave" in page) == (403, True)
        assert (await ada.page("/administration/members/7/leave"))[0] == 404


async def test_a_leaver_chooses_what_stays_in_the_name_of_the_page_that_was_named(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ctx, (ada, carla) = home.ctx, [home.people[name] for name in ("ada", "carla")]
        admin, leaver = await home.window("ada"), await home.window("carla")
        wrote = {
            text: await posts.publish(ctx, carla, Draft(text)) for text in ("How it works", "And this", "By Carla")
        }
        page = await unit_pages.found(ctx, Viewer(ada, Role.ADMIN), "know", Masthead(name="Know-how"), editors=["ada"])
        assert (await leaver.page("/settings/leaving"))[0] == 404
        assert "/settings/leaving" not in (await leaver.page("/settings"))[1]
        path = f"/administration/members/{carla.id}/leave"
        assert "Know-how" in (await admin.page(path))[1]
        await admin.send(path, until=LATER, heir="")
        assert "named no page for it" in (await leaver.page("/settings/leaving"))[1]
        await admin.send(path, until=LATER, heir=str(page.id))
        assert "/settings/leaving" in (await leaver.page("/settings"))[1]
        shown = (await leaver.page("/settings/leaving"))[1]
        for said in ("Know-how", "How it works", "And this"):
            assert said in shown, said
        assert shown.count("your name stands in it") == 1
        one = str(wrote["How it works"].id)
        assert (await leaver.send("/settings/leaving", shown=one, post=one))[:2] == (303, "/settings/leaving")
        async with ctx.db.read() as tx:
            assert (await bequests.of(tx, carla.id)).posts == {wrote["How it works"].id}
        assert "checked" in (await leaver.page("/settings/leaving"))[1]
        await leaver.send("/settings/leaving", shown=one)
        async with ctx.db.read() as tx:
            assert (await bequests.of(tx, carla.id)).posts == frozenset()


async def test_who_comes_back_after_very_long_is_told_and_goes_on_to_where_they_wanted(tmp_path):
    async with node(tmp_path) as here:
        await live(here, 55)
        assert await state(here) == "hidden"
        window = Window(here.app.test_client())
        here.clock.now += DAY_MS
        typed = {"username": "ben", "password": "correct horse battery"}
        status, place, _ = await window.send("/sign-in?next=/people", **typed)
        assert (status, place) == (303, "/back?next=/people")
        assert await state(here) == "shown"
        page = (await window.page(place))[1]
        assert "Now all is as it was" in page
        assert "hidden after 50 days and deleted after 70" in page
        assert (await window.send("/back", place, next="/people"))[:2] == (303, "/people")
        assert (await window.send("/back", place, next="https://elsewhere.example"))[:2] == (303, "/home")
        status, place, _ = await Window(here.app.test_client()).send("/sign-in?next=/people", **typed)
        assert (status, place) == (303, "/people")


async def test_administrators_read_that_there_is_no_mail_to_warn_by(tmp_path):
    said = "No mail leaves this node."
    for mail, told in (({}, False), ({"host": "", "listen": "", "reply_to": ""}, True)):
        async with node(tmp_path / str(told), **mail) as here:
            window = Window(here.app.test_client())
            await window.send("/sign-in", username="ada", password="correct horse battery")
            assert (said in (await window.page("/administration"))[1]) == told
