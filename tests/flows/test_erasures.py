"""Erasures with receipts: what is ordered, who answers, and what nobody can forge (requirements C2, E3; threats P)."""

import contextlib

import orjson

from moderation import restore, retention
from node.domain.erasures import State
from node.domain.groups import Joining
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.store import accounts, copies, schema
from node.store import erasures as rows
from node.store.pages import Page
from outbox import erasures, hello, organisation, posts, profiles, reactions, relationships
from tests.village import village

_HOUR = 3_600_000
_ACTIVITY = "application/activity+json"


async def erasures_of(house):
    """Return (order, its holders by host) of everything that was erased by a node, the latest first."""
    async with house.ctx.db.read() as tx:
        found = await rows.page(tx, Page())
        held = await rows.holders(tx, [one.id for one in found])
    return [(one, {holder.host: holder for holder in held[one.id]}) for one in found]


async def write(house, author, text, visibility=Visibility.ORGANISATION, **more):
    return await posts.publish(house.ctx, author, Draft(text, visibility, **more))


@contextlib.asynccontextmanager
async def held_everywhere(folder):
    """Three nodes that all have a post of Ada's, who is of Lyon."""
    async with village(folder, "lyon", "graz", "oslo") as town:
        lyon, *_ = town.houses.values()
        ada = await lyon.member("ada")
        post = await write(lyon, ada, "Lunch at noon")
        await town.settle()
        yield town, ada, post


async def test_every_holder_signs_that_it_has_erased_a_post(tmp_path):
    async with held_everywhere(tmp_path) as (town, ada, post):
        lyon, graz, oslo = town.houses.values()
        assert await graz.post(post.uri)
        await posts.delete(lyon.ctx, ada, post.id)
        ((erasure, holders),) = await erasures_of(lyon)
        assert {one.state for one in holders.values()} == {State.ORDERED}
        assert erasure.done_at is None
        await town.settle()
        ((erasure, holders),) = await erasures_of(lyon)
        assert {host: one.state for host, one in holders.items()} == {graz.host: State.ERASED, oslo.host: State.ERASED}
        assert erasure.done_at is not None
        said = orjson.loads(holders[graz.host].receipt)
        assert said["object"] == erasure.uri
        assert said["removed"] == {"posts": 1, "files": 0}
        assert "Lunch" not in holders[graz.host].receipt.decode()


async def test_a_person_is_erased_with_one_order_and_receipts_that_count_what_was_there(tmp_path):
    async with village(tmp_path, "lyon", "graz", "oslo") as town:
        lyon, graz, _oslo = town.houses.values()
        ada, ben = await lyon.member("ada"), await graz.member("ben")
        for number in range(3):
            await write(lyon, ada, f"Note {number}")
        await town.settle()
        assert await graz.account(ada)
        await profiles.delete(lyon.ctx, ada)
        await town.settle()
        ((erasure, holders),) = await erasures_of(lyon)
        assert erasure.done_at is not None
        assert orjson.loads(holders[graz.host].receipt)["removed"]["posts"] == 3
        digests = {orjson.loads(one.receipt)["digest"] for one in holders.values()}
        assert len(digests) == 1, "both erased the same"
        assert ben.active


async def test_a_node_that_was_away_signs_when_it_is_back(tmp_path):
    async with held_everywhere(tmp_path) as (town, ada, post):
        lyon, graz, oslo = town.houses.values()
        graz.down = True
        await posts.delete(lyon.ctx, ada, post.id)
        await town.settle()
        ((erasure, holders),) = await erasures_of(lyon)
        assert erasure.done_at is None
        assert {host: one.state for host, one in holders.items()} == {graz.host: State.ORDERED, oslo.host: State.ERASED}
        town.clock.now += 25 * _HOUR
        ((erasure, holders),) = await erasures_of(lyon)
        assert erasure.overdue(holders.values(), now=town.clock.now)
        graz.down = False
        await town.settle()
        ((erasure, holders),) = await erasures_of(lyon)
        assert holders[graz.host].state is State.ERASED
        assert erasure.done_at is not None


async def held_copies(house, uri):
    """Return the hosts that have a copy of something, as the ledger of a node tells."""
    async with house.ctx.db.read() as tx:
        return {one.host for one in await copies.holders(tx, uri)}


async def test_who_had_a_copy_is_forgotten_when_all_have_signed_and_they_are_still_told_that_it_is_gone(tmp_path):
    async with held_everywhere(tmp_path) as (town, ada, post):
        lyon, graz, oslo = town.houses.values()
        kept = await write(lyon, ada, "Dinner at eight")
        graz.down = True
        await posts.delete(lyon.ctx, ada, post.id)
        await town.settle()
        await retention.forget_old_rows(lyon.ctx)
        assert await held_copies(lyon, post.uri) == {graz.host, oslo.host}, "as long as one of them has to sign"
        graz.down = False
        town.clock.now += _HOUR
        await town.settle()
        await retention.forget_old_rows(lyon.ctx)
        assert await held_copies(lyon, post.uri) == set()
        assert await held_copies(lyon, kept.uri) == {graz.host, oslo.host}
        async with oslo.ctx.db.read() as tx:
            node = await accounts.by_uri(tx, f"{oslo.ctx.settings.url}/actor")
            sign = await oslo.ctx.keys.sign_as(tx, node.id)
        answer = await oslo.ctx.wire.get(post.uri, accept=_ACTIVITY, sign=sign, max_bytes=10_000)
        assert (answer.status, orjson.loads(answer.body)["type"]) == (410, "Tombstone")


async def test_who_had_a_boost_is_forgotten_when_they_took_its_undoing(tmp_path):
    async with held_everywhere(tmp_path) as (town, ada, post):
        lyon, graz, oslo = town.houses.values()
        boost = await reactions.boost(lyon.ctx, ada, post.id, visibility=Visibility.ORGANISATION)
        await town.settle()
        assert await held_copies(lyon, boost.uri) == {graz.host, oslo.host}
        await reactions.unboost(lyon.ctx, ada, post.id)
        await town.settle()
        await retention.forget_old_rows(lyon.ctx)
        assert await held_copies(lyon, boost.uri) == set()


async def test_a_receipt_that_got_lost_is_asked_for_again(tmp_path):
    async with held_everywhere(tmp_path) as (town, ada, post):
        lyon, graz, _ = town.houses.values()
        await posts.delete(lyon.ctx, ada, post.id)
        await town.settle()
        async with lyon.ctx.change() as change:
            lost = "UPDATE erasure_holders SET state = 'taken', receipt = :nothing WHERE host = :host"
            await change.tx.run(lost, nothing=b"", host=graz.host)
            await change.tx.run("UPDATE erasures SET done_at = NULL")
        await erasures.remind(lyon.ctx)
        await town.settle()
        assert (await erasures_of(lyon))[0][1][graz.host].state is State.TAKEN, "it is not asked at once"
        town.clock.now += _HOUR
        await erasures.remind(lyon.ctx)
        await town.settle()
        ((erasure, holders),) = await erasures_of(lyon)
        assert holders[graz.host].state is State.ERASED
        assert erasure.done_at is not None


async def test_whoever_passed_a_copy_on_names_those_who_got_it_and_they_sign_as_well(tmp_path):
    async with village(tmp_path, "lyon", "graz", "oslo") as town:
        lyon, graz, oslo = town.houses.values()
        ada, ben, olaf = await lyon.member("ada"), await graz.member("ben"), await oslo.member("olaf")
        group = await town.found(graz, ben, joining=Joining.OPEN)
        here = await town.join(lyon, ada, group)
        await town.join(oslo, olaf, group)
        post = await write(lyon, ada, "For dyers", Visibility.GROUP, group=here.id)
        await town.settle()
        assert await oslo.reads(olaf, post.uri)
        await posts.delete(lyon.ctx, ada, post.id)
        await town.settle()
        ((erasure, holders),) = await erasures_of(lyon)
        assert holders[oslo.host].state is State.ERASED, "though lyon never gave it to oslo"
        assert oslo.host in orjson.loads(holders[graz.host].receipt)["passedTo"]
        assert erasure.done_at is not None


async def test_parting_with_a_node_stops_no_erasure_and_no_receipt(tmp_path):
    async with held_everywhere(tmp_path) as (town, ada, post):
        lyon, graz, _ = town.houses.values()
        await hello.say(lyon.ctx)
        await hello.say(graz.ctx)
        graz.down = True
        await organisation.remove(lyon.ctx, graz.host)
        await posts.delete(lyon.ctx, ada, post.id)
        await town.settle()
        assert await graz.post(post.uri)
        graz.down = False
        town.clock.now += _HOUR
        await town.settle()
        assert await graz.post(post.uri) is None
        of_the_post, of_all = await erasures_of(lyon)
        assert of_all[1][graz.host].state is State.ERASED
        for erasure, holders in (of_the_post, of_all):
            assert holders[graz.host].answered, "who knows nobody of ours any more takes a Delete, and has nothing"
            assert erasure.done_at is not None


async def test_nobody_signs_while_anything_that_hung_on_a_post_is_left(tmp_path):
    async with held_everywhere(tmp_path) as (town, ada, post):
        lyon, graz, oslo = town.houses.values()
        ben = await graz.member("ben")
        here = await graz.post(post.uri)
        await reactions.favourite(graz.ctx, ben, here.id)
        await reactions.bookmark(graz.ctx, ben, here.id)
        await reactions.boost(graz.ctx, ben, here.id)

        async def traces():
            async with graz.ctx.db.read() as tx:
                return await rows.traces(tx, post.uri, here.id)

        assert {"posts", "bookmarks", "favourites", "activities", "post_words"} <= set(await traces())
        async with graz.ctx.change() as change:
            await change.tx.run(
                "CREATE TRIGGER kept AFTER DELETE ON posts BEGIN INSERT INTO activities SELECT 7, 'kept:', id, 'Like',"
                f" '{post.uri}', x'', 0 FROM accounts LIMIT 1; END"
            )
        await posts.delete(lyon.ctx, ada, post.id)
        await town.settle()
        ((_, holders),) = await erasures_of(lyon)
        assert (holders[graz.host].state, holders[oslo.host].state) == (State.TAKEN, State.ERASED)


def test_it_is_known_what_hangs_on_a_post():
    refers = {
        table.name
        for table in schema.tables()
        if any((one.table, one.column) == ("posts", "post_id") for one in table.references)
    }
    assert refers | {"post_words"} == set(rows.HANGS_ON_POSTS)


async def test_an_order_that_comes_twice_is_answered_twice_and_changes_nothing(tmp_path):
    async with held_everywhere(tmp_path) as (town, ada, post):
        lyon, graz, _ = town.houses.values()
        await posts.delete(lyon.ctx, ada, post.id)
        await town.settle()
        ((erasure, before),) = await erasures_of(lyon)
        node = await graz.account(f"{lyon.ctx.settings.url}/actor")
        body = {
            "id": f"{lyon.ctx.settings.url}/activities/again", "type": "Delete", "actor": node.uri,
            "object": post.uri, "order": orjson.loads(erasure.document),
        }  # fmt: skip
        async with lyon.ctx.db.read() as tx:
            actor = await accounts.by_uri(tx, node.uri)
        assert await town.send(lyon, actor, graz, body) == 202
        ((_, after),) = await erasures_of(lyon)
        assert after[graz.host].receipt == before[graz.host].receipt
        assert await graz.post(post.uri) is None


async def test_nobody_but_the_node_itself_orders_in_its_name(tmp_path):
    """Threat: an order forged by a member, by another node, or changed on its way."""
    async with village(tmp_path, "lyon", "graz", "oslo") as town:
        lyon, graz, oslo = town.houses.values()
        ada, olaf = await lyon.member("ada"), await oslo.member("olaf")
        post = await write(lyon, ada, "Lunch at noon")
        other = await write(lyon, ada, "Dinner at eight")
        await town.settle()
        await posts.delete(lyon.ctx, ada, other.id)
        await town.settle()
        ((erasure, _),) = await erasures_of(lyon)
        genuine = orjson.loads(erasure.document)
        changed = {**genuine, "object": post.uri}
        async with oslo.ctx.change() as change:
            node = await accounts.by_uri(change.tx, f"{oslo.ctx.settings.url}/actor")
            bare = {name: value for name, value in changed.items() if name != "proof"}
            by_another = await oslo.ctx.keys.prove(change.tx, node.id, bare, now=change.now)
            by_a_member = await oslo.ctx.keys.prove(change.tx, olaf.id, bare, now=change.now)
        for number, order in enumerate((changed, by_another, by_a_member)):
            body = {
                "id": f"{oslo.ctx.settings.url}/activities/{number}", "type": "Delete", "actor": node.uri,
                "object": post.uri, "audience": post.uri, "order": order,
            }  # fmt: skip
            await town.send(oslo, node, graz, body)
            assert await graz.post(post.uri), "an order that lyon did not sign is none"


async def test_a_genuine_order_holds_whoever_hands_it_on(tmp_path):
    async with held_everywhere(tmp_path) as (town, ada, post):
        lyon, graz, oslo = town.houses.values()
        graz.down = True
        await posts.delete(lyon.ctx, ada, post.id)
        await town.settle()
        graz.down = False
        ((erasure, _),) = await erasures_of(lyon)
        await town.send(oslo, *await handed_on(oslo, graz, post, erasure))
        assert await graz.post(post.uri) is None


async def handed_on(house, to, post, erasure):
    """Return what a node sends to another one when it hands an order on (actor, to whom, activity)."""
    async with house.ctx.db.read() as tx:
        node = await accounts.by_uri(tx, f"{house.ctx.settings.url}/actor")
    body = {
        "id": f"{house.ctx.settings.url}/activities/7", "type": "Delete", "actor": node.uri,
        "object": post.uri, "audience": post.uri, "order": orjson.loads(erasure.document),
    }  # fmt: skip
    return node, to, body


@contextlib.asynccontextmanager
async def erased_unseen(folder):
    """Ada of Lyon has erased a post of which Graz has neither seen the Create nor the Delete yet."""
    async with village(folder, "lyon", "graz", "oslo") as town:
        lyon, graz, oslo = town.houses.values()
        ada = await lyon.member("ada")
        await town.settle()
        await graz.account(ada)
        graz.down = True
        post = await write(lyon, ada, "Lunch at noon")
        await town.settle()
        create = next(body for _, to, body in town.letters if to == oslo.host and b'"Create"' in body)
        await posts.delete(lyon.ctx, ada, post.id)
        graz.down = False
        yield town, ada, post, create


async def late(town, ada, post, create):
    """Let the Create of a post arrive at Graz after all; return whether the post is there."""
    lyon, graz, _ = town.houses.values()
    assert await town.send(lyon, ada, graz, create) == 202
    return await graz.post(post.uri) is not None


async def test_what_was_erased_before_it_came_never_comes(tmp_path):
    async with erased_unseen(tmp_path) as (town, ada, post, create):
        lyon, graz, _ = town.houses.values()
        await town.settle()
        ((_, holders),) = await erasures_of(lyon)
        assert orjson.loads(holders[graz.host].receipt)["removed"]["posts"] == 0
        assert not await late(town, ada, post, create)


async def test_what_was_erased_before_it_came_never_comes_whoever_hands_the_order_on(tmp_path):
    async with erased_unseen(tmp_path) as (town, ada, post, create):
        lyon, graz, oslo = town.houses.values()
        ((erasure, _),) = await erasures_of(lyon)
        await town.send(oslo, *await handed_on(oslo, graz, post, erasure))
        assert not await late(town, ada, post, create)


async def test_what_was_erased_before_a_backup_brought_it_back_does_not_come_late(tmp_path):
    async with erased_unseen(tmp_path) as (town, ada, post, create):
        lyon, graz, _ = town.houses.values()
        await town.settle()
        async with graz.ctx.change() as change:  # as it was before
            for table in ("erasures_taken", "erasure_cursors", "tombstones"):
                await change.tx.run(f"DELETE FROM {table}")
        assert await restore.ask(graz.ctx, lyon.host) == 1
        assert not await late(town, ada, post, create)


async def test_a_receipt_counts_only_from_the_node_that_signs_it(tmp_path):
    """Threat: a receipt in another node's name, for another order, or changed."""
    async with held_everywhere(tmp_path) as (town, ada, post):
        lyon, graz, oslo = town.houses.values()
        graz.down = True
        await posts.delete(lyon.ctx, ada, post.id)
        await town.settle()
        ((_, holders),) = await erasures_of(lyon)
        genuine = orjson.loads(holders[oslo.host].receipt)
        url = graz.ctx.settings.url
        forged = {**genuine, "id": f"{url}/receipts/1", "attributedTo": f"{url}/actor"}
        async with oslo.ctx.db.read() as tx:
            node = await accounts.by_uri(tx, f"{oslo.ctx.settings.url}/actor")
        for number, receipt in enumerate((forged, {**forged, "attributedTo": node.uri})):
            body = {
                "id": f"{oslo.ctx.settings.url}/activities/{number}", "type": "Accept", "actor": node.uri,
                "object": genuine["object"], "result": receipt,
            }  # fmt: skip
            await town.send(oslo, node, lyon, body)
            ((_, holders),) = await erasures_of(lyon)
            assert holders[graz.host].state is State.ORDERED


async def test_what_another_author_wrote_stays_when_a_thread_loses_a_post(tmp_path):
    async with village(tmp_path, "lyon", "graz", "oslo") as town:
        lyon, graz, _ = town.houses.values()
        ada, ben = await lyon.member("ada"), await graz.member("ben")
        post = await write(lyon, ada, "Lunch at noon")
        await town.settle()
        answer = await write(graz, ben, "I come", reply_to_id=(await graz.post(post.uri)).id)
        await relationships.follow(graz.ctx, ben, (await graz.account(ada)).id)
        await reactions.favourite(graz.ctx, ben, (await graz.post(post.uri)).id)
        await town.settle()
        await posts.delete(lyon.ctx, ada, post.id)
        await town.settle()
        assert await graz.post(answer.uri)
        ((_, holders),) = await erasures_of(lyon)
        assert {one.state for one in holders.values()} == {State.ERASED}


async def test_other_software_counts_as_done_when_it_has_taken_the_delete(tmp_path):
    async with held_everywhere(tmp_path) as (town, ada, post):
        lyon, graz, _oslo = town.houses.values()
        async with lyon.ctx.change() as change:
            await change.tx.run("UPDATE copies SET host = 'mastodon.example' WHERE host = :host", host=graz.host)
        await posts.delete(lyon.ctx, ada, post.id)
        ((erasure, holders),) = await erasures_of(lyon)
        assert not holders["mastodon.example"].signs
        async with lyon.ctx.change() as change:
            await rows.taken_by(change.tx, post.uri, "mastodon.example", now=change.now)
        await town.settle()
        ((erasure, holders),) = await erasures_of(lyon)
        assert holders["mastodon.example"].state is State.TAKEN
        assert erasure.done_at is not None


async def test_orders_are_shown_to_those_they_concern_and_to_nobody_else(tmp_path):
    async with village(tmp_path, "lyon", "graz", "oslo", partners=("acme",)) as town:
        lyon, graz, _oslo, acme = town.houses.values()
        ada, ben, ruth = await lyon.member("ada"), await graz.member("ben"), await acme.member("ruth")
        await relationships.follow(graz.ctx, ben, (await graz.account(ada)).id)
        await town.settle()
        post = await write(lyon, ada, "For those who follow me", Visibility.FOLLOWERS)
        await town.settle()
        await posts.delete(lyon.ctx, ada, post.id)
        await town.settle()
        address = f"{lyon.ctx.settings.url}/erasures"

        async def ask(house, actor, query=""):
            async with house.ctx.db.read() as tx:
                sign = await house.ctx.keys.sign_as(tx, actor.id) if actor else None
            reply = await house.ctx.wire.get(address + query, accept=_ACTIVITY, sign=sign, max_bytes=1_000_000)
            return reply.status, [one["object"] for one in orjson.loads(reply.body).get("orderedItems", [])]

        async with town.houses["127.0.0.1:8603"].ctx.db.read() as tx:
            olaf = await accounts.by_uri(tx, "http://127.0.0.1:8603/actor")
        assert await ask(graz, ben) == (200, [post.uri])
        for query in ("?after=\u00b2", "?after=-1", "?after=nothing"):
            assert await ask(graz, ben, query) == (200, [post.uri]), query
        assert await ask(graz, ben, f"?after={1 << 80}") == (200, [])
        assert await ask(town.houses["127.0.0.1:8603"], olaf) == (200, []), "it had no copy"
        assert (await ask(acme, ruth))[0] == 403
        assert (await ask(graz, None))[0] == 401
