"""Digests: when they come, and what is in them for whom."""

from functools import partial

import pytest

from moderation import addresses, announcements, members
from node.domain.mails import Digest, digest_marks
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.store import markers
from node.store.markers import Marker
from outbox import posts as commands
from outbox import relationships
from outbox.mail import digest, worker
from tests.mailing import DAY, HOUR, MINUTE, NOW, html, mailing, text
from tests.nodes import URL

BEN = "ben@example.com"


async def say(node, author, said, **more):
    return await commands.publish(node.ctx, author, Draft(said, **more))


async def daily(node, account, choice=Digest.DAILY):
    node.clock.now += MINUTE
    await addresses.choose(node.ctx, account, kinds=frozenset(), digest=choice)


def test_the_marks_are_five_in_the_morning_and_that_of_a_monday():
    marks = partial(digest_marks, zone="UTC")
    day, week = marks(NOW)[Digest.DAILY], marks(NOW)[Digest.WEEKLY]
    # 2026-09-21 14:13:20 UTC is a Monday.
    assert day == week == 1_789_966_800_000
    assert marks(day - 1) == {Digest.DAILY: day - DAY, Digest.WEEKLY: week - 7 * DAY}
    assert marks(week + 6 * DAY + 23 * HOUR)[Digest.WEEKLY] == week
    assert marks(week + 7 * DAY)[Digest.WEEKLY] == week + 7 * DAY


def test_five_is_when_the_clocks_of_its_people_show_it():
    winter = 1_793_000_000_000  # 2026-10-26, the first Monday of winter time in Germany
    assert digest_marks(NOW, "Europe/Berlin")[Digest.DAILY] == 1_789_966_800_000 - 2 * HOUR
    assert digest_marks(winter, "Europe/Berlin")[Digest.WEEKLY] == 1_792_987_200_000


async def test_it_tells_what_is_new(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        ada, ben = await node.member("ada"), await node.member("ben", address=BEN)
        await daily(node, ben)
        busy = await say(node, ada, "Which <pattern> for spring?")
        for number in range(3):
            await say(node, ada, f"This one, {number}", reply_to_id=busy.id)
        quiet = await say(node, ada, "Nobody answers this")
        await say(node, ada, "Hello @ben", visibility=Visibility.DIRECT)
        await announcements.publish(
            node.ctx, "The canteen is **closed** on Friday.", starts_at=None, ends_at=None, all_day=False
        )
        await members.add(node.ctx, username="carla", password="correct horse battery", name="Carla", position="Dyer")
        await node.later(HOUR)
        assert node.house.mails == []
        await node.later(DAY)
        [mail] = node.house.mails
        said = text(mail)
        assert mail["Subject"] == "What is new at Weberei"
        assert mail["To"] == BEN
        for expected in (
            "Ada writes to you", "Which", "3 answers", f"{URL}/posts/{busy.id}", "The canteen is closed on Friday.",
            "Carla", "Dyer", "once a day", f"{URL}/@carla",
        ):  # fmt: skip
            assert expected in said, expected
        assert f"/posts/{quiet.id}" not in said
        assert "Hello" not in said
        assert "Hello" not in html(mail)
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        await node.later(DAY)
        assert len(node.house.mails) == 1  # nothing happened


async def test_it_tells_only_what_the_member_may_see(tmp_path, database):
    async with mailing(tmp_path, database=database) as node:
        ada, ben = await node.member("ada"), await node.member("ben", address=BEN)
        carla = await node.member("carla")
        await daily(node, ben)
        for visibility in (Visibility.DIRECT, Visibility.FOLLOWERS):
            post = await say(node, ada, "Between us @carla", visibility=visibility)
            await say(node, carla, "Yes", reply_to_id=post.id, visibility=visibility)
        blocked = await say(node, carla, "Of somebody who blocked Ben")
        await say(node, ada, "An answer", reply_to_id=blocked.id)
        own = await say(node, ben, "His own")
        await say(node, ada, "An answer, unread by nobody", reply_to_id=own.id)
        await relationships.block(node.ctx, carla, ben.id)
        await node.later(DAY)
        [mail] = node.house.mails
        for hidden in ("Between us", "blocked", "His own"):
            assert hidden not in text(mail)
        assert "What is talked about" not in text(mail)


async def test_what_was_read_is_not_told(tmp_path):
    async with mailing(tmp_path) as node:
        ada, ben = await node.member("ada"), await node.member("ben")
        node.clock.now += HOUR
        await node.confirmed(ben, BEN)
        await daily(node, ben)
        node.clock.now += HOUR
        await say(node, ada, "Hello @ben")
        async with node.ctx.change() as change:
            row = await change.tx.one("SELECT MAX(id) AS id FROM notifications")
            await markers.put(change.tx, ben.id, "notifications", Marker(row["id"], 1, change.now))
        await node.later(DAY)
        assert node.house.mails == []


@pytest.mark.parametrize(("choice", "mails"), [(Digest.NEVER, 0), (Digest.DAILY, 15), (Digest.WEEKLY, 2)])
async def test_it_comes_as_often_as_it_was_asked_for(tmp_path, choice, mails):
    async with mailing(tmp_path) as node:
        ada, ben = await node.member("ada"), await node.member("ben", address=BEN)
        await daily(node, ben, choice)
        for _ in range(15):
            post = await say(node, ada, "Something new")
            await say(node, ada, "And an answer", reply_to_id=post.id)
            for _ in range(3):
                await node.later(8 * HOUR)
        assert len(node.house.mails) == mails


async def test_one_that_was_stopped_while_it_waited_is_not_sent(tmp_path):
    async with mailing(tmp_path) as node:
        ada, ben = await node.member("ada"), await node.member("ben", address=BEN)
        post = await say(node, ada, "Something new")
        await say(node, ada, "And an answer", reply_to_id=post.id)
        node.clock.now += 8 * DAY
        assert await digest.queue_due(node.ctx) == 1
        assert await digest.queue_due(node.ctx) == 0
        await daily(node, ben, Digest.NEVER)
        await worker.send_due(node.ctx)
        assert (node.house.mails, await node.waiting()) == ([], [])
