"""The home stream's own way in answers as the route behind it does, and stale pages never."""

import orjson
import pytest

from moderation import measures
from node.api.home_door import HomeDoor
from node.limits import Limits
from tests.clients import house
from tests.doors import AUTHORITY, Through

PATH = "/api/v1/timelines/home"
SAME = ("link", "content-type", "access-control-allow-origin", "cache-control", "x-ratelimit-limit")


async def written(ada, ben, many=5):
    ids = []
    for number in range(many):
        ids.append((await ada.write(f"Number {number}", visibility="public"))["id"])
    await ben.post(f"/api/v1/statuses/{ids[0]}/reblog")
    await ben.write("An answer", in_reply_to_id=ids[1])
    await ada.post(f"/api/v1/statuses/{ids[2]}/favourite")
    return ids


async def test_the_door_and_the_route_answer_alike(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        await ben.post(f"/api/v1/accounts/{ada.account.id}/follow")
        ids = await written(ada, ben)
        door = Through(home, HomeDoor)
        for query in ("", "limit=2", f"max_id={ids[3]}&limit=1", f"min_id={ids[0]}&limit=2", f"since_id={ids[4]}"):
            for client in (ada, ben):
                told = await door.ask("GET", PATH, client.token, query=query)
                straight = await client.ask("GET", f"{PATH}?{query}")
                assert told.status == straight.status == 200
                reply = await home.app.test_client().get(
                    f"{PATH}?{query}",
                    headers={"Host": AUTHORITY, "Authorization": f"Bearer {client.token}"},
                )
                assert told.body == await reply.get_data()
                for name in SAME:
                    assert told.headers.get(name) == straight.headers.get(name), name
        assert not door.passed


async def test_a_page_that_was_kept_is_never_stale(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        await ben.post(f"/api/v1/accounts/{ada.account.id}/follow")
        ids = await written(ada, ben)
        door = Through(home, HomeDoor)
        before = await door.ask("GET", PATH, ben.token)
        assert (await door.ask("GET", PATH, ben.token)).body == before.body
        await ada.post(f"/api/v1/statuses/{ids[4]}/favourite")
        favourited = await door.ask("GET", PATH, ben.token)
        assert favourited.body != before.body
        await ada.delete(f"/api/v1/statuses/{ids[4]}")
        assert ids[4].encode() not in (await door.ask("GET", PATH, ben.token)).body
        await measures.suspend(home.ctx, ada.account.id, reason="A threat.")
        assert b"Number" not in (await door.ask("GET", PATH, ben.token)).body
        await measures.suspend(home.ctx, ben.account.id, reason="A threat.")
        assert (await door.ask("GET", PATH, ben.token)).status == 401


@pytest.mark.parametrize(
    ("query", "host", "status"),
    [
        ("limit=x", "127.0.0.1:8499", 422),
        ("limit=1&limit=2", "127.0.0.1:8499", 200),
        ("local=true", "127.0.0.1:8499", 200),
        ("", "elsewhere.example", 421),
    ],
)
async def test_whatever_is_unusual_goes_on_to_the_route(tmp_path, query, host, status):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        door = Through(home, HomeDoor)
        assert (await door.ask("GET", PATH, ada.token, query=query, host=host)).status == status
        assert door.passed[PATH] == 1


async def test_scopes_and_rates_hold_at_the_door(tmp_path):
    async with house(tmp_path, limits=Limits(requests_per_member=3)) as home:
        ada = await home.member("ada")
        narrow = await home.client(ada.account, scopes="write")
        door = Through(home, HomeDoor)
        assert (await door.ask("GET", PATH, narrow.token)).status == 403
        assert (await door.ask("GET", PATH, "nobody's")).status == 401
        assert [(await door.ask("GET", PATH, ada.token)).status for _ in range(4)] == [200, 200, 429, 429]


async def test_what_fails_unforeseen_is_said_as_the_application_says_it_and_logged_once(tmp_path, monkeypatch, caplog):
    async with house(tmp_path) as home:
        ada = await home.member("ada")

        async def broken(*_given, **_named):
            raise ZeroDivisionError("never told")

        monkeypatch.setattr("node.api.home_door.home_page", broken)
        door = Through(home, HomeDoor)
        told = await door.ask("GET", PATH, ada.token)
        assert told.status == 500
        assert set(orjson.loads(told.body)) == {"error"}
        assert b"never told" not in told.body
        assert told.headers["content-type"] == "application/json; charset=utf-8"
        assert told.headers["access-control-allow-origin"] == "*"
        assert [record.exc_info[0] for record in caplog.records] == [ZeroDivisionError]
        assert not door.passed, "it is not asked a second time"
        monkeypatch.undo()
        assert (await door.ask("GET", PATH, ada.token)).status == 200
