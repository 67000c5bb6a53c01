"""Markers: how far a member has read, the same in all their clients."""

import asyncio

from node.fleet import until
from node.store import markers, personal
from node.store.markers import Marker
from tests.clients import house
from tests.entities import check


async def test_a_marker_is_where_another_client_left_it(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        assert (await ada.get("/api/v1/markers?timeline[]=home&timeline[]=notifications")).body == {}
        first = (await ada.post("/api/v1/markers", {"home": {"last_read_id": "12"}})).body
        check("Markers", first)
        assert (first["home"]["last_read_id"], first["home"]["version"]) == ("12", 1)

        form = {"home[last_read_id]": "11", "notifications[last_read_id]": "7"}
        moved = (await ada.post("/api/v1/markers", form=form)).body
        assert {name: (one["last_read_id"], one["version"]) for name, one in moved.items()} == {
            "home": ("11", 2),
            "notifications": ("7", 1),
        }
        other = await home.client(ada.account)
        assert (await other.get("/api/v1/markers?timeline[]=home&timeline[]=notifications&timeline[]=x")).body == moved
        assert (await other.get("/api/v1/markers?timeline[]=notifications")).body.keys() == {"notifications"}
        assert (await other.get("/api/v1/markers")).body == {}


async def test_a_marker_belongs_to_one_member(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        await ada.post("/api/v1/markers", {"home": {"last_read_id": "12"}})
        assert (await ben.get("/api/v1/markers?timeline[]=home")).body == {}


async def test_what_is_no_position_is_refused(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        for given in ({"home": "12"}, {"home": {}}, {"home": {"last_read_id": "newest"}}, {"notifications": []}):
            assert (await ada.post("/api/v1/markers", given)).status == 422, given
        assert (await ada.post("/api/v1/markers", {"elsewhere": {"last_read_id": "1"}})).body == {}


async def test_a_marker_follows_on_the_version_last_seen(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = (await home.member("ada")).account
        async with home.ctx.change() as change:
            tx, now = change.tx, change.now
            assert await markers.put(tx, ada.id, "home", Marker(5, 1, now))
            assert not await markers.put(tx, ada.id, "home", Marker(6, 1, now))
            assert await markers.put(tx, ada.id, "home", Marker(7, 2, now))
            assert not await markers.put(tx, ada.id, "home", Marker(8, 2, now))
            assert not await markers.put(tx, ada.id, "home", Marker(9, 4, now))
            assert await markers.last_read(tx, ada.id, "home") == 7
            await personal.erase(tx, ada.id)
            assert await markers.last_read(tx, ada.id, "home") == 0


async def test_the_later_of_two_clients_at_the_same_moment_is_told_so(tmp_path, postgres):
    async with house(tmp_path, database=postgres) as home:
        ada = await home.member("ada")
        await ada.post("/api/v1/markers", {"home": {"last_read_id": "1"}})

        async def waits() -> bool:
            async with home.ctx.db.read() as tx:
                row = await tx.one("SELECT COUNT(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            return row["n"] == 1

        async with home.ctx.change() as change:
            assert await markers.put(change.tx, ada.account.id, "home", Marker(2, 2, change.now))
            late = asyncio.create_task(ada.post("/api/v1/markers", {"home": {"last_read_id": "3"}}))
            await until("the other client waits for this transaction", waits)
        answer = await late
        assert (answer.status, answer.body) == (409, {"error": "Conflict during update, please try again"})
        found = (await ada.get("/api/v1/markers?timeline[]=home")).body["home"]
        assert (found["last_read_id"], found["version"]) == ("2", 2)
