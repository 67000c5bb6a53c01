"""Who decides about a bridge is told by mail 30, 7 and 1 days before its end, each time once."""

from dataclasses import replace

from moderation import reminders
from node.domain.accounts import Role
from node.domain.bridges import State, Terms
from node.domain.groups import Charter
from node.store import bridges as rows
from outbox import bridges, groups
from tests.mailing import DAY, mailing, text


async def shared(here, by, *, days):
    """Share a group of a member's with a partner for so many days, as if both had signed."""
    group = await groups.found(here.ctx, by, "dyers", Charter(name="Dyers"))
    now = here.clock.now
    terms = Terms("", "acme.example", "Dyes", "Ada", "Ruth", False, now, now + days * DAY)
    made = await bridges.draft(here.ctx, by, group.id, terms)
    await bridges.offer(here.ctx, by, made.id)
    async with here.ctx.change() as change:
        found = await rows.by_id(change.tx, made.id)
        await rows.put(change.tx, replace(found.stands(State.ACTIVE, now=change.now), agreed=b"{}"))
    return made


async def told(here, days):
    """Let so many days pass, hour for hour's sake twice a day; return the subjects of what the house got then."""
    before = len(here.house.mails)
    for _ in range(days * 2):
        here.clock.now += DAY // 2
        await reminders.of_bridges(here.ctx)
        await here.deliver()
    return [(mail["To"], mail["Subject"]) for mail in here.house.mails[before:]]


async def test_those_who_decide_are_told_thirty_seven_and_one_days_before(tmp_path, database):
    async with mailing(tmp_path, database=database) as here:
        await here.member("olga", address="olga@example.com", role=Role.ADMIN)
        ada = await here.member("ada", address="ada@example.com")
        await here.member("ben", address="ben@example.com")
        made = await shared(here, ada, days=40)
        assert await told(here, 9) == []
        first = await told(here, 2)
        assert sorted(first) == [
            ("ada@example.com", "Dyers: shared for 30 more days"),
            ("olga@example.com", "Dyers: shared for 30 more days"),
        ]
        said = text(here.house.mails[-1])
        assert "Dyers is shared with acme.example until" in said
        assert f"/partners/{made.id}" in said
        assert await told(here, 21) == []
        assert {subject for _, subject in await told(here, 2)} == {"Dyers: shared for 7 more days"}
        assert await told(here, 4) == []
        assert {subject for _, subject in await told(here, 2)} == {"Dyers: shared for 1 more day"}
        assert await told(here, 3) == [], "it is over"


async def test_a_node_that_was_off_tells_the_last_of_it_and_a_bridge_that_has_ended_nothing(tmp_path):
    async with mailing(tmp_path) as here:
        ada = await here.member("ada", address="ada@example.com")
        made = await shared(here, ada, days=40)
        here.clock.now += 35 * DAY
        assert [subject for _, subject in await told(here, 1)] == ["Dyers: shared for 5 more days"]
        await bridges.end(here.ctx, ada, made.id)
        assert await told(here, 5) == []
