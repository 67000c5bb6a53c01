"""Complaints among members end: some time after they are dealt with, and with the people they name."""

from dataclasses import replace

from moderation import case_retention, holds, reports
from node.domain.accounts import Role
from node.domain.times import DAY_MS
from node.store import reports as rows
from outbox import profiles
from outbox.reports import report
from tests.clients import house


async def kept(ctx, *made):
    """Return which of these are still here, as the nightly loop leaves them."""
    await case_retention.forget(ctx)
    async with ctx.db.read() as tx:
        return [await rows.by_id(tx, one.id) is not None for one in made]


async def test_a_complaint_is_kept_until_some_time_after_it_is_dealt_with(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        still_open, closed, held = [
            await report(home.ctx, one.account, other.account.id, comment="Look")
            for one, other in ((ada, ben), (ada, ben), (ben, ada))
        ]
        for one in (closed, held):
            await reports.close(home.ctx, one.id, by=None)
        later = replace(home.ctx, clock=lambda: home.ctx.clock() + 180 * DAY_MS + 60_000)
        assert await kept(home.ctx, still_open, closed, held) == [True, True, True]
        await holds.place(later, ada.account.id, reason="A court", until=later.clock() + DAY_MS, by=None)
        assert await kept(later, still_open, closed, held) == [True, True, True]
        await holds.lift(later, ada.account.id, by=None)
        assert await kept(later, still_open, closed, held) == [True, False, False]


async def test_an_open_complaint_of_somebody_who_is_erased_names_them_no_more_and_a_closed_one_goes(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        mia = await home.member("mia", role=Role.MODERATOR, scopes="admin:read")
        still_open, closed = [await report(home.ctx, ada.account, ben.account.id, comment="Look") for _ in range(2)]
        await reports.close(home.ctx, closed.id, by=mia.account)
        assert await profiles.delete(home.ctx, ada.account)
        assert await kept(home.ctx, still_open, closed) == [True, False]
        told = (await mia.get(f"/api/v1/admin/reports/{still_open.id}")).body
        assert told["comment"] == "Look"
        assert told["account"]["username"] != "ada", "the node itself stands in for them"


async def test_a_complaint_about_somebody_who_is_erased_goes_as_soon_as_it_is_dealt_with(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        still_open, closed = [await report(home.ctx, ada.account, ben.account.id, comment="Look") for _ in range(2)]
        await reports.close(home.ctx, closed.id, by=None)
        assert await profiles.delete(home.ctx, ben.account)
        assert await kept(home.ctx, still_open, closed) == [True, False]
        await reports.close(home.ctx, still_open.id, by=None)
        assert await kept(home.ctx, still_open) == [False]
