"""On the end date of a guest everything stops, by the clock and not by a loop; an administrator may prolong it."""

import contextlib
import re
from dataclasses import dataclass, replace

import pytest

from moderation import guests, measures, members
from node.app import create_app
from node.domain.accounts import Role
from node.domain.groups import Joining
from node.domain.guests import Terms
from node.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from node.store import accounts, audience, groups, push, tokens
from node.store import guests as rows
from tests.clients import House, house
from tests.guests import PASSWORD, group, guest
from tests.nodes import URL
from tests.served import served

HOUR = 3_600_000
HOST = URL.removeprefix("http://")


@dataclass
class Clock:
    now: int

    def __call__(self):
        return self.now


@contextlib.asynccontextmanager
async def clocked(folder, **more):
    """A node whose clock the test sets, with Ada, who brought Greta for an hour into Ben's group."""
    async with house(folder, **more) as home:
        clock = Clock(home.ctx.clock())
        ctx = replace(home.ctx, clock=clock)
        here = House(ctx, create_app(ctx, jobs=False))
        ada, ben = await here.member("ada"), await here.member("ben", role=Role.ADMIN)
        dyers = await group(here, ben, "dyers")
        yield here, clock, ada, ben, dyers, await guest(here, "greta", ada.account, dyers, lasting=HOUR)


def sign_in(here, username="greta"):
    return members.sign_in(here.ctx, username=username, password=PASSWORD, address="192.0.2.1")


async def role_in(here, group, client):
    async with here.ctx.db.read() as tx:
        return (await groups.standing(tx, group.id, client.account.id, now=here.ctx.clock())).role


async def test_when_the_time_is_over_sign_in_session_and_token_stop_at_once(tmp_path, database):
    async with clocked(tmp_path, database=database) as (here, clock, _, _, _, greta):
        session = await sign_in(here)
        assert await members.viewer_of_session(here.ctx, session)
        clock.now += HOUR - 1
        assert await members.viewer_of_session(here.ctx, session)
        assert (await greta.get("/api/v1/timelines/home")).status == 200
        clock.now += 1
        assert await members.viewer_of_session(here.ctx, session) is None
        assert (await greta.get("/api/v1/timelines/home")).status == 401
        with pytest.raises(Forbidden, match="time as a guest here is over"):
            await sign_in(here)
        with pytest.raises(Unauthenticated):
            await members.sign_in(here.ctx, username="greta", password="not the right one", address="192.0.2.1")


async def test_when_the_time_is_over_streams_and_push_stop_at_once(tmp_path, database):
    async with clocked(tmp_path, database=database) as (here, clock, ada, _, _, greta):
        secret = await sign_in(here)
        async with here.ctx.change() as change:
            await change.tx.run(
                """INSERT INTO push_subscriptions (id, token_hash, session_hash, account_id, endpoint, p256dh, auth,
                      standard, alerts, policy, created_at)
                   VALUES (1, NULL, :hash, :account, 'https://push.example/1', '', '', 1, '', 'all', 0)""",
                hash=tokens.hashed(secret),
                account=greta.account.id,
            )

        async def live():
            now = here.ctx.clock()
            async with here.ctx.db.read() as tx:
                token, session = tokens.hashed(greta.token), tokens.hashed(secret)
                told = await push.telling(tx, greta.account.id, from_id=ada.account.id, seen_after=0, now=now)
                return (
                    await audience.live_tokens(tx, {token}, now=now) == {token},
                    await audience.live_sessions(tx, {session}, seen_after=0, now=now) == {session},
                    told is not None,
                )

        assert await live() == (True, True, True)
        clock.now += HOUR
        assert await live() == (False, False, False)


async def test_an_open_stream_ends_with_the_time_of_its_guest(tmp_path):
    async with served(tmp_path) as node:
        (ada,) = await node.members("ada")
        home = House(node.ctx, None)
        dyers = await group(home, ada, "dyers")
        greta = await guest(home, "greta", ada.account, dyers)
        member = replace(ada, account=greta.account, token=greta.token)
        socket = await member.listen("user")
        async with node.ctx.change() as change:
            await rows.put(change.tx, greta.account.id, Terms(ada.account.id, change.now - 1, (dyers.id,)))
        assert await socket.ended()


async def test_the_loop_takes_guests_out_of_their_groups_and_suspends_them(tmp_path, database):
    async with clocked(tmp_path, database=database) as (here, clock, _, _, dyers, greta):
        assert await guests.end_due(here.ctx) == 0
        assert await role_in(here, dyers, greta)
        clock.now += HOUR
        assert await guests.end_due(here.ctx) == 1
        assert await guests.end_due(here.ctx) == 0
        assert await role_in(here, dyers, greta) is None
        async with here.ctx.db.read() as tx:
            assert (await accounts.by_id(tx, greta.account.id)).suspended_at == clock.now
        with pytest.raises(Forbidden, match="time as a guest here is over"):
            await sign_in(here)


async def test_an_administrator_prolongs_what_is_over_and_names_other_groups(tmp_path, database):
    async with clocked(tmp_path, database=database) as (here, clock, ada, ben, dyers, greta):
        weavers = await group(here, ben, "weavers")
        clock.now += HOUR
        await guests.end_due(here.ctx)
        longer = Terms(ada.account.id, clock.now + HOUR, (weavers.id,))
        await guests.change_terms(here.ctx, greta.account.id, longer, by=ben.account)
        assert await sign_in(here)
        assert (await role_in(here, weavers, greta), await role_in(here, dyers, greta)) == ("member", None)
        clock.now += HOUR
        with pytest.raises(Forbidden):
            await sign_in(here)


async def test_a_guest_leaves_a_group_that_is_named_for_them_no_more(tmp_path):
    async with clocked(tmp_path) as (here, clock, ada, ben, dyers, greta):
        weavers = await group(here, ben, "weavers")
        post = await ben.write("Secret of the dyers", group_id=str(dyers.id))
        assert (await greta.get(f"/api/v1/statuses/{post['id']}")).status == 200
        other = Terms(ada.account.id, clock.now + HOUR, (weavers.id,))
        await guests.change_terms(here.ctx, greta.account.id, other, by=ben.account)
        assert (await greta.get(f"/api/v1/statuses/{post['id']}")).status == 404


async def test_who_brought_a_guest_lets_them_go_earlier_but_not_later(tmp_path):
    async with clocked(tmp_path) as (here, clock, ada, ben, _, greta):
        id = greta.account.id
        with pytest.raises(NotFound):
            await guests.shorten(here.ctx, id, clock.now + 1000, by=ben.account)
        with pytest.raises(Forbidden):
            await guests.shorten(here.ctx, id, clock.now + 2 * HOUR, by=ada.account)
        with pytest.raises(Invalid):
            await guests.shorten(here.ctx, id, clock.now, by=ada.account)
        await guests.shorten(here.ctx, id, clock.now + 1000, by=ada.account)
        clock.now += 1000
        assert (await greta.get("/api/v1/timelines/home")).status == 401


async def test_to_end_it_now_ends_everything_now(tmp_path):
    async with clocked(tmp_path) as (here, _, ada, ben, dyers, greta):
        await guests.end(here.ctx, greta.account.id, by=ada.account)
        assert (await greta.get("/api/v1/timelines/home")).status == 401
        assert await role_in(here, dyers, greta) is None
        with pytest.raises(NotFound):
            await guests.end(here.ctx, ben.account.id, by=None)


async def test_a_guest_whom_a_moderator_suspended_comes_back_by_nobody_but_them(tmp_path):
    async with clocked(tmp_path) as (here, clock, ada, ben, dyers, greta):
        await measures.suspend(here.ctx, greta.account.id, reason="A threat.")
        with pytest.raises(Forbidden, match="A threat"):
            await sign_in(here)
        clock.now += HOUR
        await guests.end_due(here.ctx)
        longer = Terms(ada.account.id, clock.now + HOUR, (dyers.id,))
        with pytest.raises(Conflict):
            await guests.change_terms(here.ctx, greta.account.id, longer, by=ben.account)


async def test_terms_name_a_member_a_day_to_come_and_a_group(tmp_path):
    async with clocked(tmp_path) as (here, clock, ada, ben, dyers, greta):
        for wrong, terms in (
            (Invalid, Terms(ada.account.id, clock.now, (dyers.id,))),
            (Invalid, Terms(ada.account.id, clock.now + HOUR)),
            (NotFound, Terms(greta.account.id, clock.now + HOUR, (dyers.id,))),
            (NotFound, Terms(ada.account.id, clock.now + HOUR, (ben.account.id,))),
        ):
            with pytest.raises(wrong):
                await members.invite(here.ctx, by=ben.account, guest=terms)


async def test_who_follows_an_invitation_for_guests_is_one(tmp_path, database):
    async with clocked(tmp_path, database=database) as (here, clock, ada, ben, dyers, _):
        closed = await group(here, ben, "closed", joining=Joining.INVITATION)
        asking = await group(here, ben, "asking", joining=Joining.REQUEST)
        terms = Terms(ada.account.id, clock.now + HOUR, (dyers.id, closed.id, asking.id))
        secret = await members.invite(here.ctx, by=ben.account, role=Role.ADMIN, guest=terms)
        account = await members.accept_invitation(here.ctx, secret, username="hugo", password=PASSWORD)
        assert account.guest
        client = await here.client(account)
        roles = [await role_in(here, one, client) for one in (dyers, closed, asking)]
        assert roles == ["member", None, None], "nobody is put into a group over the heads of its people"
        async with here.ctx.db.read() as tx:
            assert (await groups.standing(tx, asking.id, account.id, now=clock.now)).asked
            assert (await rows.of(tx, account.id)).terms == replace(terms, group_ids=tuple(sorted(terms.group_ids)))
            assert (await accounts.user(tx, account.id)).role is Role.MEMBER
        with pytest.raises(Forbidden):
            await members.set_role(here.ctx, account.id, Role.MODERATOR, by=None)


async def test_the_sign_in_page_says_that_the_time_is_over(tmp_path):
    async with clocked(tmp_path) as (here, clock, *_):
        clock.now += HOUR
        client = here.app.test_client()
        page = await client.get("/sign-in", headers={"Host": HOST})
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', await page.get_data(as_text=True))[1]
        form = {"csrf": token, "username": "greta", "password": PASSWORD}
        answer = await client.post("/sign-in", form=form, headers={"Host": HOST})
        assert answer.status_code == 403
        assert "Your time as a guest here is over" in await answer.get_data(as_text=True)
