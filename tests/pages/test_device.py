"""The settings of a device, as forms; what the browser does for them is in `test_told.py`."""

import re
from dataclasses import replace

import pytest

from moderation import members
from node.app import create_app
from node.config import Push
from node.domain.accounts import Role
from node.store import push as rows
from outbox import subscriptions
from tests.node.test_push import Client, text
from tests.pages.test_settings import HOST, PASSWORD, Browser, another, signed_in

WHERE = "/settings/device"


def place(endpoint="http://127.0.0.1:9/browser"):
    client = Client()
    return {"endpoint": endpoint, "p256dh": client.p256dh, "auth": text(client.auth)}


async def devices(browser):
    return await subscriptions.devices(browser.ctx, (await browser.user()).account, limit=10)


async def wanted(browser):
    async with browser.ctx.db.read() as tx:
        account = (await browser.user()).account
        telling = await rows.telling(tx, account.id, from_id=0, seen_after=0, now=browser.ctx.clock())
    return [one.alerts for one in telling.subscriptions] if telling else []


def ticked(page):
    return re.findall(r'name="kinds" value="(\w+)" checked', page)


async def test_a_browser_is_told_of_what_was_ticked_until_it_is_stopped(tmp_path, database):
    async with signed_in(tmp_path, database=database) as ada:
        _, page = await ada.page(WHERE)
        assert ticked(page) == ["mention", "request", "status"]
        assert "Where you are told" not in page
        assert "somebody complains" not in page, "that is for those who look after the node"
        told = {"kinds": ["mention", "reaction", "update", "report", "nonsense"], **place()}
        assert (await ada.send(f"{WHERE}/push", WHERE, **told))[:2] == (303, f"{WHERE}?said=saved")
        assert await wanted(ada) == [{"mention", "favourite", "reblog", "update", "quoted_update"}]
        _, page = await ada.page(f"{WHERE}?said=saved")
        assert ("Saved." in page, "This browser" in page) == (True, True)
        assert ticked(page) == ["mention", "reaction", "update"]
        assert (await ada.send(f"{WHERE}/push", WHERE, kinds=["poll"]))[0] == 303, "the script need not subscribe anew"
        assert await wanted(ada) == [{"poll"}]
        (one,) = await devices(ada)
        assert (await ada.send(f"{WHERE}/push/stop", WHERE, device=str(one.id)))[0] == 303
        assert await devices(ada) == []


async def test_what_looks_after_the_node_is_told_to_those_who_do(tmp_path):
    async with signed_in(tmp_path) as ada:
        await members.add(ada.ctx, username="mo", password=PASSWORD, role=Role.MODERATOR)
        mo = another(ada)
        assert (await mo.send("/sign-in", username="mo", password=PASSWORD))[0] == 303
        assert "somebody complains" in (await mo.page(WHERE))[1]


async def test_a_browser_that_says_nothing_or_nonsense_is_told_nothing(tmp_path):
    async with signed_in(tmp_path) as ada:
        status, _, page = await ada.send(f"{WHERE}/push", WHERE, kinds=["mention"])
        assert (status, "did not say how it can be reached" in page) == (422, True)
        for spoil in ({"endpoint": "http://push.example/x"}, {"p256dh": "AAAA"}, {"auth": ""}):
            assert (await ada.send(f"{WHERE}/push", WHERE, kinds=["mention"], **{**place(), **spoil}))[0] == 422, spoil
        assert await devices(ada) == []


async def test_nobody_stops_what_others_are_told(tmp_path, database):
    async with signed_in(tmp_path, database=database) as ada:
        await ada.send(f"{WHERE}/push", WHERE, kinds=["mention"], **place())
        (one,) = await devices(ada)
        await members.add(ada.ctx, username="ben", password=PASSWORD)
        ben = another(ada)
        assert (await ben.send("/sign-in", username="ben", password=PASSWORD))[0] == 303
        assert (await ben.send(f"{WHERE}/push/stop", WHERE, device=str(one.id)))[0] == 303
        assert await devices(ada) == [one]


async def test_a_sample_that_cannot_be_sent_says_so(tmp_path):
    async with signed_in(tmp_path) as ada:
        status, _, page = await ada.send(f"{WHERE}/push/sample", WHERE)
        assert (status, "could not be sent" in page) == (502, True)
        await ada.send(f"{WHERE}/push", WHERE, kinds=["mention"], **place())
        assert (await ada.send(f"{WHERE}/push/sample", WHERE))[0] == 502


async def test_nothing_is_offered_where_nothing_is_pushed(tmp_path):
    async with signed_in(tmp_path) as ada:
        assert 'action="/settings/device/push"' in (await ada.page(WHERE))[1]
        off = replace(ada.ctx, settings=replace(ada.ctx.settings, push=Push(enabled=False)))
        there = Browser(off, create_app(off, jobs=False).test_client())
        assert await there.sign_in() == 303
        page = (await there.page(WHERE))[1]
        assert ("Read without a network" in page, 'action="/settings/device/push"' in page) == (True, False)
        assert (await there.send(f"{WHERE}/push", WHERE, kinds=["mention"], **place()))[0] == 404
        assert await devices(ada) == []


@pytest.mark.parametrize("path", ["", "/push", "/push/sample", "/push/stop"])
async def test_the_settings_of_a_device_are_for_members(tmp_path, path):
    async with signed_in(tmp_path) as ada:
        client = create_app(ada.ctx, jobs=False).test_client()
        stranger = Browser(ada.ctx, client)
        if not path:
            answer = await client.get(WHERE, headers=HOST)
            assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/sign-in")
        else:
            assert (await stranger.send(f"{WHERE}{path}", "/sign-in", **place()))[:2] == (303, "/sign-in?next=/home")
        assert await devices(ada) == []
