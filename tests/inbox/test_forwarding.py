"""What one server hands on of another: believed with a proof, asked for without one, and answered for by us."""

import contextlib

import orjson
import pytest

from federation import keys, proofs, render
from moderation import members
from node.domain import uris
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.store import accounts, copies
from node.store.sealed import read_body
from outbox import posts as commands
from outbox import reactions, worker
from tests.inbox.peer import Peer
from tests.nodes import context
from tests.servers import origin

PAIR, PROOF = keys.generate_rsa(), keys.generate_ed25519()
NOW = 1_795_000_000_000
MULTIKEY = keys.multikey(PROOF.private.public_key())


@contextlib.asynccontextmanager
async def story(folder, database=""):
    """A node with ada; carol at a server of other software; a third that holds ada's posts; bob, who hands on."""
    async with context(folder, database=database) as ctx, origin() as home, origin() as third:
        peer = await Peer.known_to(ctx, "bob", hosts=[home.host, third.host])
        ada = await members.add(ctx, username="ada", password="correct horse battery")
        carol = f"{home.url}/users/carol"
        key = {"id": f"{carol}#ed25519-key", "type": "Multikey", "controller": carol, "publicKeyMultibase": MULTIKEY}
        home.actor("carol", PAIR, assertionMethod=[key])
        yield ctx, peer, ada, carol, home, third


def reply(carol, parent, text="From Carol"):
    note = {
        "id": f"{carol}/posts/1",
        "type": "Note",
        "attributedTo": carol,
        "content": f"<p>{text}</p>",
        "published": "2026-11-20T10:00:00Z",
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "cc": [f"{carol}/followers"],
        "inReplyTo": parent,
    }
    return {"id": f"{carol}/activities/1", "type": "Create", "actor": carol, "object": note, "to": note["to"]}


def proven(activity, private=PROOF.private):
    carol = activity["actor"]
    return proofs.attach(
        render.document(activity), key=private, key_id=f"{carol}#ed25519-key", created=1_795_000_000_000
    )


def carols(carol):
    return keys.Signer(uris.main_key(carol), PAIR.private)


async def test_a_forwarded_activity_with_a_proof_is_believed(tmp_path, database):
    async with story(tmp_path, database) as (_, peer, _ada, carol, home, _third):
        create = proven(reply(carol, f"{peer.actors['bob'].uri}/posts/9"))
        assert await peer.send("bob", create) == 202
        stored = await peer.stored(create["object"]["id"])
        author = await peer.account(carol)
        assert (stored.author_id, stored.content) == (author.id, "<p>From Carol</p>")
        assert home.asked == ["/users/carol"], "the actor for its key, and nothing more"


async def test_a_proof_that_does_not_hold_is_refused_whoever_brings_it(tmp_path):
    async with story(tmp_path) as (_, peer, _ada, carol, *_servers):
        forged = proven(reply(carol, f"{peer.actors['bob'].uri}/posts/9"))
        forged["object"]["content"] = "<p>Never said</p>"
        assert await peer.send("bob", forged) == 401
        assert await peer.send_as(carols(carol), forged) == 401
        assert await peer.count("posts") == 0


async def test_a_proof_of_another_kind_or_key_counts_for_nothing(tmp_path):
    async with story(tmp_path) as (_, peer, _ada, carol, *_servers):
        unknown = proven(reply(carol, ""), keys.generate_ed25519().private)
        unknown["proof"]["verificationMethod"] = f"{carol}#another"
        strange = reply(carol, "") | {"proof": {"type": "DataIntegrityProof", "cryptosuite": "other-2030"}}
        for activity in (unknown, strange):
            assert await peer.send("bob", activity) == 403
            assert await peer.send_as(carols(carol), activity) == 202


async def test_S15_a_forwarded_reply_without_a_proof_is_asked_for_at_its_origin(tmp_path, database):
    async with story(tmp_path, database) as (_, peer, _ada, carol, home, _third):
        told = reply(carol, f"{peer.actors['bob'].uri}/posts/9", "What Bob says that Carol said")
        home.documents["/users/carol/posts/1"] = reply(carol, told["object"]["inReplyTo"])["object"]
        assert await peer.send("bob", told) == 202
        assert (await peer.stored(told["object"]["id"])).content == "<p>From Carol</p>"
        # The true activity is not kept out by what was said about it.
        update = reply(carol, told["object"]["inReplyTo"], "Edited")
        update |= {"type": "Update", "object": update["object"] | {"updated": "2026-11-21T10:00:00Z"}}
        assert await peer.send_as(carols(carol), update) == 202
        assert (await peer.stored(told["object"]["id"])).content == "<p>Edited</p>"


@pytest.mark.parametrize(("answer", "stays"), [(None, True), ("Tombstone", False), ("Note", True)])
async def test_a_forwarded_delete_without_a_proof_is_asked_for_at_its_origin(tmp_path, answer, stays):
    async with story(tmp_path) as (_, peer, _ada, carol, home, _third):
        create = reply(carol, f"{peer.actors['bob'].uri}/posts/9")
        uri = create["object"]["id"]
        await peer.send_as(carols(carol), create)
        if answer:
            home.documents["/users/carol/posts/1"] = {"id": uri, "type": answer, "attributedTo": carol, "content": "x"}
        delete = {"id": f"{carol}/activities/2", "type": "Delete", "actor": carol, "object": uri}
        assert await peer.send("bob", delete) == 202
        assert (await peer.stored(uri) is not None) == stays
        assert await peer.count("inbox_rows WHERE type = 'Refetch'") == 0


async def test_what_nobody_may_hand_on_is_refused_and_asked_for_nowhere(tmp_path):
    async with story(tmp_path) as (_, peer, _ada, carol, home, third):
        await peer.send_as(carols(carol), reply(carol, ""))
        asked = list(home.asked)
        like = {"id": f"{carol}/likes/1", "type": "Like", "actor": carol, "object": f"{third.url}/1"}
        elsewhere = reply(carol, f"{third.url}/posts/9") | {"id": f"{carol}/activities/4"}
        stranger = reply("https://nobody.example/users/x", f"{peer.actors['bob'].uri}/1")
        for activity in (like, elsewhere, stranger):
            assert await peer.send("bob", activity) == 403
        assert home.asked == asked


async def test_a_deletion_of_what_never_came_is_taken_from_whoever_hands_it_on_and_changes_nothing(tmp_path):
    async with story(tmp_path) as (_, peer, _ada, carol, home, _third):
        await peer.send_as(carols(carol), reply(carol, ""))
        asked, uri = list(home.asked), f"{carol}/posts/77"
        delete = {"id": f"{carol}/activities/3", "type": "Delete", "actor": carol, "object": uri}
        assert await peer.send("bob", delete) == 202
        assert home.asked == asked
        create = reply(carol, f"{peer.actors['bob'].uri}/posts/9") | {"id": f"{carol}/activities/4"}
        create["object"]["id"] = uri
        assert await peer.send_as(carols(carol), create) == 202
        assert await peer.stored(uri) is not None, "only its author's word buries it"


async def test_a_public_answer_to_our_post_reaches_all_who_hold_it_and_so_does_its_deletion(tmp_path, database):
    async with story(tmp_path, database) as (ctx, peer, ada, carol, home, third):
        post = await commands.publish(ctx, ada, Draft("Who has indigo?", Visibility.ORGANISATION))
        await worker.drain(ctx)
        third.server.requests.clear()
        create = reply(carol, post.uri)
        await peer.send_as(carols(carol), create)
        await worker.drain(ctx)
        sent = [request for request in third.server.requests if request.method == "POST"]
        assert [orjson.loads(request.body) for request in sent] == [render.document(create)]
        async with ctx.db.read() as tx:
            held = await copies.holders(tx, create["object"]["id"])
        assert {(copy.host, copy.how, copy.state) for copy in held} >= {(third.host, "forward", "held")}
        assert home.host not in {copy.host for copy in held}, "it came from there"

        third.take = lambda request: 500
        delete = {"id": f"{carol}/activities/2", "type": "Delete", "actor": carol, "object": create["object"]["id"]}
        await peer.send_as(carols(carol), delete)
        await worker.drain(ctx)
        third.take = lambda request: 202
        async with ctx.change() as change:
            await change.tx.run("UPDATE deliveries SET due_at = 0 WHERE state = 'due'")
            await change.tx.run("UPDATE hosts SET open_until = 0")
        await worker.drain(ctx)
        assert [one["type"] for one in third.received] == ["Create", "Delete", "Delete"]
        async with ctx.db.read() as tx:
            states = {copy.host: copy.state for copy in await copies.holders(tx, create["object"]["id"])}
        assert states[third.host] == "confirmed"


@pytest.mark.parametrize("audience", [["FOLLOWERS"], ["ADA"]])
async def test_a_private_answer_is_never_handed_on(tmp_path, audience):
    async with story(tmp_path) as (ctx, peer, ada, carol, _home, third):
        post = await commands.publish(ctx, ada, Draft("Who has indigo?", Visibility.ORGANISATION))
        await worker.drain(ctx)
        third.server.requests.clear()
        to = [{"FOLLOWERS": f"{carol}/followers", "ADA": ada.uri}[name] for name in audience]
        create = reply(carol, post.uri)
        create |= {"to": to, "object": create["object"] | {"to": to, "cc": [ada.uri]}}
        await peer.send_as(carols(carol), create)
        await worker.drain(ctx)
        assert await peer.stored(create["object"]["id"]) is not None
        assert third.received == []


async def test_what_we_say_to_all_carries_a_proof_and_what_we_say_to_some_does_not(tmp_path):
    async with story(tmp_path) as (ctx, _peer, ada, _carol, _home, third):
        third.server.requests.clear()
        public = await commands.publish(ctx, ada, Draft("For all", Visibility.ORGANISATION))
        await commands.edit(ctx, ada, public.id, Draft("For all of us"))
        await reactions.boost(ctx, ada, public.id)
        await reactions.unboost(ctx, ada, public.id)
        await commands.delete(ctx, ada, public.id)
        await commands.publish(ctx, ada, Draft("For @bob@127.0.0.1:8497", Visibility.DIRECT))
        async with ctx.db.read() as tx:
            sent = [
                orjson.loads(read_body(tx, row["body"]))
                for row in await tx.all("SELECT body FROM activities ORDER BY id")
            ]
            known = await accounts.keys_of(tx, ada.id)
        assert {one["type"]: "proof" in one for one in sent} == {"Undo": True, "Delete": True, "Create": False}
        multikey = next(row["public"] for row in known if row["algorithm"] == "ed25519")
        for one in sent:
            if "proof" in one:
                proofs.check(one, key=keys.load_multikey(multikey), key_id=uris.proof_key(ada.uri))


async def test_S11_a_proof_by_a_rotated_key_is_believed_after_asking_once(tmp_path):
    async with story(tmp_path) as (_, peer, _ada, carol, home, _third):
        await peer.account_of(home.documents["/users/carol"])
        fresh = keys.generate_ed25519().private
        home.documents["/users/carol"]["assertionMethod"][0]["publicKeyMultibase"] = keys.multikey(fresh.public_key())
        create = proven(reply(carol, f"{peer.actors['bob'].uri}/posts/9"), fresh)
        assert await peer.send("bob", create) == 202
        assert await peer.stored(create["object"]["id"]) is not None
        old = proven(reply(carol, "") | {"id": f"{carol}/activities/old"})
        assert [await peer.send("bob", old) for _ in range(3)] == [401] * 3
        assert home.asked == ["/users/carol"]
