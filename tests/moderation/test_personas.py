"""Personas: whose one is stands nowhere, and two roles who look together are told of to the person."""

from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidTag

from federation import actors
from moderation import holds, leavers, measures, members, passwords, personas
from moderation.minors import set_minor
from node.adapters import clock
from node.domain.accounts import Role
from node.domain.groups import Charter, Joining
from node.domain.pages import Masthead
from node.domain.personas import AGREES_WITHIN_MS, LINGERS_MS, OPEN_MS, Vault
from node.domain.posts import Draft
from node.domain.times import DAY_MS
from node.domain.viewer import Viewer
from node.domain.visibility import Visibility
from node.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from node.store import accounts, audience, figures, journal, tokens
from node.store import personas as rows
from node.store import posts as post_rows
from outbox import groups, moves, posts, profiles, scheduled, unit_pages
from tests import guests
from tests.clients import house
from tests.rows import rows_of


def at(ctx, later):
    """The same node, so many milliseconds later."""
    return replace(ctx, clock=lambda: clock.now() + later)


PASSWORD = "correct horse battery"


async def otter(home, owner):
    """Let a member have a persona; return its client."""
    return await home.client(await personas.make(home.ctx, owner.account, username="otter", name="Quiet Otter"))


async def test_no_row_names_both_a_member_and_their_persona(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("wilhelmina"), await home.member("ben")
        persona = await otter(home, ada)
        post = await persona.write("Why so?", visibility="unlisted")
        await ben.post(f"/api/v1/statuses/{post['id']}/favourite")
        await personas.enter(home.ctx, ada.account)
        async with home.ctx.db.read() as tx:
            found = await rows_of(tx)
            names = ("wilhelmina", tx.seals.mask("wilhelmina"))
        mine, theirs = {ada.account.id, str(ada.account.id), ada.account.uri}, {persona.account.id, persona.account.uri}
        assert any(theirs & set(values) for _, values in found)
        for table, values in found:
            assert not (mine & set(values) and theirs & set(values)), table
            assert not any(name in str(value) for name in names for value in values if theirs & set(values)), table


async def test_others_see_the_badge_and_nothing_else(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        persona = await otter(home, ada)
        post = await persona.write("Why so?", visibility="unlisted")
        seen = (await ben.get(f"/api/v1/statuses/{post['id']}")).body["account"]
        assert (seen["acct"], [role["id"] for role in seen["roles"]]) == ("otter", ["persona"])
        async with home.ctx.db.read() as tx:
            told = await actors.described(tx, persona.account, base=home.ctx.settings.url)
        assert told["persona"] is True
        assert "ada" not in str(told)
        assert [one["acct"] for one in (await ben.get("/api/v1/directory")).body] == []


async def test_a_persona_whispers_to_nobody_and_looks_after_nothing(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        persona = await otter(home, ada)
        for visibility, status in (("direct", 403), ("private", 403), ("unlisted", 200)):
            answer = await persona.post("/api/v1/statuses", {"status": "@ben psst", "visibility": visibility})
            assert answer.status == status, visibility
        with pytest.raises(Forbidden):
            await posts.publish(home.ctx, persona.account, Draft("x", Visibility.UNIT, wall_of=ben.account.id))
        with pytest.raises(Forbidden):
            await groups.found(home.ctx, persona.account, "dyers", Charter(name="Dyers"))
        with pytest.raises(Forbidden):
            await members.set_role(home.ctx, persona.account.id, Role.MODERATOR, by=None)
        admin = Viewer((await home.member("max", role=Role.ADMIN)).account, Role.ADMIN)
        with pytest.raises(Forbidden):
            await unit_pages.found(home.ctx, admin, "works", Masthead(name="Works"), editors=["otter"])


async def test_nobody_brings_a_guest_under_a_pseudonym(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        persona, dyers = await otter(home, ada), await guests.group(home, ada, "dyers")
        with pytest.raises(NotFound, match="brought by a member"):
            await guests.guest(home, "greta", persona.account, dyers)


async def test_nobody_moves_to_a_pseudonym_or_from_one(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        persona, authority = await otter(home, ada), home.ctx.settings.authority
        for one, other in ((persona, ben), (ben, persona)):
            with pytest.raises(Forbidden, match="whose it is"):
                await moves.add_alias(home.ctx, one.account, other.account.username, authority)
            with pytest.raises(Forbidden, match="whose it is"):
                await moves.move(home.ctx, one.account, other.account.username, authority)


async def test_nobody_votes_twice_with_a_persona(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        persona = await otter(home, ada)
        post = await ben.write("Tea?", visibility="unlisted", poll={"options": ["yes", "no"], "expires_in": 3600})
        path = f"/api/v1/polls/{post['poll']['id']}/votes"
        assert (await persona.post(path, {"choices": [0]})).status == 403
        assert (await ada.post(path, {"choices": [0]})).body["votes_count"] == 1


async def test_a_persona_makes_no_small_group_large_enough_for_a_figure(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        people = [await home.member(f"member{n}") for n in range(4)]
        persona = await otter(home, people[0])
        for one in [*people, persona]:
            await one.write("Hello", visibility="unlisted")
        now = home.ctx.clock()

        async def told():
            async with home.ctx.db.read() as tx:
                return await figures.posts(tx, start=now - 3_600_000, end=now + 3_600_000, step=7_200_000)

        assert told_none(await told())
        await (await home.member("member4")).write("Hello", visibility="unlisted")
        assert await told() == {0: 6}


def told_none(counted):
    return not any(counted.values())


async def test_a_persona_signs_in_by_no_password(tmp_path):
    async with house(tmp_path) as home:
        await otter(home, await home.member("ada"))
        for password in ("", PASSWORD, "x" * 20):
            with pytest.raises(Unauthenticated):
                await members.sign_in(home.ctx, username="otter", password=password, address="127.0.0.1")


async def test_nobody_has_one_who_may_not_and_nobody_two(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, tim = await home.member("ada"), await home.member("tim")
        await set_minor(home.ctx, tim.account.id, True, by=None)
        persona = await otter(home, ada)
        for who in (tim, persona):
            with pytest.raises(Forbidden):
                await personas.make(home.ctx, who.account, username="badger", name="")
        with pytest.raises(Conflict):
            await personas.make(home.ctx, ada.account, username="badger", name="")
        with pytest.raises(Conflict):
            await personas.make(home.ctx, (await home.member("ben")).account, username="otter", name="")
        with pytest.raises(Invalid):
            await personas.make(home.ctx, (await home.member("carla")).account, username="not_carla", name="")
        async with home.ctx.db.read() as tx:
            assert await accounts.by_handle(tx, "badger", "") is None


async def live(home, persona, session):
    """Tell which of these are still good for open streams and pushes: a persona's token, its session."""
    ctx = home.ctx
    async with ctx.db.read() as tx:
        token, browser = tokens.hashed(persona.token), tokens.hashed(session)
        return (
            bool(await audience.live_tokens(tx, [token], now=ctx.clock())),
            bool(await audience.live_sessions(tx, [browser], seen_after=0, now=ctx.clock())),
        )


@pytest.mark.parametrize("how", ["is suspended", "has left", "is erased", "is under age"])
async def test_every_way_in_of_a_persona_ends_when_its_member(tmp_path, how):
    async with house(tmp_path) as home:
        ctx, ada = home.ctx, await home.member("ada")
        persona = await otter(home, ada)
        session = await personas.enter(ctx, ada.account)
        assert await live(home, persona, session) == (True, True)
        match how:
            case "is suspended":
                await measures.suspend(ctx, ada.account.id, reason="A threat.")
            case "has left":
                await leavers.plan(ctx, ada.account.id, ctx.clock() + DAY_MS, by=None)
                await leavers.end_due(at(ctx, 2 * DAY_MS))
            case "is erased":
                await profiles.delete(ctx, ada.account)
            case _:
                await set_minor(ctx, ada.account.id, True, by=None)
        assert await live(home, persona, session) == (False, False)
        assert (await persona.get("/api/v1/timelines/home")).status == 401
        with pytest.raises((Forbidden, NotFound)):
            await personas.enter(ctx, ada.account)
        async with ctx.db.read() as tx:
            ours, found = {persona.account.id, persona.account.uri}, await rows_of(tx)
            told = [values for table, values in found if table == "notices"]
        assert not any(str(one) in str(values) for one in ours for values in told)


async def test_a_persona_is_back_with_its_member(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        persona = await otter(home, ada)
        await measures.suspend(home.ctx, ada.account.id, reason="A threat.")
        await measures.restore(home.ctx, ada.account.id)
        session = await personas.enter(home.ctx, ada.account)
        assert (await members.viewer_of_session(home.ctx, session)).account.id == persona.account.id


async def test_whose_persona_is_suspended_reads_why(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        persona = await otter(home, ada)
        await measures.suspend(home.ctx, persona.account.id, reason="A threat.")
        with pytest.raises(Forbidden, match=r"A threat\..*/complaint"):
            await personas.enter(home.ctx, ada.account)


async def test_a_planned_post_of_a_persona_waits_until_its_member_is_back(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        persona = await otter(home, ada)
        draft = Draft("Later", Visibility.UNIT)
        await scheduled.plan(home.ctx, persona.account, draft, due=home.ctx.clock() + DAY_MS)
        await measures.suspend(home.ctx, ada.account.id, reason="A threat.")
        await scheduled.publish_due(at(home.ctx, 2 * DAY_MS))
        assert await texts(home, persona) == []
        await measures.restore(home.ctx, ada.account.id)
        await scheduled.publish_due(at(home.ctx, 4 * DAY_MS))
        assert await texts(home, persona) == ["Later"]


async def texts(home, author):
    async with home.ctx.db.read() as tx:
        return [post.source for post in await post_rows.of_author(tx, author.account.id)]


async def test_a_new_password_and_the_end_of_other_sessions_are_for_the_persona_too(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        persona = await otter(home, ada)
        session = await personas.enter(home.ctx, ada.account)
        await members.end_other_sessions(home.ctx, ada.account, keep="mine")
        assert await live(home, persona, session) == (True, False)
        session = await personas.enter(home.ctx, ada.account)
        await passwords.renew(home.ctx, ada.account, "another horse battery staple")
        assert await live(home, persona, session) == (False, False)


async def test_a_persona_is_erased_some_days_after_its_member(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        persona = await otter(home, ada)
        await persona.write("Why so?", visibility="unlisted")
        await profiles.delete(home.ctx, ada.account)
        assert (await persona.get("/api/v1/timelines/home")).status == 401
        later = at(home.ctx, LINGERS_MS)
        await personas.end_due(later)
        async with home.ctx.db.read() as tx:
            assert (await accounts.by_id(tx, persona.account.id)).deleted_at is not None
            assert await tx.one("SELECT 1 AS found FROM personas") is None


async def test_who_is_found_to_be_under_age_has_a_persona_no_more(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        persona = await otter(home, ada)
        await set_minor(home.ctx, ada.account.id, True, by=None)
        assert (await persona.get("/api/v1/timelines/home")).status == 401
        await personas.end_due(at(home.ctx, LINGERS_MS))
        async with home.ctx.db.read() as tx:
            assert (await accounts.by_id(tx, persona.account.id)).deleted_at is not None


async def test_a_member_erases_their_persona_and_may_have_another(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        with pytest.raises(NotFound):
            await personas.end(home.ctx, ada.account)
        persona = await otter(home, ada)
        await personas.end(home.ctx, ada.account)
        assert (await persona.get("/api/v1/timelines/home")).status == 401
        assert await personas.of_member(home.ctx, ada.account) is None
        assert await personas.make(home.ctx, ada.account, username="badger", name="")


async def test_a_legal_hold_keeps_a_persona_from_every_way_to_be_erased(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        persona = await otter(home, ada)
        until = home.ctx.clock() + 2 * LINGERS_MS
        await holds.place(home.ctx, persona.account.id, reason="A court", until=until, by=None)
        with pytest.raises(Conflict):
            await personas.end(home.ctx, ada.account)
        await profiles.delete(home.ctx, ada.account)
        later = at(home.ctx, LINGERS_MS)
        await personas.end_due(later)
        async with home.ctx.db.read() as tx:
            assert (await accounts.by_id(tx, persona.account.id)).deleted_at is None
        await holds.lift(home.ctx, persona.account.id, by=None)
        await personas.end_due(later)
        async with home.ctx.db.read() as tx:
            assert (await accounts.by_id(tx, persona.account.id)).deleted_at is not None


async def test_a_group_with_a_reason_for_real_names_has_no_personas(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        persona = await otter(home, ada)
        group = await groups.found(home.ctx, ben.account, "board", Charter(name="Board", joining=Joining.OPEN))
        await groups.join(home.ctx, persona.account, group.id)
        await posts.publish(home.ctx, persona.account, Draft("Why?", Visibility.GROUP, group=group.id))
        await groups.change(home.ctx, ben.account, group.id, Charter(real_names="We sign contracts here."))
        with pytest.raises(Forbidden, match="own name"):
            await posts.publish(home.ctx, persona.account, Draft("Why?", Visibility.GROUP, group=group.id))
        other = await otter_of(home, "dan")
        with pytest.raises(Forbidden, match="own name"):
            await groups.join(home.ctx, other, group.id)


async def otter_of(home, name):
    owner = await home.member(name)
    return await personas.make(home.ctx, owner.account, username="owl", name="")


class Bench:
    """Who may look: two moderators and two officers, and a persona to look at."""

    async def __call__(self, home):
        self.ctx = home.ctx
        self.ada = await home.member("ada")
        self.mia = await home.member("mia", role=Role.MODERATOR)
        self.max = await home.member("max", role=Role.ADMIN)
        self.pia = await home.member("pia", role=Role.OFFICER)
        self.pat = await home.member("pat", role=Role.OFFICER)
        self.persona = await otter(home, self.ada)
        return self

    async def ask(self, by=None, role=Role.MODERATOR, reason="a threat"):
        who = (by or self.mia).account
        return await personas.ask(self.ctx, who, role, handle="@otter", reason=reason)

    async def behind(self, look, by):
        async with self.ctx.db.read() as tx:
            found = await rows.look(tx, look.id)
        return (await personas.behind(self.ctx, by.account, [found])).get(look.id)


async def test_two_roles_look_together_and_the_person_reads_of_it_afterwards(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        bench = await Bench()(home)
        look = await bench.ask()
        assert await bench.behind(look, bench.mia) is None, "one side alone reads nothing"
        for who, role in ((bench.mia, Role.MODERATOR), (bench.max, Role.ADMIN), (bench.ada, Role.MEMBER)):
            with pytest.raises(Forbidden):
                await personas.agree(home.ctx, who.account, role, look.id)
        await personas.agree(home.ctx, bench.pia.account, Role.OFFICER, look.id)
        for who in (bench.mia, bench.pia):
            assert (await bench.behind(look, who)).id == bench.ada.account.id
        for who in (bench.max, bench.pat, bench.ada):
            assert await bench.behind(look, who) is None
        assert await personas.looked_at(home.ctx, bench.ada.account) == []
        with pytest.raises(NotFound):
            await personas.close(home.ctx, bench.pat.account, look.id)
        await personas.close(home.ctx, bench.pia.account, look.id)
        assert await bench.behind(look, bench.mia) is None
        assert [one.reason for one in await personas.looked_at(home.ctx, bench.ada.account)] == ["a threat"]
        (message,) = (await bench.persona.get("/api/v1/conversations")).body
        assert "a threat" in message["last_status"]["content"]
        async with home.ctx.db.read() as tx:
            lines = [(one.kind, one.by_id, one.subject) for one in await journal.page(tx)]
        assert lines == [
            ("persona.look_asked", bench.mia.account.id, bench.persona.account.uri),
            ("persona.look_opened", bench.pia.account.id, bench.persona.account.uri),
            ("persona.look_closed", bench.pia.account.id, bench.persona.account.uri),
        ]


async def test_a_look_needs_a_reason_a_persona_and_a_role(tmp_path):
    async with house(tmp_path) as home:
        bench = await Bench()(home)
        with pytest.raises(Invalid):
            await bench.ask(reason=" ")
        with pytest.raises(Forbidden):
            await bench.ask(bench.ada, Role.MEMBER)
        for nobody in ("ada", "nobody"):
            with pytest.raises(NotFound):
                await personas.ask(home.ctx, bench.mia.account, Role.MODERATOR, handle=nobody, reason="x")
        await bench.ask()
        with pytest.raises(Conflict):
            await bench.ask(bench.pia, Role.OFFICER)


async def test_who_is_looked_at_cannot_erase_the_persona_meanwhile(tmp_path):
    async with house(tmp_path) as home:
        bench = await Bench()(home)
        await bench.ask()
        with pytest.raises(Conflict):
            await personas.end(home.ctx, bench.ada.account)


async def test_a_wish_to_look_is_over_after_a_week_and_a_look_closes_by_itself(tmp_path):
    async with house(tmp_path) as home:
        bench = await Bench()(home)
        look = await bench.ask()
        late = at(home.ctx, AGREES_WITHIN_MS)
        with pytest.raises(Conflict):
            await personas.agree(late, bench.pia.account, Role.OFFICER, look.id)
        again = await personas.ask(late, bench.mia.account, Role.MODERATOR, handle="otter", reason="still")
        await personas.agree(late, bench.pia.account, Role.OFFICER, again.id)
        await personas.close_due(late)
        assert await personas.looked_at(late, bench.ada.account) == []
        await personas.close_due(at(home.ctx, AGREES_WITHIN_MS + OPEN_MS))
        assert [one.reason for one in await personas.looked_at(late, bench.ada.account)] == ["still"]


def test_a_seal_opens_for_its_own_persona_and_key_only():
    vault = Vault(b"k" * 32)
    sealed = vault.seal(7, persona_id=9)
    assert vault.open(sealed, persona_id=9) == 7
    for other, persona in ((vault, 8), (Vault(b"x" * 32), 9)):
        with pytest.raises(InvalidTag):
            other.open(sealed, persona_id=persona)
    assert vault.mark(7) != Vault(b"x" * 32).mark(7)
    assert "k" * 8 not in repr(vault)
