"""Who may do what by sending activities: threats S and I, seen from the rows they must not leave."""

import contextlib
from itertools import permutations

import pytest

from federation import keys, signatures
from moderation import measures, members
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.errors import Conflict
from node.store import posts, timelines
from node.store.pages import Page
from node.store.sealed import read_body
from outbox import posts as commands
from outbox.relationships import follow
from tests.benchmarks.setting import signer, with_members
from tests.inbox.peer import HOST, PAIR, Peer
from tests.nodes import context

PASSWORD = "correct horse battery staple"


@contextlib.asynccontextmanager
async def story(folder, database):
    """A node with a member `ada` who follows `bob` of a peer that also has `mallory`."""
    async with context(folder, database=database) as ctx:
        peer = await Peer.known_to(ctx, "bob", "mallory", "carol")
        ada = await members.add(ctx, username="ada", password=PASSWORD)
        await peer.follower(ada, "bob")
        yield ctx, peer, ada


async def home(ctx, account):
    async with ctx.db.read() as tx:
        return [post.uri for post in await timelines.home(tx, account.id, Page(limit=40))]


async def test_S06_the_same_activity_twice_is_one(tmp_path, database):
    async with story(tmp_path, database) as (ctx, peer, ada):
        note = peer.note("bob", tag=[{"type": "Mention", "href": ada.uri, "name": "@ada"}])
        create = peer.activity("Create", "bob", note)
        assert [await peer.send("bob", create) for _ in range(3)] == [202] * 3
        assert await home(ctx, ada) == [note["id"]]
        assert await peer.count("notifications") == 1
        assert await peer.count("inbox_rows") == 1


async def test_S07_the_signer_is_the_actor_or_nothing_happens(tmp_path, database):
    async with story(tmp_path, database) as (_, peer, _ada):
        create = peer.activity("Create", "bob", peer.note("bob"))
        assert await peer.send("mallory", create) == 403
        assert (await peer.count("inbox_rows"), await peer.count("posts")) == (0, 0)


async def test_S01_S09_strangers_are_refused_before_anything_is_fetched(tmp_path, database):
    async with story(tmp_path, database) as (ctx, peer, _ada):
        fetched = []
        real = ctx.wire.get_document

        async def watched(url, **more):
            fetched.append(url)
            return await real(url, **more)

        ctx.wire.get_document = watched
        create = peer.activity("Create", "bob", peer.note("bob"))
        for key in ("http://127.0.0.1:1/users/x#main-key", "http://evil.example/a#k", "http://169.254.169.254/#k"):
            body = b"{}"
            headers = signatures.sign(
                "POST",
                ctx.settings.url + "/inbox",
                body,
                signer=keys.Signer(key, PAIR.private),
                now=ctx.clock(),
                content_type="application/activity+json",
            )
            assert await peer.deliver(headers, body) == 403
        headers = {"Host": ctx.settings.authority, "Content-Type": "application/activity+json"}
        assert await peer.deliver(headers, str(create).encode()) == 401
        assert fetched == []
        assert await peer.count("inbox_rows") == 0


@pytest.mark.parametrize(
    "change",
    [
        {"id": "http://127.0.0.1:9/users/x/posts/1"},
        {"attributedTo": f"http://{HOST}/users/mallory"},
        {"attributedTo": "http://127.0.0.1:9/users/x"},
        {"id": "http://127.0.0.1:9/1", "attributedTo": "http://127.0.0.1:9/users/x"},
        {"attributedTo": [f"http://{HOST}/users/mallory", f"http://{HOST}/users/bob"]},
    ],
)
async def test_I01_an_object_of_another_author_does_not_enter(tmp_path, database, change):
    async with story(tmp_path, database) as (_, peer, _ada):
        create = peer.activity("Create", "bob", peer.note("bob") | change)
        assert await peer.send("bob", create) == 403
        assert await peer.count("posts") == 0


async def test_I04_I05_I06_nobody_changes_deletes_or_undoes_what_is_anothers(tmp_path, database):
    async with story(tmp_path, database) as (ctx, peer, ada):
        own = await commands.publish(ctx, ada, Draft("mine", Visibility.ORGANISATION))
        note = peer.note("bob")
        await peer.send("bob", peer.activity("Create", "bob", note))
        like = peer.activity("Like", "bob", own.uri)
        await peer.send("bob", like)
        later = {"content": "<p>forged</p>", "updated": "2027-01-01T00:00:00Z"}
        await peer.send("mallory", peer.activity("Update", "mallory", note | later))
        for uri in (note["id"], own.uri, peer.actors["bob"].uri, ada.uri):
            await peer.send("mallory", peer.activity("Delete", "mallory", uri))
        await peer.send("mallory", peer.activity("Undo", "mallory", like["id"]))
        await peer.send("mallory", peer.activity("Undo", "mallory", like))
        assert (await peer.stored(note["id"])).content == "<p>hello</p>"
        assert (await peer.stored(own.uri)).favourites == 1
        assert (await peer.account(peer.actors["bob"].uri)).active
        assert (await peer.account(ada.uri)).active


async def test_I06_I12_only_who_was_asked_accepts_and_only_the_accepted_sees(tmp_path, database):
    async with story(tmp_path, database) as (ctx, peer, ada):
        ben = await members.add(ctx, username="ben", password=PASSWORD)
        asked = await follow(ctx, ben, peer.actors["bob"].id)
        await peer.send("mallory", peer.activity("Accept", "mallory", asked.uri))
        note = peer.note("bob")
        await peer.send("bob", peer.activity("Create", "bob", note))
        assert (await home(ctx, ada), await home(ctx, ben)) == ([note["id"]], [])
        stored = await peer.stored(note["id"])
        async with ctx.db.read() as tx:
            assert await posts.visible_to(tx, stored.id, viewer_id=ben.id) is None
        await peer.send("bob", peer.activity("Accept", "bob", asked.uri))
        assert await home(ctx, ben) == [note["id"]]


async def test_I07_a_repetition_does_not_widen_an_audience(tmp_path, database):
    async with story(tmp_path, database) as (_, peer, ada):
        note = peer.note("bob", to=[ada.uri], tag=[{"type": "Mention", "href": ada.uri, "name": "@ada"}])
        await peer.send("bob", peer.activity("Create", "bob", note))
        public = "https://www.w3.org/ns/activitystreams#Public"
        await peer.send("bob", peer.activity("Create", "bob", note | {"to": [public]}))
        assert (await peer.stored(note["id"])).visibility is Visibility.DIRECT


async def test_I08_a_private_post_is_not_passed_on_by_others(tmp_path, database):
    async with story(tmp_path, database) as (ctx, peer, ada):
        await peer.follower(ada, "mallory")
        note = peer.note("bob")
        await peer.send("bob", peer.activity("Create", "bob", note))
        await peer.send("mallory", peer.activity("Announce", "mallory", note["id"], to=["as:Public"]))
        assert await home(ctx, ada) == [note["id"]]


async def test_I09_a_flood_of_likes_is_one_like(tmp_path, database):
    async with story(tmp_path, database) as (ctx, peer, ada):
        own = await commands.publish(ctx, ada, Draft("mine", Visibility.ORGANISATION))
        for _ in range(20):
            await peer.send("bob", peer.activity("Like", "bob", own.uri))
        assert (await peer.stored(own.uri)).favourites == 1
        assert await peer.count("notifications") == 1


async def test_I13_a_suspended_actor_is_not_heard(tmp_path, database):
    async with story(tmp_path, database) as (ctx, peer, _ada):
        await measures.suspend(ctx, peer.actors["bob"].id, reason="A threat.")
        assert await peer.send("bob", peer.activity("Create", "bob", peer.note("bob"))) == 403
        assert await peer.count("posts") == 0


async def test_I13_a_suspended_author_is_not_shown_in_others_boosts_either(tmp_path, database):
    async with story(tmp_path, database) as (ctx, peer, ada):
        await peer.follower(ada, "carol")
        note = peer.note("bob", to=["as:Public"])
        await peer.send("bob", peer.activity("Create", "bob", note))
        boost = peer.activity("Announce", "carol", note["id"], to=["as:Public"])
        await peer.send("carol", boost)
        assert await home(ctx, ada) == [boost["id"], note["id"]]
        await measures.suspend(ctx, peer.actors["bob"].id, reason="A threat.")
        assert await home(ctx, ada) == []


async def test_E12_a_suspended_actor_still_erases(tmp_path, database):
    async with story(tmp_path, database) as (ctx, peer, _ada):
        notes = [peer.note("bob") for _ in range(2)]
        for note in notes:
            await peer.send("bob", peer.activity("Create", "bob", note))
        await measures.suspend(ctx, peer.actors["bob"].id, reason="A threat.")
        assert await peer.send("bob", peer.activity("Delete", "bob", notes[0]["id"])) == 202
        assert [await peer.stored(note["id"]) is None for note in notes] == [True, False]
        assert await peer.send("bob", peer.activity("Delete", "bob", peer.actors["bob"].uri)) == 202
        assert await peer.stored(notes[1]["id"]) is None
        assert await peer.send("bob", peer.activity("Like", "bob", notes[1]["id"])) in (401, 403)


async def test_E12_a_former_member_still_erases_and_may_nothing_else(tmp_path, database):
    async with story(tmp_path, database) as (ctx, peer, _ada):
        note = peer.note("bob")
        await peer.send("bob", peer.activity("Create", "bob", note))
        await with_members(ctx, [])
        ctx.policy.changed()
        assert await peer.send("bob", peer.activity("Create", "bob", peer.note("bob"))) == 403
        assert await peer.send("mallory", peer.activity("Delete", "mallory", note["id"])) == 202
        assert await peer.stored(note["id"]) is not None
        assert await peer.send("bob", peer.activity("Delete", "bob", note["id"])) == 202
        assert await peer.stored(note["id"]) is None
        assert await peer.count("posts") == 0


async def test_I15_blind_copies_count_for_nothing_and_leave_with_nothing(tmp_path, database):
    async with story(tmp_path, database) as (ctx, peer, ada):
        ben = await members.add(ctx, username="ben", password=PASSWORD)
        hidden = peer.note("bob", bto=[ben.uri], bcc=["as:Public"])
        await peer.send("bob", peer.activity("Create", "bob", hidden, bto=[ben.uri], bcc=["as:Public"]))
        stored = await peer.stored(hidden["id"])
        assert stored.visibility is Visibility.FOLLOWERS
        assert (await home(ctx, ada), await home(ctx, ben)) == ([hidden["id"]], [])
        await commands.publish(ctx, ada, Draft("Hello @bob@127.0.0.1:8497", Visibility.DIRECT))
        async with ctx.db.read() as tx:
            sent = await tx.all("SELECT body FROM activities")
        assert sent
        assert not any(
            name in read_body(tx, row["body"]) for row in sent for name in (b'"bto"', b'"bcc"', b"as:Public")
        )


async def test_I14_an_update_does_not_move_an_inbox_to_another_server(tmp_path, database):
    async with story(tmp_path, database) as (_, peer, _ada):
        bob = peer.actors["bob"]
        moved = {"id": bob.uri, "type": "Person", "preferredUsername": "bob", "inbox": "http://127.0.0.1:9/inbox"}
        assert await peer.send("bob", peer.activity("Update", "bob", moved)) == 400
        assert (await peer.account(bob.uri)).inbox == bob.inbox


async def test_I11_nobody_takes_the_name_of_another_of_their_server(tmp_path, database):
    async with story(tmp_path, database) as (ctx, peer, _ada):
        bob, mallory = peer.actors["bob"], peer.actors["mallory"]
        actor = (await peer.account(mallory.uri)).uri
        document = {"id": actor, "type": "Person", "preferredUsername": "Bob", "name": "Bob", "inbox": f"{actor}/inbox"}
        assert await peer.send("mallory", peer.activity("Update", "mallory", document)) == 202
        with pytest.raises(Conflict):
            await peer.account_of(document | {"id": f"{actor}/2"})
        async with ctx.db.read() as tx:
            rows = await tx.all("SELECT uri FROM accounts WHERE LOWER(username) = 'bob'")
            assert await tx.all("SELECT 1 FROM inbox_rows WHERE error <> ''") == []
        assert [row["uri"] for row in rows] == [bob.uri]
        assert (
            await peer.send("mallory", peer.activity("Update", "mallory", document | {"preferredUsername": "mal"}))
            == 202
        )
        assert (await peer.account(mallory.uri)).username == "mal"


async def test_I16_what_was_deleted_never_comes_back(tmp_path, database):
    async with story(tmp_path, database) as (ctx, peer, ada):
        note = peer.note("bob", "canary-white-crow")
        create = peer.activity("Create", "bob", note)
        await peer.send("bob", create)
        await peer.send("bob", peer.activity("Delete", "bob", note["id"]))
        await peer.send("bob", peer.activity("Create", "bob", note))
        await peer.send("carol", peer.activity("Announce", "carol", note["id"], to=["as:Public"]))
        assert await peer.stored(note["id"]) is None
        assert await home(ctx, ada) == []
        await ctx.db.scrub()
        for path in tmp_path.iterdir():
            assert b"canary-white-crow" not in path.read_bytes(), path


@pytest.mark.parametrize("ordered", [False, True], ids=["a plain Delete", "a Delete with an order"])
async def test_F13_every_order_of_arrival_ends_the_same(tmp_path, database, ordered):
    async with story(tmp_path, database) as (_, peer, _ada):
        for place, order in enumerate(permutations(range(5))):
            note = peer.note("bob", to=["as:Public"])
            by_order = {"order": peer.order(place, note["id"])} if ordered else {}
            first = note | {
                "content": "<p>one</p>",
                "updated": "2026-11-24T10:00:00Z",
                "published": "2026-11-01T00:00:00Z",
            }
            second = first | {"content": "<p>two</p>", "updated": "2026-11-24T11:00:00Z"}
            acts = [
                ("bob", peer.activity("Create", "bob", note | {"published": "2026-11-01T00:00:00Z"})),
                ("bob", peer.activity("Update", "bob", first)),
                ("bob", peer.activity("Update", "bob", second)),
                ("carol", peer.activity("Like", "carol", note["id"])),
                ("bob", peer.activity("Delete", "bob", note["id"], **by_order)),
            ]
            for act in order:
                await peer.send(*acts[act])
            assert await peer.stored(note["id"]) is None, order
        assert await peer.count("favourites") == 0


async def test_I16_who_deletes_in_anothers_place_does_not_keep_the_author_from_it(tmp_path, database):
    async with story(tmp_path, database) as (_, peer, _ada):
        note, other = peer.note("bob"), peer.note("bob")
        await peer.send("mallory", peer.activity("Delete", "mallory", note["id"]))
        await peer.send("bob", peer.activity("Delete", "bob", note["id"]))
        await peer.send("bob", peer.activity("Create", "bob", note))
        assert await peer.stored(note["id"]) is None
        await peer.send("mallory", peer.activity("Delete", "mallory", other["id"]))
        await peer.send("bob", peer.activity("Create", "bob", other))
        assert await peer.stored(other["id"])


async def test_S17_documents_are_for_members_only(tmp_path, database):
    async with story(tmp_path, database) as (ctx, peer, ada):
        own = await commands.publish(ctx, ada, Draft("for all", Visibility.ORGANISATION))
        secret = await commands.publish(ctx, ada, Draft("for us", Visibility.UNIT))

        async def status(uri, signed):
            headers = {"Host": ctx.settings.authority}
            if signed:
                by = signer(peer.actors["bob"], PAIR)
                headers |= signatures.sign("GET", uri, None, signer=by, now=ctx.clock())
            headers["Accept"] = "application/activity+json"
            return (await peer.client.get(uri.removeprefix(ctx.settings.url), headers=headers)).status_code

        assert [await status(one, True) for one in (own.uri, ada.uri, secret.uri)] == [200, 200, 404]
        assert [await status(one, False) for one in (own.uri, ada.uri, secret.uri)] == [401] * 3
        assert await status(f"{ctx.settings.url}/actor", False) == 200
        assert await peer.count("copies") == 2  # the post, and her actor
