"""Two ways to sign: the one a server takes is found by knocking twice, and remembered."""

import orjson

from federation import keys, message_signatures, render, signatures
from federation.schemes import Schemes
from federation.wire import ACTIVITY
from node.limits import Limits
from node.ports import Scheme
from tests.federation.test_wire import client, fetch
from tests.inbox.peer import PAIR, Peer
from tests.inbox.test_keys import OLD, create, signer, story
from tests.nodes import context
from tests.servers import document, http, serving

SIGNER = keys.Signer("https://a.example/users/ada#main-key", PAIR.private)
PUBLIC = keys.load_public(PAIR.public_pem)


def sign(method, url, body, /, scheme=Scheme.DRAFT):
    kind = message_signatures if scheme is Scheme.RFC9421 else signatures
    return kind.sign(method, url, body, signer=SIGNER, now=1_800_000_000_000)


def only(scheme, answer):
    """A server that takes one scheme."""
    return lambda request: answer if ("signature-input" in request.headers) == (scheme is Scheme.RFC9421) else NO


NO = http(b"", status="401 Unauthorized")


async def test_a_server_that_knows_the_rfc_only_is_knocked_at_twice_once():
    async with client() as wire, serving(only(Scheme.RFC9421, http(b"", status="202 Accepted"))) as server:
        for _ in range(3):
            reply = await wire.post(server.url("/inbox"), b"{}", content_type=ACTIVITY, sign=sign)
            assert reply.status == 202
        assert ["signature-input" in request.headers for request in server.requests] == [False, True, True, True]
        claim = message_signatures.read(
            signatures.SignedRequest("POST", "/inbox", list(server.requests[-1].headers.items()), b"{}"),
            base=server.url("").rstrip("/"),
            now=1_800_000_000_000,
            limits=Limits(),
        )
        claim.verify(PUBLIC)


async def test_a_server_that_knows_the_draft_only_is_knocked_at_once():
    async with client() as wire, serving(only(Scheme.DRAFT, document())) as server:
        for _ in range(3):
            assert (await fetch(wire, server.url(), sign=sign)).status == 200
        assert len(server.requests) == 3


async def test_a_server_that_changes_its_mind_is_followed():
    async with client() as wire, serving(only(Scheme.RFC9421, document())) as server:
        assert (await fetch(wire, server.url(), sign=sign)).status == 200
        server.answer = only(Scheme.DRAFT, document())
        assert (await fetch(wire, server.url(), sign=sign)).status == 200
        assert (await fetch(wire, server.url(), sign=sign)).status == 200
        assert len(server.requests) == 5


async def test_a_server_that_takes_neither_is_asked_twice_once_in_ten_minutes():
    async with client() as wire, serving(lambda _: NO) as server:
        for _ in range(5):
            assert (await fetch(wire, server.url(), sign=sign)).status == 401
        assert len(server.requests) == 6


async def test_who_does_not_sign_knocks_once():
    async with client() as wire, serving(lambda _: NO) as server:
        assert (await fetch(wire, server.url())).status == 401
        assert len(server.requests) == 1


def test_what_was_found_is_forgotten_after_a_week_and_bounded():
    now = [0.0]
    schemes = Schemes(hosts=10, seconds=lambda: now[0])
    schemes.took("a.example", Scheme.RFC9421)
    assert schemes.order("a.example") == (Scheme.RFC9421, Scheme.DRAFT)
    now[0] += 8 * 86_400
    assert schemes.order("a.example") == (Scheme.DRAFT, Scheme.RFC9421)
    for number in range(1_000):
        schemes.took(f"{number}.example", Scheme.DRAFT)
    assert len(schemes) == 10


async def test_both_schemes_are_taken_at_our_door(tmp_path):
    async with story(tmp_path) as (peer, _home, _, bob):
        ctx = peer.ctx
        for number, kind in enumerate((signatures, message_signatures)):
            body = orjson.dumps(render.document(create(bob, number)))
            url = ctx.settings.url + "/inbox"
            headers = kind.sign("POST", url, body, signer=signer(bob, OLD), now=ctx.clock(), content_type=ACTIVITY)
            assert await peer.deliver(headers, body) == 202
        assert await peer.count("posts") == 2


async def test_S14_a_request_with_both_kinds_of_signature_is_refused(tmp_path):
    async with context(tmp_path) as ctx:
        peer = await Peer.known_to(ctx, "bob")
        url, body = ctx.settings.url + "/inbox", b"{}"
        by = signer(peer.actors["bob"].uri, PAIR)
        both = [kind.sign("POST", url, body, signer=by, now=ctx.clock()) for kind in (signatures, message_signatures)]
        for headers in ({**both[0], **both[1], "Signature": both[0]["Signature"]}, {**both[1], **both[0]}):
            headers["Content-Type"] = ACTIVITY
            assert await peer.deliver(headers, body) in (400, 401)
        assert await peer.count("inbox_rows") == 0
