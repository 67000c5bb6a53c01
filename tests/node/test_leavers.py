"""Legal holds, and members who leave: out on their last day, erased later, and not before a hold ends."""

import pytest

from moderation import holds, leavers, measures
from node.config import Retention
from node.domain.times import DAY_MS
from node.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from outbox import profiles
from tests.clients import House
from tests.endings import live, node, sign_in, state

# Legal holds


async def test_a_hold_stops_every_step_and_the_next_is_measured_from_its_end(tmp_path, database):
    async with node(tmp_path, database=database) as here:
        await live(here, 60)
        until = here.clock.now + 30 * DAY_MS
        await holds.place(here.ctx, here.ben.id, reason="Case 7", until=until, by=here.ada)
        await live(here, 30)
        assert (await state(here), len(here.house.mails)) == ("hidden", 3)
        await live(here, 9)
        assert await state(here) == "hidden"
        await live(here, 1)
        assert await state(here) == "erased"


async def test_an_erasure_that_is_asked_for_hides_at_once_and_waits_for_the_end_of_the_hold(tmp_path, database):
    async with node(tmp_path, database=database) as here:
        ben = await House(here.ctx, here.app).client(here.ben)
        until = here.clock.now + 5 * DAY_MS
        await holds.place(here.ctx, here.ben.id, reason="Case 7", until=until, by=None)
        assert await profiles.delete(here.ctx, here.ben) is False
        assert await state(here) == "hidden"
        assert (await ben.get("/api/v1/accounts/verify_credentials")).status == 401
        with pytest.raises(Unauthenticated):
            await sign_in(here)
        with pytest.raises(Conflict):
            await leavers.keep(here.ctx, here.ben.id, by=here.ada)
        await leavers.erase_due(here.ctx)
        assert await state(here) == "hidden"
        here.clock.now = until
        await holds.end_due(here.ctx)
        await leavers.erase_due(here.ctx)
        assert await state(here) == "erased"


async def test_a_hold_has_a_reason_a_last_day_and_a_member_and_is_lifted_once(tmp_path, caplog):
    async with node(tmp_path) as here:
        later = here.clock.now + DAY_MS
        for error, id, reason, until in (
            (Invalid, here.ben.id, " ", later),
            (Invalid, here.ben.id, "Case 7", here.clock.now),
            (NotFound, 7, "Case 7", later),
        ):
            with pytest.raises(error):
                await holds.place(here.ctx, id, reason=reason, until=until, by=here.ada)
        await holds.place(here.ctx, here.ben.id, reason="Case 7", until=later, by=here.ada)
        await holds.lift(here.ctx, here.ben.id, by=here.ada)
        with pytest.raises(NotFound):
            await holds.lift(here.ctx, here.ben.id, by=here.ada)
        said = [record.getMessage() for record in caplog.records if record.name == "allmende.audit"]
        assert [line for line in said if "legal hold" in line] == [
            f"legal hold on {here.ben.uri} until {later}, by {here.ada.uri}",
            f"legal hold on {here.ben.uri} lifted, by {here.ada.uri}",
        ]


# Leavers


async def test_a_leaver_is_out_after_the_last_day_and_erased_some_days_later(tmp_path, database):
    async with node(tmp_path, database=database, figures=Retention(leaver_days=5)) as here:
        ben = await House(here.ctx, here.app).client(here.ben)
        until = here.clock.now + DAY_MS
        await leavers.plan(here.ctx, here.ben.id, until, by=here.ada)
        assert await leavers.end_due(here.ctx) == 0
        assert (await ben.get("/api/v1/accounts/verify_credentials")).status == 200
        here.clock.now = until
        assert (await leavers.end_due(here.ctx), await leavers.end_due(here.ctx)) == (1, 0)
        assert await state(here) == "hidden"
        assert (await ben.get("/api/v1/accounts/verify_credentials")).status == 401
        with pytest.raises(Unauthenticated):
            await sign_in(here)
        here.clock.now += 5 * DAY_MS - 1
        await leavers.erase_due(here.ctx)
        assert await state(here) == "hidden"
        here.clock.now += 1
        await leavers.erase_due(here.ctx)
        assert await state(here) == "erased"


async def test_a_leaver_who_stays_is_back_but_not_from_a_suspension(tmp_path, database):
    async with node(tmp_path, database=database) as here:
        until = here.clock.now + DAY_MS
        await leavers.plan(here.ctx, here.ben.id, until, by=here.ada)
        here.clock.now = until
        await leavers.end_due(here.ctx)
        with pytest.raises(Conflict):
            await leavers.plan(here.ctx, here.ben.id, until + DAY_MS, by=here.ada)
        with pytest.raises(Conflict):
            await measures.restore(here.ctx, here.ben.id)
        await leavers.keep(here.ctx, here.ben.id, by=here.ada)
        assert await state(here) == "shown"
        await sign_in(here)
        await measures.suspend(here.ctx, here.ben.id, reason="A threat.")
        await leavers.plan(here.ctx, here.ben.id, until + DAY_MS, by=here.ada)
        here.clock.now += 2 * DAY_MS
        await leavers.end_due(here.ctx)
        await leavers.keep(here.ctx, here.ben.id, by=here.ada)
        with pytest.raises(Forbidden, match="A threat"):
            await sign_in(here)


async def test_a_leaver_under_a_hold_is_out_but_not_erased(tmp_path):
    async with node(tmp_path, figures=Retention(leaver_days=0)) as here:
        await holds.place(here.ctx, here.ben.id, reason="Case 7", until=here.clock.now + 9 * DAY_MS, by=here.ada)
        await leavers.plan(here.ctx, here.ben.id, here.clock.now + 1, by=None)
        here.clock.now += DAY_MS
        await leavers.end_due(here.ctx)
        await leavers.erase_due(here.ctx)
        assert await state(here) == "hidden"
        await holds.lift(here.ctx, here.ben.id, by=here.ada)
        await leavers.erase_due(here.ctx)
        assert await state(here) == "erased"


async def test_the_last_administrator_does_not_leave(tmp_path):
    async with node(tmp_path) as here:
        later = here.clock.now + DAY_MS
        with pytest.raises(Forbidden):
            await leavers.plan(here.ctx, here.ada.id, later, by=None)
        with pytest.raises(Invalid):
            await leavers.plan(here.ctx, here.ben.id, here.clock.now, by=None)
        with pytest.raises(NotFound):
            await leavers.keep(here.ctx, here.ben.id, by=None)
