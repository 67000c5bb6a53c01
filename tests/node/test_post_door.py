"""New posts have a way in of their own: it answers as the route behind it does, and does the same."""

import orjson
import pytest

from node.api.post_door import PostDoor
from node.limits import Limits
from tests.clients import house
from tests.doors import Through
from tests.nodes import URL

PATH = "/api/v1/statuses"
JSON = {"Content-Type": "application/json"}
SAME = ("content-type", "access-control-allow-origin", "cache-control", "x-content-type-options", "x-ratelimit-limit")
ITS_OWN = ("id", "uri", "url", "created_at", "scheduled_at", "poll")
POLL = {"options": ["Soup", "Bread"], "expires_in": 600}


async def asked(door, client, given, **headers):
    body = given if isinstance(given, bytes) else orjson.dumps(given)
    return await door.ask("POST", PATH, client.token, body=body, headers=JSON | headers)


def shared(body):
    """What two posts with the same words have in common."""
    return {name: value for name, value in body.items() if name not in ITS_OWN}


@pytest.mark.parametrize(
    "given",
    [
        {"status": "Hello @ben, *this* is #new at https://intranet.example/page", "visibility": "public"},
        {"status": "Lunch?", "poll": POLL, "language": "en"},
        {"status": "A letter to @ben", "visibility": "direct"},
        {"status": "Later", "scheduled_at": "2099-01-01T00:00:00Z"},
        {"status": ""},
        {"status": "x", "visibility": "everybody"},
        {"status": "x", "in_reply_to_id": "1"},
        {"status": "x" * 100_000},
        b"{",
        b"[]",
        b"",
    ],
)
async def test_the_door_and_the_route_answer_alike(tmp_path, database, given):
    async with house(tmp_path, database=database) as home:
        ada, _ben = await home.member("ada"), await home.member("ben")
        door = Through(home, PostDoor)
        told = await asked(door, ada, given)
        body = given if isinstance(given, bytes) else orjson.dumps(given)
        straight = await ada.ask("POST", PATH, data=body, headers=JSON)
        assert told.status == straight.status
        assert shared(orjson.loads(told.body)) == shared(straight.body)
        for name in SAME:
            if name != "cache-control" or told.status == 200:
                assert told.headers.get(name) == straight.headers.get(name), name
        assert not door.passed


async def test_what_comes_in_by_the_door_is_written_told_and_sent(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        await ben.post(f"/api/v1/accounts/{ada.account.id}/follow")
        made = orjson.loads((await asked(Through(home, PostDoor), ada, {"status": "Hello @ben"})).body)
        assert made["uri"].startswith(URL)
        assert [one["id"] for one in (await ben.get("/api/v1/timelines/home")).body] == [made["id"]]
        told = (await ben.get("/api/v1/notifications")).body
        assert ("mention", made["id"]) in [(one["type"], (one.get("status") or {}).get("id")) for one in told]
        async with home.ctx.db.read() as tx:
            row = await tx.one("SELECT type FROM activities WHERE object = :uri", uri=made["uri"])
        assert row is not None
        assert row["type"] == "Create"


async def test_the_same_attempt_leads_to_the_same_post_by_either_way(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        key = {"Idempotency-Key": "one try"}
        first = orjson.loads((await asked(Through(home, PostDoor), ada, {"status": "Once"}, **key)).body)
        again = orjson.loads((await asked(Through(home, PostDoor), ada, {"status": "Once"}, **key)).body)
        straight = await ada.post(PATH, {"status": "Once"}, headers=key)
        assert first == again == straight.body


@pytest.mark.parametrize(
    ("host", "headers", "status"),
    [
        ("127.0.0.1:8499", {"Content-Type": "application/x-www-form-urlencoded"}, 422),
        ("127.0.0.1:8499", {"Content-Length": str(Limits().form_body + 1)}, 413),
        ("elsewhere.example", {}, 421),
    ],
)
async def test_whatever_is_unusual_goes_on_to_the_route(tmp_path, host, headers, status):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        door = Through(home, PostDoor)
        told = await door.ask("POST", PATH, ada.token, host=host, body=b'{"status": "Hello"}', headers=JSON | headers)
        assert told.status == status
        assert door.passed[PATH] == 1


async def test_scopes_and_rates_hold_at_the_door(tmp_path):
    async with house(tmp_path, limits=Limits(requests_per_member=2)) as home:
        ada = await home.member("ada")
        narrow = await home.client(ada.account, scopes="read")
        nobody = type(ada)(ada.app, ada.account, "nobody's")
        door = Through(home, PostDoor)
        assert (await asked(door, narrow, {"status": "x"})).status == 403
        assert (await asked(door, nobody, {"status": "x"})).status == 401
        told = [await asked(door, ada, {"status": "x"}) for _ in range(3)]
        assert [one.status for one in told] == [200, 429, 429]
        assert int(told[-1].headers["retry-after"]) > 0


@pytest.mark.parametrize("where", ["node.api.post_door.written", "node.api.post_door.members.viewer_of_token"])
async def test_what_fails_unforeseen_is_said_as_the_application_says_it_and_logged_once(
    tmp_path, monkeypatch, caplog, where
):
    async with house(tmp_path) as home:
        ada = await home.member("ada")

        async def broken(*_given, **_named):
            raise ZeroDivisionError("never told")

        monkeypatch.setattr(where, broken)
        door = Through(home, PostDoor)
        told = await asked(door, ada, {"status": "Hello"})
        assert told.status == 500
        assert set(orjson.loads(told.body)) == {"error"}
        assert b"never told" not in told.body
        assert told.headers["content-type"] == "application/json; charset=utf-8"
        assert told.headers["access-control-allow-origin"] == "*"
        assert [record.exc_info[0] for record in caplog.records] == [ZeroDivisionError]
        assert not door.passed, "nothing is tried twice"
        monkeypatch.undo()
        assert (await asked(door, ada, {"status": "Hello"})).status == 200
