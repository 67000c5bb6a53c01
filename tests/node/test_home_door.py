"""The home stream's own way in answers as the route behind it does, and stale pages never."""

import asyncio
from collections import Counter

import pytest

from moderation import members
from node.api.home_door import HomeDoor
from node.limits import Limits
from tests.clients import house
from tests.nodes import URL

PATH = "/api/v1/timelines/home"
AUTHORITY = URL.removeprefix("http://")
SAME = ("link", "content-type", "access-control-allow-origin", "cache-control", "x-ratelimit-limit")


class Through:
    """Asks through the door; counts what went on to the application."""

    def __init__(self, home):
        self.passed = Counter()
        self.home = home
        self.door = HomeDoor(self._behind, home.ctx)

    async def _behind(self, scope, receive, send):
        self.passed[scope["path"]] += 1
        await self.home.app(scope, receive, send)

    async def get(self, token, query="", host=AUTHORITY):
        headers = [(b"host", host.encode()), (b"authorization", f"Bearer {token}".encode())]
        scope = {
            "type": "http", "method": "GET", "path": PATH, "raw_path": PATH.encode(), "query_string": query.encode(),
            "headers": headers, "http_version": "1.1", "scheme": "http", "root_path": "", "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8499), "asgi": {"version": "3.0", "spec_version": "2.3"}, "extensions": {},
        }  # fmt: skip
        sent = []
        asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive():
            return next(asked, None) or await asyncio.Future()

        async def send(message):
            sent.append(message)

        await self.door(scope, receive, send)
        told = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], told, b"".join(message.get("body", b"") for message in sent[1:])


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
        through = Through(home)
        for query in ("", "limit=2", f"max_id={ids[3]}&limit=1", f"min_id={ids[0]}&limit=2", f"since_id={ids[4]}"):
            for client in (ada, ben):
                status, told, body = await through.get(client.token, query)
                straight = await client.ask("GET", f"{PATH}?{query}")
                assert status == straight.status == 200
                reply = await home.app.test_client().get(
                    f"{PATH}?{query}",
                    headers={"Host": AUTHORITY, "Authorization": f"Bearer {client.token}"},
                )
                assert body == await reply.get_data()
                for name in SAME:
                    assert told.get(name) == straight.headers.get(name), name
        assert not through.passed


async def test_a_page_that_was_kept_is_never_stale(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        await ben.post(f"/api/v1/accounts/{ada.account.id}/follow")
        ids = await written(ada, ben)
        through = Through(home)
        before = await through.get(ben.token)
        assert (await through.get(ben.token))[2] == before[2]
        await ada.post(f"/api/v1/statuses/{ids[4]}/favourite")
        favourited = await through.get(ben.token)
        assert favourited[2] != before[2]
        await ada.delete(f"/api/v1/statuses/{ids[4]}")
        assert ids[4].encode() not in (await through.get(ben.token))[2]
        await members.suspend(home.ctx, ada.account.id)
        assert b"Number" not in (await through.get(ben.token))[2]
        await members.suspend(home.ctx, ben.account.id)
        assert (await through.get(ben.token))[0] == 401


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
        through = Through(home)
        assert (await through.get(ada.token, query, host))[0] == status
        assert through.passed[PATH] == 1


async def test_scopes_and_rates_hold_at_the_door(tmp_path):
    async with house(tmp_path, limits=Limits(requests_per_member=3)) as home:
        ada = await home.member("ada")
        narrow = await home.client(ada.account, scopes="write")
        through = Through(home)
        assert (await through.get(narrow.token))[0] == 403
        assert (await through.get("nobody's"))[0] == 401
        assert [(await through.get(ada.token))[0] for _ in range(4)] == [200, 200, 429, 429]
