"""Accounts that nobody uses: told, hidden, warned, erased, by the clock; and what delays or ends that."""

import asyncio
from dataclasses import replace

import pytest

from moderation import guests, inactivity, measures, members
from node.config import ConfigError, Retention, Settings, check
from node.config import Node as NodeSettings
from node.domain.accounts import Role
from node.domain.guests import Terms
from node.domain.pages import Masthead
from node.domain.posts import Draft
from node.domain.times import DAY_MS, days
from node.domain.viewer import Viewer
from node.domain.visibility import Visibility
from node.errors import Unauthenticated
from node.store import accounts
from outbox import posts, unit_pages
from tests.clients import House
from tests.endings import live, node, sign_in, state, subjects
from tests.guests import group
from tests.mail.test_answers import answer
from tests.mailing import HOUR, MINUTE, PASSWORD, SENDER, text


async def test_a_member_who_stays_away_is_told_hidden_warned_and_erased(tmp_path, database):
    async with node(tmp_path, database=database) as here:
        carl = await here.member("carl")
        token = await members.issue_token(here.ctx, carl, name="every day")
        await live(here, 39)
        assert (await state(here), subjects(here)) == ("shown", [])
        await live(here, 1)
        assert (await state(here), subjects(here)) == ("shown", ["Your account will be hidden"])
        told = text(here.house.mails[-1])
        assert here.house.mails[-1]["From"].addresses[0].addr_spec == SENDER
        assert "@ben" in told
        assert "http://127.0.0.1:8499/sign-in" in told
        assert await members.viewer_of_token(here.ctx, token)
        await live(here, 9)
        assert await state(here) == "shown"
        await live(here, 1)
        assert (await state(here), subjects(here)[1:]) == ("hidden", ["Your account is hidden"])
        await live(here, 10)
        assert subjects(here)[2:] == ["The last warning: your account will be deleted"]
        await live(here, 9)
        assert await state(here) == "hidden"
        await live(here, 1)
        assert (await state(here), len(here.house.mails)) == ("erased", 3)
        assert (await state(here, here.ada), await state(here, carl)) == ("shown", "shown")
        with pytest.raises(Unauthenticated):
            await sign_in(here)


async def test_a_hidden_member_is_nowhere_to_be_seen_until_they_sign_in_on_the_last_day(tmp_path, database):
    async with node(tmp_path, database=database) as here:
        home = House(here.ctx, here.app)
        ada, ben = await home.client(here.ada), await home.client(here.ben)
        post = await ben.write("Looms need oil", visibility="public")
        paths = (f"/api/v1/accounts/{here.ben.id}", f"/api/v1/statuses/{post['id']}")

        async def seen():
            found = await ada.get("/api/v2/search?q=ben&type=accounts")
            return [(await ada.get(path)).status for path in paths], [one["username"] for one in found.body["accounts"]]

        assert await seen() == ([200, 200], ["ben"])
        await live(here, 69)
        assert await state(here) == "hidden"
        assert await seen() == ([404, 404], [])
        await sign_in(here)
        assert await seen() == ([200, 200], ["ben"])
        await live(here, 40)
        assert subjects(here)[3:] == ["Your account will be hidden"], "it begins anew"
        assert await state(here) == "shown"


@pytest.mark.parametrize("way", ["a client", "the stream of a client", "a page"])
async def test_every_use_brings_a_hidden_member_back(tmp_path, way):
    async with node(tmp_path) as here:
        client = await House(here.ctx, here.app).client(here.ben)
        await live(here, 55)
        assert await state(here) == "hidden"
        match way:
            case "a client":
                assert (await client.get("/api/v1/accounts/verify_credentials")).status == 200
            case "the stream of a client":
                assert (await client.get("/api/v1/timelines/home")).status == 200
            case _:
                assert await members.viewer_of_session(here.ctx, await sign_in(here))
        assert await state(here) == "shown"


async def test_what_an_open_page_asks_by_itself_is_no_sign_of_anybody(tmp_path):
    async with node(tmp_path) as here:
        here.clock.now += DAY_MS - here.clock.now % DAY_MS - HOUR  # an hour before midnight
        secret, before = await sign_in(here), days(here.clock.now)
        here.clock.now += 2 * HOUR
        for wakes, day in ((False, before), (True, before + 1)):
            assert await members.viewer_of_session(here.ctx, secret, wakes=wakes)
            async with here.ctx.db.read() as tx:
                assert (await accounts.user(tx, here.ben.id)).seen_day == day


async def test_a_sign_is_written_once_a_day_and_by_the_day(tmp_path):
    async with node(tmp_path) as here:
        here.clock.now += DAY_MS
        version = here.ctx.db.version()
        assert await members.viewer_of_token(here.ctx, here.token)
        written = here.ctx.db.version()
        assert written != version
        for _ in range(5):
            here.clock.now += 1_000
            assert await members.viewer_of_token(here.ctx, here.token)
        assert here.ctx.db.version() == written
        async with here.ctx.db.read() as tx:
            assert (await accounts.user(tx, here.ada.id)).seen_day == here.clock.now // DAY_MS


async def test_an_answer_by_mail_is_a_sign(tmp_path):
    async with node(tmp_path) as here:
        await live(here, 40)
        here.house.mails.clear()
        await posts.publish(here.ctx, here.ada, Draft("Hello @ben, are they ready?", Visibility.UNIT))
        await here.later(MINUTE)
        mail = next(mail for mail in here.house.mails if "names you" in mail["Subject"])
        await here.hand_over(answer(), mail["Reply-To"].addresses[0].addr_spec)
        await live(here, 39)
        assert await state(here) == "shown"


async def test_without_mail_members_are_hidden_and_erased_all_the_same(tmp_path, database):
    async with node(tmp_path, database=database, host="", listen="", reply_to="") as here:
        assert not here.ctx.mailer.enabled
        await live(here, 50)
        assert await state(here) == "hidden"
        await live(here, 20)
        assert await state(here) == "erased"


@pytest.mark.parametrize("refused", [False, True], ids=["no address", "refused mails"])
async def test_of_who_cannot_be_told_somebody_else_is_and_without_that_nobody_is_erased(tmp_path, refused):
    async with node(tmp_path) as here:
        carl = await here.member("carl", address="carl@example.com" if refused else "")
        here.house.refuses["carl@example.com"] = "550 5.1.1 No such person"
        await live(here, 100)
        assert await state(here, carl) == "hidden", "there is nobody who could be told"
        await here.confirmed(here.ada, "ada@example.com")
        while not here.house.to("ada@example.com"):
            await live(here, 1)
        (mail,) = here.house.to("ada@example.com")
        assert mail["Subject"] == "@carl cannot be told by mail"
        assert "they sign in once" in text(mail)
        await live(here, 9)
        assert await state(here, carl) == "hidden"
        await live(here, 1)
        assert await state(here, carl) == "erased"


async def test_while_a_warning_cannot_be_sent_no_further_step_is_taken(tmp_path, database):
    async with node(tmp_path, database=database) as here:
        here.house.refuses_data = "451 4.3.0 Try again later"
        await live(here, 60)
        assert (await state(here), len(await here.waiting())) == ("shown", 1)
        here.house.refuses_data = ""
        await live(here, 1)
        assert subjects(here) == ["Your account will be hidden"]
        await live(here, 9)
        assert await state(here) == "shown", "the ten days begin when the mail has gone out"
        await live(here, 1)
        assert await state(here) == "hidden"


async def test_a_year_without_the_node_and_a_clock_that_jumps_end_nobody(tmp_path, database):
    async with node(tmp_path, database=database) as here:
        await live(here, 60)
        assert len(subjects(here)) == 3, "the last warning is out"
        for jump in (365, -365, 5 * 365):
            here.clock.now += jump * DAY_MS
            await inactivity.climb(here.ctx)
            await here.deliver()
            assert (await state(here), len(here.house.mails)) == ("hidden", 3)
        async with here.ctx.db.read() as tx:
            assert (await accounts.user(tx, here.ada.id)).seen_day <= days(here.clock.now)
        await live(here, 9)
        assert await state(here) == "hidden"
        await live(here, 2)
        assert (await state(here), await state(here, here.ada)) == ("erased", "shown")


async def test_a_clock_that_jumps_tells_nobody_who_was_here(tmp_path):
    async with node(tmp_path) as here:
        here.clock.now += 365 * DAY_MS
        for _ in range(3):
            await inactivity.climb(here.ctx)
        await here.deliver()
        assert (here.house.mails, await state(here)) == ([], "shown")


async def test_a_loop_that_goes_round_twice_or_in_two_processes_takes_each_step_once(tmp_path, database):
    async with node(tmp_path, database=database) as here:
        for _ in range(70):
            here.clock.now += DAY_MS
            assert await members.viewer_of_token(here.ctx, here.token)
            await asyncio.gather(*(inactivity.climb(here.ctx) for _ in range(3)))
            await here.deliver()
        assert (await state(here), len(here.house.mails)) == ("erased", 3)


async def test_a_step_that_is_interrupted_is_taken_whole_later(tmp_path):
    async with node(tmp_path) as here:
        await live(here, 39)
        limits = replace(here.ctx.settings.limits, mails_waiting=0)
        full = replace(here.ctx, settings=replace(here.ctx.settings, limits=limits))
        here.clock.now += DAY_MS
        await members.viewer_of_token(here.ctx, here.token)
        await inactivity.climb(full)
        async with here.ctx.db.read() as tx:
            assert await tx.all("SELECT * FROM absences") == []
        await inactivity.climb(here.ctx)
        await here.deliver()
        assert subjects(here) == ["Your account will be hidden"]


async def test_many_are_told_at_once(tmp_path):
    async with node(tmp_path, host="", listen="", reply_to="") as here:
        made = [await here.member(f"member{number}") for number in range(4)]
        async with here.ctx.change() as change:
            for id in range(1, 120):
                row = {"id": id, "uri": f"http://127.0.0.1:8499/users/x{id}", "username": f"x{id}"}
                ada = await accounts.by_id(change.tx, here.ada.id)
                await accounts.insert(change.tx, replace(ada, **row))
                user = await accounts.user(change.tx, here.ada.id)
                await accounts.add_user(
                    change.tx,
                    account_id=id,
                    role=Role.MEMBER,
                    password_hash="",
                    comfort=user.comfort,
                    now=change.now,
                )
        await live(here, 50)
        async with here.ctx.db.read() as tx:
            (row,) = await tx.all("SELECT COUNT(*) AS n FROM accounts WHERE hidden_at IS NOT NULL")
        assert row["n"] == 119 + len(made) + 1


async def test_guests_groups_pages_and_who_is_suspended_do_not_end_so(tmp_path, database):
    async with node(tmp_path, database=database) as here:
        home = House(here.ctx, here.app)
        ada = await home.client(here.ada)
        dyers = await group(home, ada, "dyers")
        terms = Terms(here.ada.id, here.clock.now + 300 * DAY_MS, (dyers.id,))
        greta = await members.add(here.ctx, username="greta", password=PASSWORD, guest=terms)
        carl = await here.member("carl")
        await measures.suspend(here.ctx, carl.id, reason="A threat.")
        page = await unit_pages.found(
            here.ctx, Viewer(here.ada, Role.ADMIN), "canteen", Masthead(name="Canteen"), editors=["ben"]
        )
        await live(here, 75)
        assert await state(here) == "erased"
        assert [await state(here, one) for one in (dyers, greta, carl, page)] == ["shown", "shown", "hidden", "shown"]
        assert await guests.end_due(here.ctx) == 0


async def test_the_last_administrator_is_hidden_at_most(tmp_path, database):
    async with node(tmp_path, database=database) as here:
        for _ in range(80):
            here.clock.now += DAY_MS
            await inactivity.climb(here.ctx)
            await here.deliver()
        assert [await state(here, one) for one in (here.ada, here.ben)] == ["hidden", "erased"]
        await sign_in(here, "ada")
        assert await state(here, here.ada) == "shown"


async def test_groups_of_who_is_erased_are_not_left_without_anybody(tmp_path):
    async with node(tmp_path) as here:
        home = House(here.ctx, here.app)
        await group(home, await home.client(here.ben), "dyers")
        await live(here, 70)
        async with here.ctx.db.read() as tx:
            (row,) = await tx.all("SELECT archived_at FROM groups")
        assert row["archived_at"] is not None, "nobody looks after it, so it is closed"


async def test_zero_lets_accounts_stay(tmp_path):
    async with node(tmp_path, figures=Retention(inactive_days=0)) as here:
        await live(here, 75)
        assert (await state(here), here.house.mails) == ("shown", [])


@pytest.mark.parametrize(
    "figures",
    [
        {"inactive_days": 29},
        {"inactive_days": -1},
        {"hide_days": 6},
        {"delete_days": 13},
        {"leaver_days": -1},
        *({"suspended_days": days} for days in (0, 29, 366)),
    ],
)
def test_figures_that_leave_no_time_are_refused(figures):
    settings = Settings(node=NodeSettings(url="https://social.example"), retention=Retention(**figures))
    with pytest.raises(ConfigError, match=f"retention.{next(iter(figures))}"):
        check(settings)
    check(replace(settings, retention=Retention(inactive_days=0)))
