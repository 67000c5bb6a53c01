"""The pages for guests and for members under age, as a browser without JavaScript meets them."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from moderation import members
from node.domain.guests import Terms
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.store import accounts, minors
from node.store import guests as rows
from outbox import groups, posts
from tests.pages.test_administration import PASSWORD, house

DAY_MS = 86_400_000


def day(days):
    """The day in so many days, as a form has it."""
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


async def dyers(home):
    return await groups.found(home.ctx, home.people["carla"], "dyers", replace(groups.DEFAULTS, name="Dyers"))


async def brought(home, by="carla"):
    """Let Carla bring Greta into her group for ten days."""
    group = await dyers(home)
    terms = Terms(home.people[by].id, home.ctx.clock() + 10 * DAY_MS, (group.id,))
    greta = await members.add(home.ctx, username="greta", password=PASSWORD, name="Greta", guest=terms)
    await groups.answer(home.ctx, home.people["carla"], group.id, greta.id, accept=True)
    home.people["greta"] = greta
    return greta, group


async def guest(home, account):
    async with home.ctx.db.read() as tx:
        return await rows.of(tx, account.id)


async def test_an_administrator_invites_a_guest_and_changes_and_ends_it(tmp_path):
    async with house(tmp_path) as home:
        await dyers(home)
        ada, path = await home.window("ada"), "/administration/guests"
        status, _, page = await ada.send(path, sponsor="nobody", until=day(9), groups="dyers")
        assert (status, 'value="nobody"' in page) == (404, True), "what was typed is not lost"
        for wrong in ({"until": ""}, {"until": "soon"}, {"until": day(-2)}, {"groups": ""}):
            given = {"sponsor": "carla", "until": day(9), "groups": "dyers"} | wrong
            assert (await ada.send(path, **given))[0] == 422, wrong
        _, _, page = await ada.send(path, sponsor="@carla", until=day(9), groups="@dyers", note="the mill")
        link = re.search(r"/invitation/([\w-]+)", page)[1]
        greta = await members.accept_invitation(home.ctx, link, username="greta", password=PASSWORD)
        assert "greta" in (await ada.page(path))[1]
        one = f"{path}/{greta.id}"
        assert 'value="carla"' in (await ada.page(one))[1]
        assert (await ada.send(one, sponsor="ben", until=day(30), groups="dyers"))[:2] == (303, path)
        assert (await guest(home, greta)).terms.sponsor_id == home.people["ben"].id
        assert (await ada.send(f"{one}/end", one))[:2] == (303, path)
        assert (await guest(home, greta)).ended_at
        assert (await ada.send(one, sponsor="ben", until=day(30), groups="dyers"))[0] == 303
        assert await home.window("greta")


async def test_who_brought_a_guest_sees_them_and_lets_them_go_earlier_only(tmp_path):
    async with house(tmp_path) as home:
        greta, _ = await brought(home)
        carla, ben, path = await home.window("carla"), await home.window("ben"), "/settings/guests"
        assert "Greta" in (await carla.page(path))[1]
        assert "Greta" not in (await ben.page(path))[1]
        one = f"{path}/{greta.id}"
        assert (await ben.send(f"{one}/end", "/settings/profile"))[0] == 404
        assert (await carla.send(f"{one}/shorten", path, until=day(30)))[0] == 403
        assert (await carla.send(f"{one}/shorten", path, until=day(2)))[:2] == (303, path)
        assert (await guest(home, greta)).terms.until < home.ctx.clock() + 4 * DAY_MS
        assert (await carla.send(f"{one}/end", path))[:2] == (303, path)
        assert "Greta" not in (await carla.page(path))[1]


async def test_everybody_sees_the_badge_of_a_guest_beside_the_name(tmp_path):
    async with house(tmp_path) as home:
        greta, group = await brought(home)
        post = await posts.publish(home.ctx, greta, Draft("Hello", Visibility.GROUP, group=group.id))
        carla = await home.window("carla")
        for path in (f"/posts/{post.id}", "/@greta", "/people?q=Greta", f"/groups/{group.id}/members"):
            assert 'class="unit guest">Guest<' in (await carla.page(path))[1], path
        assert 'class="unit guest"' not in (await carla.page("/@ben"))[1]


async def test_a_guest_finds_no_page_that_is_for_members(tmp_path):
    async with house(tmp_path) as home:
        await brought(home)
        greta = await home.window("greta")
        for path in ("/pages", "/groups/new", "/settings/guests"):
            status, page = await greta.page(path)
            assert (status, "You are here as a guest" in page) == (403, True), path
        menu = (await greta.page("/menu"))[1]
        assert ('href="/pages"' in menu, 'href="/groups"' in menu) == (False, True)
        home_page = (await greta.page("/home"))[1]
        assert ('value="unit"' in home_page, 'value="direct"' in home_page) == (False, True)


async def test_an_administrator_alone_sees_and_says_who_is_under_age(tmp_path):
    async with house(tmp_path) as home:
        ada, carla = await home.window("ada"), home.people["carla"]
        path = f"/administration/members/{carla.id}/minor"
        assert (await ada.send(path, minor="on"))[:2] == (303, "/administration/members")
        assert "under age" in (await ada.page("/administration/members"))[1]
        async with home.ctx.db.read() as tx:
            assert await minors.is_minor(tx, carla.id)
            assert not (await accounts.by_id(tx, carla.id)).discoverable
        for name in ("carla", "ben"):
            window = await home.window(name)
            for page in ("/@carla", "/settings/profile", "/settings/privacy", "/people"):
                assert "under age" not in (await window.page(page))[1].lower(), (name, page)
        assert (await ada.send(path))[0] == 303
        assert "under age" not in (await ada.page("/administration/members"))[1]
