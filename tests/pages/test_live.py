"""What an open page is told: only what its member may see, for as long as their session lasts."""

import asyncio
import re
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest

from moderation import measures, members
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.limits import Limits
from node.store import tokens
from outbox import posts, reactions
from tests.patience import PATIENCE_SECONDS
from tests.served import PASSWORD, Member, Served, served


@dataclass
class Window:
    """A browser that somebody is signed in with."""

    node: Served
    session: aiohttp.ClientSession
    answers: list = field(default_factory=list)

    async def live(self, on="", status=200, **query):
        """Open a stream; the numbers in the menu, which come once everything is listened to, are read already."""
        query = {"on": on, **query}
        answer = await self.session.get(f"{self.node.url}/live", params=query)
        self.answers.append(answer)
        assert answer.status == status
        stream = Stream(answer)
        if status == 200:
            stream.missed = await stream.until("counts")
        return stream

    async def get(self, path):
        async with self.session.get(f"{self.node.url}{path}", headers={"Accept": "text/html"}) as answer:
            return answer.status, await answer.text()


class Stream:
    def __init__(self, answer):
        self.answer = answer
        self.missed = []

    async def line(self):
        async with asyncio.timeout(PATIENCE_SECONDS):
            return (await self.answer.content.readline()).decode()

    async def next(self):
        """Return the next event and what it says; None at the end."""
        event = ""
        while line := await self.line():
            if line.startswith("event: "):
                event = line[7:].strip()
            elif line.startswith("data: "):
                return event, line[6:].strip()
        return None

    async def until(self, event):
        """Return what comes before an event of this name."""
        found = []
        while (told := await self.next()) is not None and told[0] != event:
            found.append(told)
        return found


@asynccontextmanager
async def window(node, username="ada"):
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(f"{node.url}/sign-in") as answer:
            csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', await answer.text())[1]
        form = {"csrf": csrf, "username": username, "password": PASSWORD}
        async with session.post(f"{node.url}/sign-in", data=form, headers={"Accept": "text/html"}) as answer:
            assert answer.status == 200
        opened = Window(node, session)
        yield opened
        for answer in opened.answers:
            answer.close()


@dataclass
class Unit:
    node: Served
    browser: Window
    ada: Member
    ben: Member
    carla: Member


@asynccontextmanager
async def unit(tmp_path, **more):
    """A node with Ada, who looks at pages, and Ben and Carla, who write."""
    async with served(tmp_path, **more) as node:
        people = await node.members("ada", "ben", "carla")
        async with window(node) as browser:
            yield Unit(node, browser, *people)


async def test_a_page_hears_of_what_stands_in_its_stream_and_of_nothing_else(tmp_path, database):
    async with unit(tmp_path, database=database) as here:
        await here.ada.follow(here.ben)
        home, whole = await here.browser.live("/home"), await here.browser.live("/unit")
        tag = await here.browser.live("/tags/Looms")
        private = await here.ben.post("For Carla only @carla #looms", Visibility.DIRECT)
        stranger = await here.carla.post("Not followed #looms", Visibility.UNIT)
        followed = await here.ben.post("Followed", Visibility.FOLLOWERS)
        last = await here.ben.post("Everybody #looms", Visibility.UNIT)
        added = {name: [] for name in ("home", "unit", "tag")}
        for name, stream in (("home", home), ("unit", whole), ("tag", tag)):
            while (told := await stream.next()) != ("added", str(last.id)):
                assert told[0] == "added"
                added[name].append(int(told[1]))
    assert private.id not in {id for some in added.values() for id in some}
    assert added == {"home": [followed.id], "unit": [stranger.id], "tag": [stranger.id]}


async def test_a_conversation_hears_of_answers_below_the_post_that_is_shown(tmp_path):
    async with unit(tmp_path) as here:
        root = await here.ben.post("Root")
        branch = await here.ben.post("Branch", reply_to_id=root.id)
        stream = await here.browser.live(f"/posts/{branch.id}")
        await here.carla.post("Beside it", reply_to_id=root.id)
        await here.ben.post("@carla Between us", Visibility.DIRECT, reply_to_id=branch.id)
        below = await here.carla.post("Below it", reply_to_id=branch.id)
        assert await stream.next() == ("added", str(below.id))


async def test_a_list_is_heard_by_its_owner_only(tmp_path):
    async with unit(tmp_path) as here:
        await here.ada.follow(here.ben)
        made = await here.ada.call("POST", "/lists", title="Weavers")
        await here.ada.call("POST", f"/lists/{made['id']}/accounts", account_ids=[str(here.ben.account.id)])
        async with window(here.node, "carla") as other:
            mine, theirs = await here.browser.live(f"/lists/{made['id']}"), await other.live(f"/lists/{made['id']}")
            post = await here.ben.post("In the list")
            assert await mine.next() == ("added", str(post.id))
            await here.ben.post("@carla look")  # her count moves, and nothing came before it
            assert (await theirs.next())[0] == "counts"


async def test_edits_and_deletions_are_told(tmp_path):
    async with unit(tmp_path) as here:
        post = await here.ben.post("Frist")
        stream = await here.browser.live("/unit", after=post.id)
        await posts.edit(here.node.ctx, here.ben.account, post.id, Draft("First", Visibility.ORGANISATION))
        assert await stream.next() == ("edited", str(post.id))
        await posts.delete(here.node.ctx, here.ben.account, post.id)
        assert await stream.next() == ("deleted", str(post.id))


async def test_a_page_that_comes_back_hears_what_it_missed(tmp_path):
    async with unit(tmp_path) as here:
        seen, gone = await here.ben.post("Seen"), await here.ben.post("Gone")
        missed = [await here.ben.post(f"Missed {number}") for number in range(2)]
        await posts.delete(here.node.ctx, here.ben.account, gone.id)
        await here.ben.post("@carla Not for Ada", Visibility.DIRECT)
        stream = await here.browser.live("/unit", after=gone.id, have=f"{seen.id},{gone.id},x")
        assert stream.missed == [("deleted", str(gone.id)), *[("added", str(post.id)) for post in missed]]
        here.browser.session.headers["Last-Event-ID"] = str(missed[0].id)  # what a browser sends that was cut off
        stream = await here.browser.live("/unit", after=gone.id)
        assert stream.missed == [("added", str(missed[1].id))]


async def test_the_numbers_in_the_menu_move(tmp_path):
    async with unit(tmp_path) as here:
        stream = await here.browser.live("/settings")
        post = await here.ada.post("Hello")
        await reactions.favourite(here.node.ctx, here.ben.account, post.id)
        assert await stream.next() == ("counts", '{"bell":1,"mail":0,"shield":0,"scroll":0}')
        await here.ben.post("@ada A word?", Visibility.DIRECT)
        assert ("counts", '{"bell":2,"mail":1,"shield":0,"scroll":0}') in [await stream.next(), await stream.next()]


@pytest.mark.parametrize("how", ["signs out", "ends elsewhere", "suspended", "idle"])
async def test_O04_a_stream_ends_with_the_session(tmp_path, how, monkeypatch, database):
    monkeypatch.setattr("node.listening.feed._CHECK_SECONDS", 0.05)
    async with unit(tmp_path, database=database) as here:
        stream = await here.browser.live("/home")
        (secret,) = [cookie.value for cookie in here.browser.session.cookie_jar if cookie.key.startswith("session")]
        if how == "signs out":
            await members.sign_out(here.node.ctx, secret)
        elif how == "ends elsewhere":
            await members.end_session(here.node.ctx, here.ada.account, tokens.hashed(secret))
        elif how == "suspended":
            await measures.suspend(here.node.ctx, here.ada.account.id, reason="A threat.")
        else:
            async with here.node.ctx.change() as change:
                await tokens.touch_session(change.tx, tokens.hashed(secret), now=1)
        assert await stream.next() is None
        again = await here.browser.session.get(f"{here.node.url}/live")
        assert await again.text() == "event: over\ndata: 0\n\n"
        assert (await here.browser.get("/live/posts?id=1"))[1].count("password")  # the sign-in page


async def test_an_open_page_does_not_keep_a_session_awake(tmp_path):
    async with unit(tmp_path) as here:
        (secret,) = [cookie.value for cookie in here.browser.session.cookie_jar if cookie.key.startswith("session")]
        hash, long_ago = tokens.hashed(secret), here.node.ctx.clock() - 3_600_000

        async def seen_at():
            async with here.node.ctx.db.read() as tx:
                return (await tokens.session(tx, secret, seen_after=0)).seen_at

        async with here.node.ctx.change() as change:
            await tokens.touch_session(change.tx, hash, now=long_ago)
        await here.browser.live("/home")
        await here.browser.get("/live/posts?id=1")
        assert await seen_at() == long_ago
        await here.browser.get("/home")
        assert await seen_at() > long_ago


async def test_a_quiet_stream_is_kept_open_by_pings(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["node.web.live"], "_PING_SECONDS", 0.05)
    async with unit(tmp_path) as here:
        stream = await here.browser.live("/home")
        assert stream.answer.headers["Content-Type"].startswith("text/event-stream")
        assert stream.answer.headers["X-Accel-Buffering"] == "no"
        lines = [await stream.line() for _ in range(4)]
        assert lines.count(": \n") >= 1


async def test_a_member_has_no_more_than_so_many_streams(tmp_path):
    limits = Limits(streams_per_member=2, requests_per_member=1_000_000, requests_per_address=1_000_000)
    async with unit(tmp_path, limits=limits) as here:
        first = await here.browser.live("/home")
        await here.browser.live("/unit")
        await here.browser.live("/unit", status=429)
        first.answer.close()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(here.node.ctx.hub.readers) > 1:
                await asyncio.sleep(0.01)
        await here.browser.live("/unit")


async def test_posts_are_shown_as_they_are_now_and_only_those_one_may_see(tmp_path):
    async with unit(tmp_path) as here:
        open_, hidden = await here.ben.post("Open"), await here.ben.post("@carla Hidden", Visibility.DIRECT)
        later = await here.carla.post("Later")
        status, body = await here.browser.get(f"/live/posts?id={later.id}&id={hidden.id}&id={open_.id}&id=x")
    assert status == 200
    assert re.findall(r'id="post-(\d+)"', body) == [str(later.id), str(open_.id)]
    assert "Hidden" not in body
