"""What is written for a time is erased everywhere when that is over, be its origin there or not."""

import re
from dataclasses import replace

import pytest

from moderation import expiry, holds
from node.config import ConfigError, Retention, Settings, check
from node.config import Node as NodeSettings
from node.domain.posts import Draft
from node.domain.times import DAY_MS
from node.domain.visibility import Visibility
from node.store import erasures, versions
from node.store.pages import Page
from outbox import posts
from tests.village import village


def keeping(house, **days):
    """Let a node keep what is written there for so many days."""
    house.ctx = replace(house.ctx, settings=replace(house.ctx.settings, retention=Retention(**days)))


async def test_a_copy_is_erased_when_its_time_is_over_though_the_origin_is_gone(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada = await lyon.member("ada")
        ever = await posts.publish(lyon.ctx, ada, Draft("for ever", Visibility.ORGANISATION))
        keeping(lyon, post_days=10)
        post = await posts.publish(lyon.ctx, ada, Draft("for ten days", Visibility.ORGANISATION))
        await town.settle()
        assert (await graz.post(post.uri)).expires_at == post.published_at + 10 * DAY_MS
        lyon.down = True
        town.clock.now += 10 * DAY_MS - 60_000
        await expiry.erase_due(graz.ctx)
        assert await graz.post(post.uri) is not None
        town.clock.now += 60_000
        await expiry.erase_due(graz.ctx)
        assert await graz.post(post.uri) is None
        assert await graz.post(ever.uri) is not None


async def test_the_origin_orders_its_erasure_and_nobody_takes_it_in_again(tmp_path):
    async with village(tmp_path, "lyon", "graz") as town:
        lyon, graz = town.houses.values()
        ada = await lyon.member("ada")
        keeping(lyon, post_days=3)
        post = await posts.publish(lyon.ctx, ada, Draft("for three days", Visibility.ORGANISATION))
        graz.down = True
        await town.settle()
        town.clock.now += 3 * DAY_MS
        graz.down = False
        await town.settle()
        assert await graz.post(post.uri) is None, "it came when it was over"
        await expiry.erase_due(lyon.ctx)
        await town.settle()
        assert await lyon.post(post.uri) is None
        async with lyon.ctx.db.read() as tx:
            (erasure,) = await erasures.page(tx, Page())
        assert (erasure.object, erasure.ground.value) == (post.uri, "time")


async def test_messages_have_their_own_time_and_a_legal_hold_stops_both(tmp_path):
    async with village(tmp_path, "lyon") as town:
        (lyon,) = town.houses.values()
        ada = await lyon.member("ada")
        await lyon.member("ben")
        keeping(lyon, message_days=2)
        post = await posts.publish(lyon.ctx, ada, Draft("for ever", Visibility.UNIT))
        message = await posts.publish(lyon.ctx, ada, Draft("@ben psst", Visibility.DIRECT))
        assert post.expires_at is None
        await holds.place(lyon.ctx, ada.id, reason="A court", until=town.clock.now + 9 * DAY_MS, by=None)
        town.clock.now += 3 * DAY_MS
        await expiry.erase_due(lyon.ctx)
        assert await lyon.post(message.uri) is not None
        await holds.lift(lyon.ctx, ada.id, by=None)
        await expiry.erase_due(lyon.ctx)
        assert await lyon.post(message.uri) is None
        assert await lyon.post(post.uri) is not None


async def test_what_a_post_was_before_is_forgotten_some_time_after_the_edit_and_a_legal_hold_stops_it(tmp_path):
    async with village(tmp_path, "lyon") as town:
        (lyon,) = town.houses.values()
        ada = await lyon.member("ada")
        post = await posts.publish(lyon.ctx, ada, Draft("first", Visibility.UNIT))
        town.clock.now += 40 * DAY_MS  # how old a version is does not count, but since when another one is there
        for text in ("second", "third"):
            await posts.edit(lyon.ctx, ada, post.id, Draft(text, Visibility.UNIT))
            town.clock.now += 20 * DAY_MS

        async def former():
            await expiry.forget_versions(lyon.ctx)
            async with lyon.ctx.db.read() as tx:
                return [re.sub("<.*?>", "", one.content) for one in await versions.of_post(tx, post.id)]

        keeping(lyon, version_days=0)
        assert await former() == ["first", "second"]
        keeping(lyon, version_days=30)
        await holds.place(lyon.ctx, ada.id, reason="A court", until=town.clock.now + 9 * DAY_MS, by=None)
        assert await former() == ["first", "second"]
        await holds.lift(lyon.ctx, ada.id, by=None)
        assert await former() == ["second"]
        town.clock.now += 10 * DAY_MS
        assert await former() == []
        assert "third" in (await lyon.post(post.uri)).content


@pytest.mark.parametrize(("days", "right"), [(0, True), (1, True), (3650, True), (-1, False), (3651, False)])
def test_the_settings_take_days_or_none(days, right):
    settings = Settings(
        node=NodeSettings(url="http://127.0.0.1:8400", development=True), retention=Retention(post_days=days)
    )
    if right:
        assert check(settings).retention.post_days == days
    else:
        with pytest.raises(ConfigError, match=r"retention\.post_days"):
            check(settings)
