"""A legal hold at a holder: the order is refused and signed, what is held is hidden, and erased when the hold ends."""

import contextlib
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from federation import certificates, resolve
from federation.erasures import HOLD
from moderation import holds, measures, members, restore
from moderation.certificates import certificate, known_keys
from node.domain.accounts import Profile, Role
from node.domain.erasures import LONGEST_HOLD_MS, State
from node.domain.events import PostDeleted
from node.domain.groups import Joining
from node.domain.posts import Draft
from node.domain.times import DAY_MS, iso
from node.domain.visibility import Visibility
from node.errors import Conflict, Invalid, NotFound
from node.store import accounts
from node.store import erasures as rows
from node.store import holds as hold_rows
from node.store.pages import NEWEST, Page
from outbox import erasures, posts, profiles, reactions
from tests.flows.test_bequests import on
from tests.moderation.test_measures import deeds, where_found
from tests.patience import PATIENCE_SECONDS
from tests.village import village

_WORDS = "indigo from the north"


@dataclass
class Story:
    """Ada of Lyon, whom Graz holds for a proceeding until `until`; Ben of Graz reads her there."""

    town: Any
    ada: Any
    ben: Any
    post: Any
    until: int

    @property
    def lyon(self):
        return next(iter(self.town.houses.values()))

    @property
    def graz(self):
        return list(self.town.houses.values())[1]

    async def erased(self):
        await profiles.delete(self.lyon.ctx, self.ada)
        await self.town.settle()

    async def erasure(self):
        """Return the latest order of Lyon, and its holders by host."""
        async with self.lyon.ctx.db.read() as tx:
            found, *_ = await rows.page(tx, Page())
            held = await rows.holders(tx, [found.id])
        return found, {one.host: one for one in held[found.id]}

    async def state(self):
        """Return what Lyon knows of Graz, and whether all is done."""
        found, holders = await self.erasure()
        return holders[self.graz.host].state, found.done_at is not None

    async def certificate(self):
        found, _ = await self.erasure()
        return await certificate(self.lyon.ctx, found)

    async def here(self):
        """Return what Graz has of Ada: (her account is shown, her posts)."""
        known = await self.graz.account(self.ada)
        async with self.graz.ctx.db.read() as tx:
            found = await tx.all("SELECT id FROM posts WHERE author_id = :id", id=known.id)
        return known.active, len(found)

    async def lift(self):
        await holds.lift(self.graz.ctx, (await self.graz.account(self.ada)).id, by=None)
        await self.town.settle()

    async def place(self, until, reason="7 Ca 12/26"):
        account = await self.graz.account(self.ada)
        await holds.place(self.graz.ctx, account.id, reason=reason, until=until, by=self.ben)

    async def ask(self, path):
        """Ask Graz for something of its API as Ben; return the status and the answer."""
        token = await members.issue_token(self.graz.ctx, self.ben, name="a client")
        answer = await self.graz.client.get(path, headers={"Host": self.graz.host, "Authorization": f"Bearer {token}"})
        return answer.status_code, await answer.get_data(as_text=True)

    async def refusal(self):
        """Return what Graz signed, as Lyon has it."""
        _, holders = await self.erasure()
        return orjson.loads(holders[self.graz.host].receipt)

    async def signed_by_graz(self, document):
        async with self.graz.ctx.change() as change:
            node = await accounts.by_uri(change.tx, f"{self.graz.ctx.settings.url}/actor")
            bare = {name: value for name, value in document.items() if name != "proof"}
            return node, await self.graz.ctx.keys.prove(change.tx, node.id, bare, now=change.now)


@contextlib.asynccontextmanager
async def story(folder, *names, database=None):
    where = database if database is not None else on("", "")
    async with village(folder, "lyon", "graz", *names, database=where) as town:
        lyon, graz, *_ = town.houses.values()
        ada, ben = await lyon.member("ada"), await graz.member("ben", role=Role.OFFICER)
        post = await posts.publish(lyon.ctx, ada, Draft(_WORDS, Visibility.ORGANISATION))
        await town.settle()
        found = Story(town, ada, ben, post, town.clock.now + 90 * DAY_MS)
        await found.place(found.until)
        yield found


@pytest.mark.parametrize("where", ["lyon", "graz"])
async def test_who_is_held_at_a_holder_is_hidden_there_at_once_and_erased_when_the_hold_is_lifted(
    tmp_path, database, where
):
    async with story(tmp_path, "oslo", database=on(where, database)) as it:
        carla = await it.graz.member("carla")
        account, copy = await it.graz.account(it.ada), await it.graz.post(it.post.uri)
        await reactions.boost(it.graz.ctx, carla, copy.id)
        await it.town.settle()
        paths = [f"/api/v1/accounts/{account.id}", f"/api/v1/statuses/{copy.id}"]
        assert [(await it.ask(path))[0] for path in paths] == [200, 200]
        assert await where_found(it.graz.ctx, account, copy, it.ben) >= {"organisation"}
        await it.erased()
        assert await it.here() == (False, 1), "hidden, and nothing is erased"
        assert [(await it.ask(path))[0] for path in paths] == [404, 404]
        assert await where_found(it.graz.ctx, account, copy, it.ben) == set()
        for path in ("/api/v1/timelines/public", "/api/v1/timelines/home", f"/api/v2/search?q={it.ada.username}"):
            assert it.ada.uri not in (await it.ask(path))[1], path
        assert not await it.graz.reads(it.ben, it.post.uri)

        found, holders = await it.erasure()
        assert {one.host: one.state for one in holders.values()} == {
            it.graz.host: State.HELD, "127.0.0.1:8603": State.ERASED,
        }  # fmt: skip
        assert (found.done_at, holders[it.graz.host].held_until) == (None, it.until)
        said = await it.refusal()
        assert (said["reason"], said["endTime"], "removed" in said) == (HOLD, iso(it.until), False)
        assert "7 Ca 12/26" not in orjson.dumps(said).decode(), "why is nobody's business there"

        await it.lift()
        assert await it.here() == (False, 0)
        assert await it.state() == (State.ERASED, True)
        async with it.graz.ctx.db.read() as tx:
            assert await hold_rows.page(tx, Page(before=NEWEST)) == []
        assert await deeds(it.graz) == ["hold.placed", "hold.lifted"]
        made = await it.certificate()
        assert (made["complete"], "heldUntil" in orjson.dumps(made).decode()) == (True, False)
        assert all(one.holds for one in certificates.check(made))


async def test_a_certificate_says_who_holds_it_until_when_and_cannot_say_otherwise(tmp_path):
    async with story(tmp_path) as it:
        await it.erased()
        made = await it.certificate()
        (holder,) = made["holders"]
        assert (made["complete"], holder["state"], holder["heldUntil"]) == (False, "held", iso(it.until))
        found = certificates.check(made)
        assert all(one.holds for one in found)
        day = iso(it.until)[:10]
        assert any(f"hidden until {day}, because of a legal hold" in one.said for one in found)
        async with it.lyon.ctx.db.read() as tx:
            known = await known_keys(tx, certificates.signers(made))
        assert all(one.holds for one in certificates.check(made, known=known))

        for lie in ({"state": "erased"}, {"heldUntil": iso(it.until + DAY_MS)}, {"receipt": None, "state": "held"}):
            changed = {**made, "holders": [{**holder, **lie}]}
            wrong = [one.said for one in certificates.check(changed) if not one.holds]
            assert any(one.startswith(it.graz.host) for one in wrong), lie


async def test_a_hold_that_ends_by_the_clock_lets_the_order_through(tmp_path):
    async with story(tmp_path) as it:
        await it.erased()
        await holds.end_due(it.graz.ctx)
        await it.town.settle()
        assert await it.state() == (State.HELD, False)
        it.town.clock.now = it.until
        await holds.end_due(it.graz.ctx)
        await it.town.settle()
        assert (await it.here(), await it.state()) == ((False, 0), (State.ERASED, True))


async def test_a_holder_is_not_asked_before_the_last_day_and_is_not_late_until_then(tmp_path):
    async with story(tmp_path) as it:
        await it.erased()
        before = await it.refusal()
        it.town.clock.now += 30 * DAY_MS
        sent = len(it.town.heard)
        await erasures.remind(it.lyon.ctx)
        await it.town.settle()
        assert len(it.town.heard) == sent
        found, holders = await it.erasure()
        assert not found.overdue(holders.values(), now=it.town.clock.now)
        assert found.overdue(holders.values(), now=it.until + 1)
        # Its own end was not seen to yet: the order alone is reason enough.
        it.town.clock.now = it.until
        await erasures.remind(it.lyon.ctx)
        await it.town.settle()
        assert (await it.here(), await it.state()) == ((False, 0), (State.ERASED, True))
        assert await it.refusal() != before


async def test_an_order_that_comes_again_is_refused_again_and_another_day_is_told_at_once(tmp_path):
    async with story(tmp_path) as it:
        await it.erased()
        before = await it.refusal()
        async with it.lyon.ctx.change() as change:
            await change.tx.run(
                "UPDATE erasure_holders SET state = 'taken', receipt = :none, again_at = 0, held_until = NULL", none=b""
            )
        await erasures.remind(it.lyon.ctx)
        await it.town.settle()
        assert await it.refusal() == before, "the very same"
        await it.place(it.until + 7 * DAY_MS, reason="8 Ca 1/27")
        await it.town.settle()
        after = await it.refusal()
        assert (after["endTime"], after["id"] != before["id"]) == (iso(it.until + 7 * DAY_MS), True)
        it.town.clock.now = it.until
        await holds.end_due(it.graz.ctx)
        await it.town.settle()
        assert await it.state() == (State.HELD, False)
        await it.lift()
        assert await it.state() == (State.ERASED, True)


async def test_a_refusal_counts_only_as_that_nodes_word_on_a_person_and_for_ten_years_at_most(tmp_path):
    """Threat: a refusal that is forged, changed, for a single post, without an end, or that takes a receipt back."""
    async with story(tmp_path, "oslo") as it:
        oslo = it.town.houses["127.0.0.1:8603"]
        single = await posts.publish(it.lyon.ctx, it.ada, Draft("One more", Visibility.ORGANISATION))
        await it.town.settle()
        it.graz.down = oslo.down = True
        await posts.delete(it.lyon.ctx, it.ada, single.id)
        on_a_post = (await it.erasure())[0]
        await it.erased()
        on_ada = (await it.erasure())[0]
        it.graz.down = oslo.down = False
        url = it.graz.ctx.settings.url

        def refusal(order=on_ada, until=it.until, **more):
            return {
                "@context": certificates.CONTEXT, "id": f"{url}/receipts/1", "type": "ErasureReceipt",
                "attributedTo": f"{url}/actor", "object": order.uri, "reason": HOLD, "endTime": iso(until),
                "passedTo": [], "published": iso(it.town.clock.now), "generator": "x",
            } | more  # fmt: skip

        numbers = iter(range(9, 99))

        async def send(house, result):
            async with house.ctx.db.read() as tx:
                node = await accounts.by_uri(tx, f"{house.ctx.settings.url}/actor")
            body = {
                "id": f"{house.ctx.settings.url}/activities/{next(numbers)}", "type": "Accept", "actor": node.uri,
                "object": result["object"], "result": result,
            }  # fmt: skip
            down, it.graz.down = it.graz.down, True  # nothing of Lyon's own goes out meanwhile
            await it.town.send(house, node, it.lyon, body)
            it.graz.down = down

        _, genuine = await it.signed_by_graz(refusal())
        wrong = [
            (await it.signed_by_graz(refusal(until=it.town.clock.now + LONGEST_HOLD_MS + 3 * DAY_MS)))[1],
            (await it.signed_by_graz(refusal(reason="we like it")))[1],
            (await it.signed_by_graz(refusal(removed={"posts": 1, "files": 0})))[1],
            (await it.signed_by_graz(refusal(endTime="some day")))[1],
            {**genuine, "endTime": iso(it.until + DAY_MS)},
            refusal(),
        ]
        for one in wrong:
            await send(it.graz, one)
            assert await it.state() == (State.ORDERED, False), one
        await send(oslo, genuine)
        assert await it.state() == (State.ORDERED, False), "that is not Oslo's to say"
        await send(it.graz, (await it.signed_by_graz(refusal(on_a_post)))[1])
        async with it.lyon.ctx.db.read() as tx:
            held = await rows.holders(tx, [on_a_post.id])
        assert all(one.state is not State.HELD for one in held[on_a_post.id])
        await send(it.graz, genuine)
        assert (await it.state())[0] is State.HELD

        _, over = await it.signed_by_graz(refusal(until=it.town.clock.now - DAY_MS))
        await send(it.graz, over)
        sent = len(it.town.heard)
        await erasures.remind(it.lyon.ctx)
        await it.town.settle()
        assert len(it.town.heard) == sent, "a day that is over is no reason to ask at once, and again and again"
        await send(it.graz, genuine)

        await it.lift()
        await erasures.remind(it.lyon.ctx)
        it.town.clock.now = it.until
        await erasures.remind(it.lyon.ctx)
        await it.town.settle()
        assert (await it.state())[0] is State.ERASED
        await send(it.graz, genuine)
        assert (await it.state())[0] is State.ERASED, "what is erased is not held any more"


async def test_single_posts_go_all_the_same_for_a_hold_is_no_archive(tmp_path):
    async with story(tmp_path) as it:
        other = await posts.publish(it.lyon.ctx, it.ada, Draft("One more", Visibility.ORGANISATION))
        await it.town.settle()
        await posts.delete(it.lyon.ctx, it.ada, other.id)
        await it.town.settle()
        assert (await it.here(), await it.state()) == ((True, 1), (State.ERASED, True))
        await it.lift()
        assert await it.here() == (True, 1), "without an order nothing is erased at the end"


async def test_a_plain_delete_of_who_is_held_waits_as_well(tmp_path, database):
    async with story(tmp_path, database=on("graz", database)) as it:
        body = {
            "id": f"{it.lyon.ctx.settings.url}/activities/7", "type": "Delete",
            "actor": it.ada.uri, "object": it.ada.uri,
        }  # fmt: skip
        assert await it.town.send(it.lyon, it.ada, it.graz, body) == 202
        assert await it.here() == (False, 1)
        account = await it.graz.account(it.ada)
        with pytest.raises(Conflict):
            await measures.restore(it.graz.ctx, account.id, by=it.ben)
        await profiles.edit(it.lyon.ctx, it.ada, Profile(name="Back again"))
        await posts.publish(it.lyon.ctx, it.ada, Draft("I am back", Visibility.ORGANISATION))
        await it.town.settle()
        await resolve.actor(it.graz.ctx, it.ada.uri, again=True)
        assert await it.here() == (False, 1), "nothing brings it back"
        it.town.clock.now = it.until
        await holds.end_due(it.graz.ctx)
        assert await it.here() == (False, 0)
        assert (await it.graz.account(it.ada)).deleted_at is not None


async def test_an_order_that_a_restored_holder_forgot_is_held_again(tmp_path):
    async with story(tmp_path) as it:
        await it.erased()
        async with it.graz.ctx.change() as change:
            await change.tx.run("DELETE FROM erasures_taken")
            await change.tx.run("UPDATE holds SET gone = 0")
            shown = "UPDATE accounts SET hidden_at = NULL, suspended_at = NULL WHERE uri = :uri"
            await change.tx.run(shown, uri=it.ada.uri)
            await change.tx.run("DELETE FROM erasure_cursors")
        assert await it.here() == (True, 1)
        assert await restore.ask(it.graz.ctx, it.lyon.host) == 1
        assert await it.here() == (False, 1)
        await it.town.settle()
        assert await it.state() == (State.HELD, False)
        await it.lift()
        assert await it.state() == (State.ERASED, True)


async def test_an_origin_that_forgot_its_order_learns_again_that_it_is_held(tmp_path):
    async with story(tmp_path) as it:
        await it.erased()
        async with it.lyon.ctx.change() as change:
            await change.tx.run("DELETE FROM erasures")
        assert await restore.ask(it.lyon.ctx, it.graz.host) == 1
        await erasures.remind(it.lyon.ctx)
        await it.town.settle()
        assert await it.state() == (State.HELD, False)


async def test_an_order_whose_hold_went_with_the_account_is_carried_out(tmp_path):
    async with story(tmp_path) as it:
        await it.erased()
        async with it.graz.ctx.change() as change:
            await change.tx.run("DELETE FROM holds")
        await holds.end_due(it.graz.ctx)
        await it.town.settle()
        assert (await it.here(), await it.state()) == ((False, 0), (State.ERASED, True))


async def test_old_orders_are_forgotten_but_not_those_that_wait(tmp_path):
    async with story(tmp_path) as it:
        await it.erased()
        async with it.graz.ctx.change() as change:
            await rows.forget(change.tx, before=it.until)
        await it.lift()
        assert await it.state() == (State.ERASED, True)


async def test_whoever_refuses_names_those_who_got_copies_and_they_sign_as_well(tmp_path):
    async with village(tmp_path, "lyon", "graz", "oslo") as town:
        lyon, graz, oslo = town.houses.values()
        ada, ben, olaf = await lyon.member("ada"), await graz.member("ben"), await oslo.member("olaf")
        group = await town.found(graz, ben, joining=Joining.OPEN)
        here = await town.join(lyon, ada, group)
        await town.join(oslo, olaf, group)
        post = await posts.publish(lyon.ctx, ada, Draft("For dyers", Visibility.GROUP, group=here.id))
        await town.settle()
        it = Story(town, ada, ben, post, town.clock.now + 90 * DAY_MS)
        await it.place(it.until)
        await it.erased()
        _, holders = await it.erasure()
        assert oslo.host in (await it.refusal())["passedTo"]
        assert (holders[oslo.host].state, holders[graz.host].state) == (State.ERASED, State.HELD)
        assert await oslo.post(post.uri) is None


async def test_what_a_holder_was_handing_on_of_who_is_held_is_handed_on_no_more(tmp_path):
    async with village(tmp_path, "lyon", "graz", "oslo") as town:
        lyon, graz, oslo = town.houses.values()
        ada, ben, olaf = await lyon.member("ada"), await graz.member("ben"), await oslo.member("olaf")
        group = await town.found(graz, ben, joining=Joining.OPEN)
        here = await town.join(lyon, ada, group)
        await town.join(oslo, olaf, group)
        oslo.down = True
        post = await posts.publish(lyon.ctx, ada, Draft("For dyers", Visibility.GROUP, group=here.id))
        await town.settle()
        it = Story(town, ada, ben, post, town.clock.now + 90 * DAY_MS)
        await it.place(it.until)
        await it.erased()
        assert await it.here() == (False, 1)
        async with graz.ctx.db.read() as tx:
            waiting = await tx.all(
                "SELECT a.type FROM activities a JOIN deliveries d ON d.activity_id = a.id"
                " WHERE a.object = :uri AND d.state = 'due'",
                uri=post.uri,
            )
        assert waiting == []


async def test_posts_of_who_is_held_go_from_open_screens(tmp_path):
    async with story(tmp_path) as it:
        copy = await it.graz.post(it.post.uri)
        with it.graz.ctx.hub.listen(PostDeleted) as heard:
            await it.erased()
            assert copy.id in {event.post_id for event in await heard.next(seconds=PATIENCE_SECONDS)}


async def test_a_hold_is_on_people_who_are_known_here_and_for_ten_years_at_most(tmp_path):
    async with story(tmp_path) as it:
        graz, ada = it.graz, await it.graz.account(it.ada)
        for name in (f"ada@{it.lyon.host}", f"@Ada@{it.lyon.host.upper()}"):
            assert (await holds.named(graz.ctx, name)).id == ada.id
        for name in ("ben", f"ben@{graz.host}"):
            assert (await holds.named(graz.ctx, name)).id == it.ben.id
        for name in (f"nobody@{it.lyon.host}", "ada@elsewhere.example", "nobody"):
            with pytest.raises(NotFound):
                await holds.named(graz.ctx, name)
        node = await graz.account(f"{it.lyon.ctx.settings.url}/actor")
        with pytest.raises(NotFound):
            await holds.place(graz.ctx, node.id, reason="Case 7", until=it.until, by=None)
        with pytest.raises(Invalid):
            await it.place(it.town.clock.now + LONGEST_HOLD_MS + DAY_MS)
