"""Suspended accounts are erased in the end; only that they are banned is known then, for a year (D19)."""

import pytest

from moderation import addresses, bans, holds, measures, members, retention
from moderation import guests as commands
from node.config import Retention
from node.domain.bans import LASTS_DAYS
from node.domain.times import DAY_MS
from node.errors import Conflict, Forbidden, NotFound
from node.store import journal
from tests.clients import House
from tests.endings import ADDRESS, live, node, sign_in, state, subjects
from tests.guests import group, guest
from tests.mailing import PASSWORD, text
from tests.rows import rows_of

FIGURES = Retention(inactive_days=3_000, suspended_days=40)
WARNED = "The last warning: your account will be deleted"


async def suspended(here, account=None):
    await measures.suspend(here.ctx, (account or here.ben).id, reason="A threat.")


async def test_who_is_suspended_for_long_is_warned_and_erased(tmp_path, database):
    async with node(tmp_path, database=database, figures=FIGURES) as here:
        await suspended(here)
        with pytest.raises(Forbidden, match="erased 40 days after its suspension"):
            await sign_in(here)
        await live(here, 9)
        assert subjects(here) == []
        await live(here, 1)
        assert subjects(here) == [WARNED]
        said = text(here.house.mails[-1])
        assert "is suspended" in said
        assert f"{here.ctx.settings.url}/complaint" in said
        await live(here, 29)
        assert await state(here) == "hidden"
        await live(here, 1)
        assert (await state(here), subjects(here)) == ("erased", [WARNED])
        async with here.ctx.db.read() as tx:
            ordered = await tx.one("SELECT ground FROM erasures WHERE object = :uri", uri=here.ben.uri)
            assert await tx.one("SELECT 1 AS found FROM measures") is None, "nor why"
        assert ordered["ground"] == "moderation"


async def test_who_is_restored_begins_anew(tmp_path, database):
    async with node(tmp_path, database=database, figures=FIGURES) as here:
        await suspended(here)
        with pytest.raises(Conflict):
            await suspended(here)
        await live(here, 39)
        await measures.restore(here.ctx, here.ben.id)
        await live(here, 5)
        assert await state(here) == "shown"
        await suspended(here)
        await live(here, 39)
        assert (await state(here), subjects(here)) == ("hidden", [WARNED, WARNED])
        await live(here, 1)
        assert await state(here) == "erased"


async def test_a_warning_that_has_not_left_stops_the_erasure(tmp_path):
    async with node(tmp_path, figures=FIGURES) as here:
        await suspended(here)
        await live(here, 60, deliver=False)
        assert await state(here) == "hidden"
        await here.deliver()
        await live(here, 29)
        assert await state(here) == "hidden"
        await live(here, 1)
        assert await state(here) == "erased"


async def test_a_legal_hold_keeps_a_suspended_account(tmp_path):
    async with node(tmp_path, figures=FIGURES) as here:
        await suspended(here)
        await holds.place(here.ctx, here.ben.id, reason="Case 7", until=here.clock.now + 100 * DAY_MS, by=None)
        await live(here, 99)
        assert await state(here) == "hidden"
        await live(here, 42)
        assert await state(here) == "erased"


async def test_guests_whom_a_moderator_suspended_end_so_and_groups_do_not(tmp_path):
    async with node(tmp_path, figures=FIGURES) as here:
        home = House(here.ctx, here.app)
        dyers = await group(home, await home.client(here.ada), "dyers")
        greta, hugo = [await guest(home, name, here.ada, dyers) for name in ("greta", "hugo")]
        await commands.end(here.ctx, hugo.account.id, by=None)
        for one in (greta.account, dyers):
            await suspended(here, one)
        await live(here, 41)
        assert [await state(here, one) for one in (greta.account, hugo.account, dyers)] == ["erased", "shown", "hidden"]


async def test_nobody_comes_back_by_a_banned_name_or_address_for_a_year(tmp_path, database):
    async with node(tmp_path, database=database, figures=FIGURES) as here:
        await suspended(here)
        await live(here, 41)
        carl = await here.member("carl")
        await addresses.give(here.ctx, carl, ADDRESS.upper(), password=PASSWORD, address="192.0.2.1")
        await here.deliver()
        sign = here.sign(here.house.mails[-1], "mail/confirm")
        with pytest.raises(Forbidden, match="banned"):
            await addresses.confirm(here.ctx, sign)
        assert await here.settings(carl) is None
        invitation = await members.invite(here.ctx, by=here.ada)
        with pytest.raises(Forbidden, match="Ben belonged to an account that is banned"):
            await members.accept_invitation(here.ctx, invitation, username="Ben", password=PASSWORD)
        assert await members.accept_invitation(here.ctx, invitation, username="benno", password=PASSWORD)
        here.clock.now += (LASTS_DAYS - 2) * DAY_MS
        assert await bans.count(here.ctx) == 1
        here.clock.now += DAY_MS
        assert await bans.count(here.ctx) == 0
        async with here.ctx.change() as change:
            await bans.check(change, "ben")
        await retention.forget_old_rows(here.ctx)
        async with here.ctx.db.read() as tx:
            assert await tx.one("SELECT 1 AS found FROM bans") is None


async def test_a_ban_tells_neither_who_nor_why(tmp_path):
    async with node(tmp_path, figures=FIGURES) as here:
        await suspended(here)
        await live(here, 41)
        async with here.ctx.db.read() as tx:
            [kept] = [values for table, values in await rows_of(tx) if table == "bans"]
        assert len(kept) == 3
        assert not any(word in str(kept) for word in ("ben", ADDRESS, "threat", str(here.ben.id)))
        assert kept[-1] % DAY_MS == 0


@pytest.mark.parametrize("typed", ["ben", " @Ben@127.0.0.1:8499 ", "Ben@Example.com"])
async def test_an_administrator_lifts_a_ban_by_the_name_or_the_address(tmp_path, typed):
    async with node(tmp_path, figures=FIGURES) as here:
        await suspended(here)
        await live(here, 41)
        with pytest.raises(NotFound):
            await bans.lift(here.ctx, "carl", by=here.ada)
        await bans.lift(here.ctx, typed, by=here.ada)
        assert await bans.count(here.ctx) == 0
        async with here.ctx.db.read() as tx:
            last = await journal.last(tx)
        assert (last.kind, last.subject, last.by_id) == ("ban.lifted", "", here.ada.id)
