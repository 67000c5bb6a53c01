"""Whose key it is: fetched once, from its origin, and believed only when actor and key name each other."""

import contextlib

import pytest

from federation import keys
from node.domain import uris
from tests.inbox.peer import Peer
from tests.nodes import context
from tests.servers import origin

OLD, NEW, MALLORYS = keys.generate_rsa(), keys.generate_rsa(), keys.generate_rsa()


@contextlib.asynccontextmanager
async def story(folder):
    """A node, a member server with bob whom the node does not know yet, and another member server."""
    async with context(folder) as ctx, origin() as home, origin() as elsewhere:
        peer = await Peer.known_to(ctx, hosts=[home.host, elsewhere.host])
        yield peer, home, elsewhere, home.actor("bob", OLD)


def create(bob, number, **more):
    note = {"id": f"{bob}/posts/{number}", "type": "Note", "attributedTo": bob, "content": "x", "to": ["as:Public"]}
    return {"id": f"{bob}/activities/{number}", "type": "Create", "actor": bob, "object": note} | more


def signer(uri, pair):
    return keys.Signer(uris.main_key(uri), pair.private)


async def test_a_key_is_fetched_once_and_then_known(tmp_path):
    async with story(tmp_path) as (peer, home, _, bob):
        for number in range(3):
            assert await peer.send_as(signer(bob, OLD), create(bob, number)) == 202
        assert home.asked == ["/users/bob"]
        assert await peer.count("posts") == 3


async def test_a_key_in_a_document_of_its_own_is_understood(tmp_path):
    async with story(tmp_path) as (peer, home, _, bob):
        key = {"id": f"{bob}/main-key", "owner": bob, "publicKeyPem": OLD.public_pem}
        home.actor("bob", OLD, publicKey=key)
        stub = {"id": bob, "type": "Person", "preferredUsername": "bob", "publicKey": key}
        home.documents["/users/bob/main-key"] = stub | {"id": f"{bob}/main-key"}
        assert await peer.send_as(keys.Signer(f"{bob}/main-key", OLD.private), create(bob, 1)) == 202
        assert await peer.count("posts") == 1


async def test_a_multikey_signs_requests_as_well(tmp_path):
    async with story(tmp_path) as (peer, home, _, bob):
        pair = keys.generate_ed25519()
        key = {"id": f"{bob}#multikey-2", "type": "Multikey", "controller": bob}
        multikeys = [
            key | {"id": f"{bob}#multikey-1", "publicKeyMultibase": "z4MXnotOneOfOurs"},
            key | {"publicKeyMultibase": keys.multikey(pair.private.public_key())},
        ]
        home.actor("bob", OLD, assertionMethod=multikeys)
        assert await peer.send_as(keys.Signer(f"{bob}#multikey-2", pair.private), create(bob, 1)) == 202
        assert await peer.send_as(keys.Signer(f"{bob}#multikey-1", pair.private), create(bob, 2)) in (401, 403)
        assert await peer.count("posts") == 1


async def test_S08_a_key_that_its_owner_does_not_list_is_refused(tmp_path):
    async with story(tmp_path) as (peer, home, elsewhere, bob):
        forged = {"type": "CryptographicKey", "owner": bob, "publicKeyPem": MALLORYS.public_pem}
        lying = elsewhere.actor("mallory", MALLORYS)
        elsewhere.documents["/users/mallory"]["publicKey"]["owner"] = bob
        home.documents["/keys/1"] = forged | {"id": f"{home.url}/keys/1"}
        elsewhere.documents["/keys/2"] = forged | {"id": f"{elsewhere.url}/keys/2"}
        for key_id in (uris.main_key(lying), f"{home.url}/keys/1", f"{elsewhere.url}/keys/2"):
            status = await peer.send_as(keys.Signer(key_id, MALLORYS.private), create(bob, 1))
            assert status in (401, 403), key_id
        assert (await peer.count("inbox_rows"), await peer.count("posts")) == (0, 0)


async def test_S10_a_dead_key_is_asked_for_once(tmp_path):
    async with story(tmp_path) as (peer, home, _, bob):
        home.documents.clear()
        dead = signer(f"{home.url}/users/nobody", MALLORYS)
        statuses = {await peer.send_as(dead, create(bob, number)) for number in range(100)}
        assert statuses <= {401, 403}
        assert len(home.asked) == 1


async def test_S10_wrong_signatures_under_a_known_key_ask_once_more_and_no_further(tmp_path):
    async with story(tmp_path) as (peer, home, _, bob):
        await peer.send_as(signer(bob, OLD), create(bob, 0))
        home.server.requests.clear()
        assert {await peer.send_as(signer(bob, MALLORYS), create(bob, number)) for number in range(1, 30)} == {401}
        assert len(home.asked) <= 1


async def test_S11_after_a_rotation_the_new_key_passes_and_the_old_one_fails(tmp_path):
    async with story(tmp_path) as (peer, home, _, bob):
        await peer.account_of(home.documents["/users/bob"])
        assert await peer.send_as(signer(bob, OLD), create(bob, 1)) == 202
        home.actor("bob", NEW)
        assert await peer.send_as(signer(bob, NEW), create(bob, 2)) == 202
        assert await peer.send_as(signer(bob, OLD), create(bob, 3)) == 401
        assert await peer.count("posts") == 2


async def test_S11_an_update_makes_the_key_be_asked_for_and_cannot_set_it(tmp_path):
    async with story(tmp_path) as (peer, home, _, bob):
        await peer.account_of(home.documents["/users/bob"])
        stolen = home.documents["/users/bob"] | {"publicKey": None, "name": "Bob the second"}
        stolen["publicKey"] = {"id": uris.main_key(bob), "owner": bob, "publicKeyPem": MALLORYS.public_pem}
        update = {"id": f"{bob}/activities/u", "type": "Update", "actor": bob, "object": stolen}
        assert await peer.send_as(signer(bob, OLD), update) == 202
        assert (await peer.account(bob)).name == "Bob the second"
        assert await peer.send_as(signer(bob, MALLORYS), create(bob, 1)) == 401
        assert home.asked == ["/users/bob"]
        assert await peer.send_as(signer(bob, OLD), create(bob, 2)) == 202
        assert await peer.count("posts") == 1


@pytest.mark.parametrize(
    "body",
    [
        b'{"@context":{"summary":"as:actor"},"id":"BOB/a","type":"Create","summary":"BOB","object":NOTE}',
        b'{"id":"BOB/a","type":"Create","actor":"EVE","actor":"BOB","object":NOTE}',
        b'{"id":"BOB/a","@id":"EVE/a","type":"Create","actor":"BOB","object":NOTE}',
        b'{"id":"BOB/a","type":"Create","@type":"Delete","actor":"BOB","object":NOTE}',
    ],
)
async def test_S16_tricks_with_names_are_malformed(tmp_path, body):
    async with story(tmp_path) as (peer, home, _, bob):
        note = b'{"id":"BOB/1","type":"Note","attributedTo":"BOB","content":"x","to":["as:Public"]}'
        eve = f"{home.url}/users/eve"
        written = body.replace(b"NOTE", note).replace(b"BOB", bob.encode()).replace(b"EVE", eve.encode())
        assert await peer.send_bytes(signer(bob, OLD), written) == 400
        assert await peer.count("inbox_rows") == 0


async def test_S16_a_context_is_never_fetched(tmp_path):
    async with story(tmp_path) as (peer, _home, elsewhere, bob):
        context_at = f"{elsewhere.url}/context"
        assert await peer.send_as(signer(bob, OLD), create(bob, 1, **{"@context": [context_at]})) == 202
        assert (elsewhere.server.requests, await peer.count("posts")) == ([], 1)


async def test_S15_a_signature_inside_the_document_gives_no_right(tmp_path):
    async with story(tmp_path) as (peer, _, elsewhere, bob):
        carol = elsewhere.actor("carol", MALLORYS)
        signature = {"type": "RsaSignature2017", "creator": uris.main_key(carol), "signatureValue": "AAAA"}
        forwarded = create(carol, 1, signature=signature)
        assert await peer.send_as(signer(bob, OLD), forwarded) == 403
        assert await peer.send_as(signer(bob, OLD), {"@graph": [forwarded], **create(bob, 2)}) == 202
        assert await peer.count("posts") == 1
        assert elsewhere.asked == []
