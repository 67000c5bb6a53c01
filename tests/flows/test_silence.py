"""A node of which nothing is heard for long: its copies go, and those of a quiet one never (requirements C21, E16)."""

import contextlib
from dataclasses import dataclass, replace
from typing import Any

import pytest
from quart import Quart

from moderation import holds, silence
from node import doctor
from node.config import Retention
from node.domain.accounts import Account
from node.domain.groups import Joining
from node.domain.posts import Draft, Post
from node.domain.times import DAY_MS
from node.domain.visibility import Visibility
from node.store import accounts
from outbox import organisation, posts
from tests.village import House, Village, village

_DAYS = 30


@dataclass
class Story:
    """Graz has a post of Ada's, who is of Lyon, and erases the copies of a node that is silent for thirty days."""

    town: Village
    lyon: House
    graz: House
    ada: Account
    post: Post
    ctx: Any

    async def live(self, days: int) -> None:
        """Let days go by at Graz."""
        for _ in range(days):
            self.town.clock.now += DAY_MS
            await silence.listen(self.ctx)
            await silence.listen(self.ctx)  # it runs each hour
            await silence.erase_due(self.ctx)

    async def here(self) -> bool:
        return await self.graz.post(self.post.uri) is not None

    async def writes(self, text: str) -> Post:
        post = await posts.publish(self.lyon.ctx, self.ada, Draft(text, Visibility.ORGANISATION))
        await self.town.settle()
        return post

    async def warned(self) -> list[tuple[str, int, int]]:
        async with self.ctx.db.read() as tx:
            return await silence.warned_of(tx, self.ctx.settings.retention)


@contextlib.asynccontextmanager
async def story(folder, *names, database=None):
    async with village(folder, "lyon", "graz", *names, database=database or (lambda _: "")) as town:
        lyon, graz, *_ = town.houses.values()
        ada = await lyon.member("ada")
        settings = replace(graz.ctx.settings, retention=Retention(silent_days=_DAYS))
        it = Story(town, lyon, graz, ada, None, replace(graz.ctx, settings=settings))
        it.post = await it.writes("Lunch at noon")
        yield it


async def test_what_is_here_of_a_node_goes_when_nothing_is_heard_of_it_for_long(tmp_path, database):
    async with story(tmp_path, database=lambda name: database if name == "graz" else "") as it:
        it.lyon.down = True
        await it.live(14)
        assert await it.warned() == []
        await it.live(1)
        assert await it.warned() == [(it.lyon.host, 15, 15)]
        await it.live(14)
        assert await it.here()
        await it.live(1)
        assert not await it.here()
        async with it.ctx.db.read() as tx:
            assert await accounts.by_uri(tx, it.ada.uri) is None
        assert await it.warned() == [], "there is nothing left to warn of"
        it.lyon.down = False
        again = await it.writes("We are back")
        assert await it.graz.post(again.uri), "it was no erasure that anybody ordered"


async def test_a_quiet_node_that_answers_loses_nothing(tmp_path):
    async with story(tmp_path) as it:
        await it.live(3 * _DAYS)
        assert await it.here()
        assert await it.warned() == []


async def test_any_sign_begins_anew(tmp_path):
    async with story(tmp_path) as it:
        it.lyon.down = True
        await it.live(_DAYS - 1)
        it.lyon.down = False
        await it.writes("Dinner at eight")  # it sends something
        it.lyon.down = True
        await it.live(_DAYS - 1)
        assert await it.here()
        it.lyon.down = False
        ben = await it.graz.member("ben")
        await posts.publish(it.graz.ctx, ben, Draft("Hello", Visibility.ORGANISATION))
        await it.town.settle()  # it takes something
        it.lyon.down = True
        await it.live(_DAYS - 1)
        assert await it.here()
        it.lyon.down = False
        await it.live(1)  # it answers
        it.lyon.down = True
        await it.live(_DAYS - 1)
        assert await it.here()


async def test_days_on_which_a_node_was_off_count_for_nobody(tmp_path):
    async with story(tmp_path) as it:
        it.lyon.down = True
        it.town.clock.now += 400 * DAY_MS
        await it.live(1)
        assert await it.here()


async def test_a_page_at_the_address_of_a_node_is_no_sign(tmp_path):
    async with story(tmp_path) as it:
        seller = Quart("seller")

        @seller.get("/<path:path>")
        async def sold(path):
            return "This name is for sale."

        it.lyon.client = seller.test_client()
        await it.live(_DAYS)
        assert ("GET", f"{it.lyon.ctx.settings.url}/.well-known/nodeinfo", 200) in it.town.heard
        assert not await it.here()


async def test_who_is_held_stays_until_the_hold_ends(tmp_path):
    async with story(tmp_path) as it:
        it.lyon.down = True
        here = await it.graz.account(it.ada)
        await holds.place(it.ctx, here.id, until=it.town.clock.now + 40 * DAY_MS, reason="7 Ca 12/26", by=None)
        await it.live(_DAYS + 1)
        assert await it.here()
        await holds.lift(it.ctx, here.id, by=None)
        await it.live(1)
        assert not await it.here()


async def test_whom_we_parted_with_is_not_asked_and_goes_in_time(tmp_path):
    async with story(tmp_path, "oslo") as it:
        oslo = list(it.town.houses.values())[2]
        await organisation.remove(it.lyon.ctx, oslo.host)
        await it.town.settle()
        await it.graz.account(it.ada)
        olaf = await oslo.member("olaf")
        async with it.ctx.change() as change:
            known = await accounts.by_uri(change.tx, it.ada.uri)
            await accounts.insert(change.tx, replace(known, id=change.new_id(), uri=olaf.uri, host=oslo.host))
        it.town.heard.clear()
        await it.live(_DAYS)
        assert not [address for _, address, _ in it.town.heard if oslo.host in address]
        async with it.ctx.db.read() as tx:
            assert await accounts.by_uri(tx, olaf.uri) is None
        assert await it.here()


async def test_what_others_wrote_in_a_group_of_a_node_that_fell_silent_goes_with_the_group(tmp_path):
    async with story(tmp_path, "oslo") as it:
        oslo = list(it.town.houses.values())[2]
        ben, olaf = await it.graz.member("ben"), await oslo.member("olaf")
        group = await it.town.found(it.lyon, it.ada, joining=Joining.OPEN)
        here = await it.town.join(it.graz, ben, group)
        there = await it.town.join(oslo, olaf, group)
        own = await posts.publish(it.graz.ctx, ben, Draft("Mine", Visibility.GROUP, group=here.id))
        theirs = await posts.publish(oslo.ctx, olaf, Draft("Theirs", Visibility.GROUP, group=there.id))
        await it.town.settle()
        assert await it.graz.reads(ben, theirs.uri)
        it.lyon.down = True
        await it.live(_DAYS)
        assert await it.graz.post(theirs.uri) is None
        assert await it.graz.reads(ben, own.uri)


@pytest.mark.parametrize("days", [0, _DAYS])
async def test_the_doctor_names_it_from_half_time_on_and_never_means_never(tmp_path, days):
    async with story(tmp_path) as it:
        settings = replace(it.ctx.settings, retention=Retention(silent_days=days))
        it.ctx = replace(it.ctx, settings=settings)
        it.lyon.down = True
        await it.live(20)
        found = {one.name: one for one in await doctor.examine(it.ctx)}["silence"]
        assert (found.ok, it.lyon.host in found.text) == ((True, False) if days == 0 else (False, True))
        await it.live(20)
        assert await it.here() == (days == 0)
