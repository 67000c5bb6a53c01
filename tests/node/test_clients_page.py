"""The page on which a member sees what may act in their name, and ends it."""

import re

from moderation import members
from tests.node.browser import BROWSER, PASSWORD, Browser, browser


async def test_a_member_sees_each_client_and_ends_one(tmp_path, database):
    async with browser(tmp_path, database=database) as ada:
        token = await ada.token()
        personal = await members.issue_token(ada.ctx, await members.named(ada.ctx, "ada"), name="nightly report")
        _, page = await ada.page("/settings/clients")
        for said in ("Postbox", "https://client.example", "nightly report", "Token for a script", "Do in your name"):
            assert said in page, said
        ends = re.findall(r'action="(/settings/clients/\d+/end)"', page)
        assert len(ends) == 2  # the newest first
        answer = await ada.client.post(ends[1], form={"csrf": await ada.csrf("/home")}, headers=BROWSER)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/settings/clients")
        assert (await ada.asks(token), await ada.asks(personal)) == (401, 200)
        answer = await ada.client.post(ends[0], form={"csrf": await ada.csrf("/home")}, headers=BROWSER)
        assert await ada.asks(personal) == 401
        assert "No app may act in your name." in (await ada.page("/settings/clients"))[1]


async def test_O05_ending_a_client_needs_the_form(tmp_path):
    async with browser(tmp_path) as ada:
        token = await ada.token()
        end = re.search(r'action="(/settings/clients/\d+/end)"', (await ada.page("/settings/clients"))[1])[1]
        assert (await ada.client.post(end, headers=BROWSER)).status_code == 403
        assert (await ada.page(end))[0].status_code == 405
        assert await ada.asks(token) == 200


async def test_nobody_ends_a_client_of_somebody_else(tmp_path):
    async with browser(tmp_path) as ada:
        await members.add(ada.ctx, username="ben", password=PASSWORD)
        token = await ada.token()
        end = re.search(r'action="(/settings/clients/\d+/end)"', (await ada.page("/settings/clients"))[1])[1]
        ben = Browser(ada.ctx)
        await ben.sign_in(username="ben")
        assert "Postbox" not in (await ben.page("/settings/clients"))[1]
        answer = await ben.client.post(end, form={"csrf": await ben.csrf("/home")}, headers=BROWSER)
        assert (answer.status_code, await ada.asks(token)) == (404, 200)
        stranger = Browser(ada.ctx)
        assert (await stranger.page("/settings/clients"))[0].headers["Location"].startswith("/sign-in")


async def test_a_long_list_of_clients_goes_on(tmp_path):
    async with browser(tmp_path) as ada:
        account = await members.named(ada.ctx, "ada")
        for number in range(45):
            await members.issue_token(ada.ctx, account, name=f"script{number:02}")
        _, first = await ada.page("/settings/clients")
        older = re.search(r'href="(\?before=\d+)"', first)[1]
        _, second = await ada.page(f"/settings/clients{older}")
        found = re.findall(r"script\d\d", first + second)
        assert found == [f"script{number:02}" for number in reversed(range(45))]


async def test_the_settings_lead_to_the_page(tmp_path):
    async with browser(tmp_path) as ada:
        assert 'href="/settings/clients"' in (await ada.page("/settings"))[1]
