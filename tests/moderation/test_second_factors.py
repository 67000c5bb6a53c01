"""A second factor (A13): set up and used in a browser, guessed at, lost, and asked of those who have a role."""

import asyncio
import base64
import contextlib
import re
from dataclasses import replace

import pytest

from moderation import measures, members, passwords, personas, second_factors
from moderation.second_factors import CodeWanted
from node.adapters import authenticators
from node.app import create_app
from node.domain.accounts import Role
from node.errors import NotFound, Throttled, Unauthenticated
from node.store import accounts, journal
from node.store import second_factors as rows
from tests.mailing import DAY, MINUTE, PASSWORD, mailing, text
from tests.pages.test_settings import Browser

ADDRESS = "ada@example.com"
HERE = "192.0.2.1"
PLACE = "/settings/second-factor"


class Ada(Browser):
    """Ada at her browser, with an app on her telephone."""

    key = b""
    written_down = ()

    async def sign_in(self, path="/sign-in"):
        """Give the password; return status, place and page."""
        return await self.send(path, username="ada", password=PASSWORD)

    async def types(self, code, *, page, username="ada"):
        """Give the code on the page that asks for it."""
        there = re.search(r'action="(/sign-in/code[^"]*)"', page)[1].replace("&amp;", "&")
        ticket = re.search(r'name="ticket" value="([^"]+)"', page)[1]
        return await self.send(there, "/sign-in", ticket=ticket, username=username, code=code)

    def app(self, *, later=0):
        """Return what the app shows."""
        return authenticators.code(self.key, at=self.ctx.clock() + later)

    async def sets_up(self):
        status, place, _ = await self.send(PLACE, password=PASSWORD)
        assert (status, place) == (303, PLACE)
        _, page = await self.page(PLACE)
        shown = re.search(r'<code class="code">([A-Z2-7 ]+)</code>', page)[1]
        self.key = base64.b32decode(shown.replace(" ", ""))
        assert 'class="key-code"' in page
        status, _, page = await self.send(f"{PLACE}/confirm", PLACE, code=self.app())
        assert status == 200
        self.written_down = codes_on(page)
        assert len(set(self.written_down)) == 10
        return self

    async def counts(self):
        async with self.ctx.db.read() as tx:
            user = await accounts.user_named(tx, "ada")
            return await rows.counts(tx, user.account.id)

    async def own(self):
        return await members.named(self.ctx, "ada")


def codes_on(page):
    return re.findall(r"<code>([a-z2-7]{4}-[a-z2-7]{4})</code>", page)


def at(node):
    return Ada(node.ctx, create_app(node.ctx, jobs=False).test_client())


@contextlib.asynccontextmanager
async def story(folder, *, database="", role=Role.MEMBER, factor=True):
    """Ada, signed in, with a second factor; and another browser."""
    async with mailing(folder, database=database) as node:
        await node.member("ada", address=ADDRESS, role=role)
        ada = at(node)
        assert (await ada.sign_in())[0] == 303
        if factor:
            await ada.sets_up()
            node.clock.now += MINUTE
        other = at(node)
        other.key, other.written_down = ada.key, ada.written_down
        yield node, ada, other


async def test_A13_who_has_a_second_factor_signs_in_with_a_code(tmp_path, database):
    async with story(tmp_path, database=database) as (node, ada, other):
        status, _, page = await other.sign_in("/sign-in?next=/people")
        assert (status, "Now the code" in page) == (200, True)
        assert (await other.page("/home"))[0] == 303, "the password alone lets nobody in"
        status, _, page = await other.types("000000", page=page)
        assert (status, "This code is not right" in page) == (401, True)
        assert (await other.types(other.app(), page=page))[:2] == (303, "/people")
        assert (await other.page("/home"))[0] == 200
        assert (await ada.page("/home"))[0] == 200, "who sets it up stays signed in"
        await node.deliver()
        (mail,) = node.house.to(ADDRESS)
        assert mail["Subject"] == "You sign in with a code from now on"


async def test_a_code_lets_in_once(tmp_path, database):
    async with story(tmp_path, database=database) as (_, _ada, other):
        code = other.app()
        _, _, page = await other.sign_in()
        assert (await other.types(code, page=page))[0] == 303
        assert (await other.types(code, page=page))[0] == 401
        assert (await other.types(other.app(later=30_000), page=page))[0] == 303
        assert (await other.types(code, page=page))[0] == 401, "nor does one from before"


async def test_two_who_say_one_code_at_the_same_time_do_not_both_come_in(tmp_path, database):
    async with story(tmp_path, database=database) as (node, _, other):
        with pytest.raises(CodeWanted) as wanted:
            await members.sign_in(node.ctx, username="ada", password=PASSWORD, address=HERE)
        asking = [members.sign_in_with_code(node.ctx, wanted.value.ticket, other.app()) for _ in range(4)]
        answers = await asyncio.gather(*asking, return_exceptions=True)
        assert sum(isinstance(one, str) for one in answers) == 1


async def test_a_code_that_was_written_down_lets_in_once(tmp_path, database):
    async with story(tmp_path, database=database) as (_, ada, other):
        _, _, page = await other.sign_in()
        first, second, *_ = other.written_down
        assert (await other.types(first.upper(), page=page))[0] == 303
        assert (await other.types(first, page=page))[0] == 401
        assert (await other.types(second.replace("-", " "), page=page))[0] == 303
        assert "8 codes that you wrote down are left" in (await ada.page(PLACE))[1]
        status, _, page_of_codes = await ada.send(f"{PLACE}/codes", PLACE, password=PASSWORD)
        new = codes_on(page_of_codes)
        assert (status, len(new)) == (200, 10)
        assert new[0] not in (await ada.page(PLACE))[1], "they are shown once"
        assert (await other.types(other.written_down[2], page=page))[0] == 401, "the old ones are over"
        assert (await other.types(new[0], page=page))[0] == 303


async def test_O07_codes_are_guessed_once_a_day_at_last(tmp_path, database):
    async with story(tmp_path, database=database) as (node, _, other):

        async def guess(code):
            with pytest.raises(CodeWanted) as wanted:
                await members.sign_in(node.ctx, username="ada", password=PASSWORD, address=HERE)
            return await members.sign_in_with_code(node.ctx, wanted.value.ticket, code)

        waited = []
        for _ in range(20):
            began = node.clock.now
            try:
                await guess("000000")
            except Throttled as error:
                node.clock.now += error.retry_after * 1000
                with pytest.raises(Unauthenticated):
                    await guess("000000")
            except Unauthenticated:
                pass
            waited.append((node.clock.now - began) // MINUTE)
        assert waited[:8] == [0, 0, 0, 0, 0, 2, 4, 8]
        assert waited[-1] == DAY // MINUTE
        with pytest.raises(Throttled):
            await guess(other.app())  # not even the right one
        await passwords.renew(node.ctx, await other.own(), PASSWORD)
        with pytest.raises(Unauthenticated):
            await guess("000000")
        with pytest.raises(Throttled):
            await guess(other.app())  # a new password allows one try, not five
        await passwords.renew(node.ctx, await other.own(), PASSWORD)
        assert await guess(other.app())


@pytest.mark.parametrize("ticket", ["", ".", "1", "x.y", f"{1 << 62}.AAAA", "²." + "A" * 54, "9" * 40 + "." + "A" * 54])
async def test_what_is_no_ticket_leads_nowhere(tmp_path, ticket):
    async with story(tmp_path) as (node, _, other):
        with pytest.raises(Unauthenticated, match="too long"):
            await members.sign_in_with_code(node.ctx, ticket, other.app())


async def test_a_ticket_is_good_for_five_minutes_for_one_member_and_one_password(tmp_path):
    async with story(tmp_path) as (node, _, other):
        with pytest.raises(CodeWanted) as wanted:
            await members.sign_in(node.ctx, username="ada", password=PASSWORD, address=HERE)
        ticket = wanted.value.ticket
        moment, _, sign = ticket.partition(".")
        for changed in (f"{int(moment) + 1}.{sign}", f"{moment}.{sign[:-2]}AA", f"{moment}.AAAAA{sign[5:]}"):
            with pytest.raises(Unauthenticated, match="too long"):
                await members.sign_in_with_code(node.ctx, changed, other.app())
        node.clock.now += 5 * MINUTE + 1
        with pytest.raises(Unauthenticated, match="too long"):
            await members.sign_in_with_code(node.ctx, ticket, other.app())
        with pytest.raises(CodeWanted) as wanted:
            await members.sign_in(node.ctx, username="ada", password=PASSWORD, address=HERE)
        await passwords.renew(node.ctx, await other.own(), "another horse battery staple")
        with pytest.raises(Unauthenticated, match="too long"):
            await members.sign_in_with_code(node.ctx, wanted.value.ticket, other.app())


async def test_a_second_factor_counts_when_its_first_code_was_right(tmp_path, database):
    async with story(tmp_path, database=database, factor=False) as (_, ada, other):
        assert (await ada.send(PLACE, password="not it, certainly"))[0] == 401
        assert (await ada.send(f"{PLACE}/confirm", PLACE, code="000000"))[0] == 404
        assert (await ada.send(PLACE, password=PASSWORD))[0] == 303
        status, _, page = await ada.send(f"{PLACE}/confirm", PLACE, code="000000")
        assert (status, "This code is not right" in page, "key-code" in page) == (401, True, True)
        assert not await ada.counts()
        assert (await other.sign_in())[0] == 303, "what was begun and left locks nobody out"
        await ada.sets_up()
        assert await ada.counts()
        assert "key-code" not in (await ada.page(PLACE))[1], "the key is shown no more"
        assert (await ada.send(PLACE, "/settings/account", password=PASSWORD))[0] == 409
        assert (await ada.send(f"{PLACE}/confirm", PLACE, code=ada.app(later=60_000)))[0] == 404


async def test_a_code_of_a_key_that_was_replaced_lets_no_other_key_count(tmp_path, database):
    async with story(tmp_path, database=database, factor=False) as (node, ada, _):
        own = await ada.own()
        await second_factors.begin(node.ctx, own, PASSWORD, address=HERE)
        async with node.ctx.change() as change:
            assert await rows.use(change.tx, own.id, 5)
        await second_factors.begin(node.ctx, own, PASSWORD, address=HERE)
        async with node.ctx.change() as change:
            assert not await rows.start(change.tx, own.id, now=change.now)
        assert not await ada.counts()


async def test_who_has_the_password_takes_it_away_and_the_member_is_told(tmp_path, database):
    async with story(tmp_path, database=database) as (node, ada, other):
        await node.deliver()
        node.house.mails.clear()
        assert (await ada.send(f"{PLACE}/end", PLACE, password="not it, certainly"))[0] == 401
        assert (await ada.send(f"{PLACE}/codes", PLACE, password="not it, certainly"))[0] == 401
        assert await ada.counts()
        assert (await ada.send(f"{PLACE}/end", PLACE, password=PASSWORD))[:2] == (303, PLACE)
        assert (await other.sign_in())[0] == 303
        await node.deliver()
        (mail,) = node.house.to(ADDRESS)
        assert (mail["Subject"], "password alone" in text(mail)) == ("You sign in without a code from now on", True)
        assert (await ada.send(f"{PLACE}/codes", PLACE, password=PASSWORD))[0] == 404
        await ada.sets_up()


async def test_the_operator_helps_who_lost_everything_and_that_is_written_down(tmp_path, database):
    async with story(tmp_path, database=database) as (node, ada, other):
        await second_factors.take_away(node.ctx, await ada.own(), by=None)
        assert (await other.sign_in())[0] == 303
        async with node.ctx.db.read() as tx:
            (line,) = await journal.of_kind(tx, "account.second_factor_taken")
        assert line.subject == (await ada.own()).uri
        with pytest.raises(NotFound):
            await second_factors.take_away(node.ctx, await ada.own(), by=None)


async def test_an_administrator_takes_away_what_a_member_lost_but_not_their_own(tmp_path, database):
    async with story(tmp_path, database=database, role=Role.ADMIN) as (node, ada, _):
        eva = await node.member("eva")
        there, list_ = f"/administration/members/{eva.id}/second-factor", "/administration/members"
        assert (await ada.page(there))[0] == 404, "she has none"
        assert "/second-factor" not in (await ada.page(list_))[1], "one's own stands in the settings"
        await second_factors.begin(node.ctx, eva, PASSWORD, address=HERE)
        begun = await second_factors.of(node.ctx, eva)
        await second_factors.confirm(node.ctx, eva, authenticators.code(begun.key, at=node.clock.now))
        assert there in (await ada.page(list_))[1]
        assert (await ada.send(there))[:2] == (303, list_)
        assert await second_factors.of(node.ctx, eva) is None
        async with node.ctx.db.read() as tx:
            (line,) = await journal.of_kind(tx, "account.second_factor_taken")
        assert (line.subject, line.by_id) == (eva.uri, (await ada.own()).id)
        own = f"/administration/members/{(await ada.own()).id}/second-factor"
        assert (await ada.page(own))[0] == 403


async def test_the_key_and_the_codes_stand_nowhere_in_the_clear_and_go_with_the_member(tmp_path, database):
    async with story(tmp_path, database=database) as (node, ada, _):
        async with node.ctx.db.read() as tx:
            (kept,) = await tx.all("SELECT * FROM second_factors")
            marks = [row["mark"] for row in await tx.all("SELECT mark FROM recovery_codes")]
        assert ada.key not in bytes(kept["key"])
        assert not {code.replace("-", "") for code in ada.written_down} & set(marks)
        assert {len(mark) for mark in marks} == {64}
        await members.erase_own(node.ctx, await ada.own(), PASSWORD, address=HERE)
        async with node.ctx.db.read() as tx:
            assert await tx.all("SELECT * FROM second_factors") == []
            assert await tx.all("SELECT * FROM recovery_codes") == []


async def test_who_cannot_be_let_in_is_told_so_before_and_after_the_code(tmp_path):
    async with story(tmp_path) as (node, ada, other):
        _, _, page = await other.sign_in()
        await measures.suspend(node.ctx, (await ada.own()).id, reason="Threats.")
        status, _, page = await other.types(other.app(), page=page)
        assert (status, "Threats." in page) == (403, True)
        assert (await other.page("/home"))[0] == 303
        status, _, page = await other.sign_in()
        assert (status, "Threats." in page) == (403, True)


async def test_roles_that_need_a_second_factor_wait_for_it(tmp_path, database):
    async with story(tmp_path, database=database, role=Role.ADMIN, factor=False) as (node, ada, _):
        strict = replace(node.ctx.settings.node, roles_need_second_factor=True)
        there = replace(node, ctx=replace(node.ctx, settings=replace(node.ctx.settings, node=strict)))
        token = await members.issue_token(there.ctx, await ada.own(), name="script", scopes="read write admin:read")
        waiting = at(there)
        assert (await waiting.sign_in())[0] == 303
        assert (await waiting.page("/administration/members"))[0] == 404
        assert (await members.viewer_of_token(there.ctx, token)).role is Role.MEMBER
        assert "Your role needs a second factor" in (await waiting.page("/home"))[1]
        await waiting.sets_up()
        assert (await waiting.page("/administration/members"))[0] == 200
        assert (await members.viewer_of_token(there.ctx, token)).role is Role.ADMIN
        assert "Your role needs a second factor" not in (await waiting.page("/home"))[1]
        assert (await ada.page("/administration/members"))[0] == 200, "elsewhere it is not asked for"


async def test_a_pseudonym_has_no_second_factor_of_its_own(tmp_path):
    async with story(tmp_path) as (node, ada, _):
        await personas.make(node.ctx, await ada.own(), username="otter", name="Otter")
        assert (await ada.send("/settings/pseudonym/enter", "/settings/pseudonym"))[0] == 303
        assert (await ada.page(PLACE))[0] == 403
