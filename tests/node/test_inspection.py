"""What an administrator learns about a server that does not talk to us, and that looking leaves nothing behind."""

import contextlib
import json
import logging
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from federation import keys, message_signatures, proofs, render, signatures
from federation.signatures import SignedRequest
from moderation import members
from node import cli
from node.context import Context
from node.domain import uris
from node.domain.times import iso
from node.effects import accounts as account_effects
from node.inspection import captured, fetched, received
from node.store import accounts
from outbox import organisation
from tests.benchmarks.setting import follows, with_members
from tests.inbox.peer import Peer
from tests.nodes import context, stranger
from tests.servers import Origin, http, origin, redirect

PAIR, OTHER = keys.generate_rsa(), keys.generate_rsa()
PROOF, OTHER_PROOF = keys.generate_ed25519(), keys.generate_ed25519()
SCHEMES = pytest.mark.parametrize("scheme", [signatures, message_signatures], ids=["draft", "RFC 9421"])
_DAY = 86_400_000
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


@dataclass
class Story:
    """A node with ada, and another server of its organisation with bob, whom the node never met."""

    ctx: Context
    home: Origin
    bob: str
    ada: str

    def create(self, **more: Any) -> dict[str, Any]:
        note = {
            "id": f"{self.bob}/posts/1",
            "type": "Note",
            "attributedTo": self.bob,
            "content": "<p>hello</p>",
            "published": iso(self.ctx.clock()),
            "to": [self.ada],
            "cc": [f"{self.bob}/followers"],
        }
        return render.document(
            {"id": f"{self.bob}/activities/1", "type": "Create", "actor": self.bob, "object": note | more}
        )

    def capture(
        self,
        scheme=signatures,
        document: Any = None,
        *,
        pair=PAIR,
        key_id="",
        age=0,
        target="/inbox",
        drop=(),
        **change: str,
    ) -> bytes:
        """Return a request as it would be captured; `change` writes a header anew after it was signed."""
        body = document if isinstance(document, bytes) else orjson.dumps(document or self.create())
        headers = scheme.sign(
            "POST",
            self.ctx.settings.url + target,
            body,
            signer=keys.Signer(key_id or uris.main_key(self.bob), pair.private),
            now=self.ctx.clock() - age,
            content_type="application/activity+json",
        )
        headers |= {"Content-Length": str(len(body))} | {name.replace("_", "-"): text for name, text in change.items()}
        lines = [f"{name}: {value}" for name, value in headers.items() if name not in drop]
        return "\r\n".join([f"POST {target} HTTP/1.1", *lines, "", ""]).encode() + body

    async def inspect(self, raw: bytes) -> "Seen":
        return Seen(await self.unchanged(received.inspect(self.ctx, raw)))

    async def fetch(self, what: str) -> "Seen":
        return Seen(await self.unchanged(fetched.fetch(self.ctx, what)))

    async def unchanged(self, work):
        """Return what `work` returns; fail when any row of the database is another afterwards."""
        before = await self.rows()
        found = await work
        assert await self.rows() == before
        return found

    async def rows(self):
        async with self.ctx.db.read() as tx:
            names = [row["name"] for row in await tx.all(_TABLES)]
            return {name: sorted(map(repr, map(tuple, await tx.all(f"SELECT * FROM {name}")))) for name in names}


class Seen:
    """The steps of an inspection."""

    def __init__(self, steps):
        self.steps = steps

    @property
    def accepted(self) -> bool:
        assert self.steps[-1].step == "verdict"
        return self.steps[-1].ok

    @property
    def failed(self) -> set[str]:
        return {one.step for one in self.steps[:-1] if not one.ok}

    def __getitem__(self, step: str) -> str:
        return "\n".join(one.what for one in self.steps if one.step == step)


@contextlib.asynccontextmanager
async def story(folder, *hosts):
    async with context(folder) as ctx, origin() as home:
        await with_members(ctx, [home.host, *hosts])
        ada = await members.add(ctx, username="ada", password="correct horse battery")
        bob = home.actor("bob", PAIR)
        yield Story(ctx, home, bob, ada.uri)


def vouched(document, pair, bob):
    return proofs.attach(document, key=pair.private, key_id=uris.proof_key(bob), created=1_767_603_600_000)


def listing(home, pair, bob):
    method = {
        "id": uris.proof_key(bob),
        "type": "Multikey",
        "controller": bob,
        "publicKeyMultibase": keys.multikey(pair.private.public_key()),
    }
    home.documents["/users/bob"]["assertionMethod"] = [method]


# Captured requests


@SCHEMES
async def test_a_request_in_order_is_followed_to_its_effect(tmp_path, scheme):
    async with story(tmp_path) as one:
        seen = await one.inspect(one.capture(scheme))
        assert (seen.failed, seen.accepted) == (set(), True)
        assert "RSA with 2048 bits, fetched" in seen["key"]
        assert one.bob in seen["key"]
        assert "202" in seen["answer"]
        assert "read as followers" in seen["audience"]
        assert "inbox/handlers/create.py keeps it" in seen["effect"]
        assert " s ago." in seen["clock"]
        assert len([path for path in one.home.asked if path == "/users/bob"]) == 1
        # Now that the node knows bob, the key is here.
        await Peer(one.ctx, None).account_of(one.home.documents["/users/bob"])
        assert "stored here" in (await one.inspect(one.capture(scheme)))["key"]


@SCHEMES
async def test_the_text_that_was_signed_is_told_to_the_byte(tmp_path, scheme):
    async with story(tmp_path) as one:
        raw = one.capture(scheme)
        request = captured.read(raw)
        claim = (
            scheme.read(
                request, authority=one.ctx.settings.authority, now=one.ctx.clock(), limits=one.ctx.settings.limits
            )
            if scheme is signatures
            else scheme.read(request, base=one.ctx.settings.url, now=one.ctx.clock(), limits=one.ctx.settings.limits)
        )
        text = claim.texts[0] if scheme is signatures else claim.text
        assert (await one.inspect(raw))["signature base"] == text.decode()


@SCHEMES
async def test_another_key_is_told_from_everything_else(tmp_path, scheme):
    async with story(tmp_path) as one:
        seen = await one.inspect(one.capture(scheme, pair=OTHER))
        assert (seen.failed, seen.accepted) == ({"verified", "answer"}, False)
        assert "401" in seen["answer"]
        assert "keeps it" in seen["effect"]


@SCHEMES
async def test_a_key_that_was_changed_is_found_out(tmp_path, scheme):
    async with story(tmp_path) as one:
        await Peer(one.ctx, None).account_of(one.home.documents["/users/bob"])
        one.home.documents["/users/bob"]["publicKey"]["publicKeyPem"] = OTHER.public_pem
        seen = await one.inspect(one.capture(scheme, pair=OTHER))
        assert (seen.failed, seen.accepted) == (set(), True)
        assert "it was changed" in seen["verified"]


async def test_a_missing_digest_is_named_and_what_it_has_to_be(tmp_path):
    async with story(tmp_path) as one:
        document = one.create()
        seen = await one.inspect(one.capture(document=document, drop=("Digest",)))
        assert {"digest", "signature base", "verified", "answer"} == seen.failed
        assert "There is no header digest" in seen["digest"]
        assert signatures.digest(orjson.dumps(document)) in seen["digest"]
        assert "Not there: digest." in seen["signature base"]
        unsigned = signatures.sign(
            "POST", one.ctx.settings.url + "/inbox", None,
            signer=keys.Signer(uris.main_key(one.bob), PAIR.private), now=one.ctx.clock(),
        )  # fmt: skip
        raw = "\r\n".join(["POST /inbox HTTP/1.1", *[f"{name}: {text}" for name, text in unsigned.items()], "", ""])
        seen = await one.inspect(raw.encode() + orjson.dumps(one.create()))
        assert {"coverage", "digest", "answer"} == seen.failed
        assert "Missing: digest." in seen["coverage"]
        assert "confirms" in seen["verified"]


async def test_a_missing_content_digest_is_named(tmp_path):
    async with story(tmp_path) as one:
        seen = await one.inspect(one.capture(message_signatures, drop=("Content-Digest",)))
        assert {"digest", "signature base", "verified", "answer"} == seen.failed
        assert "Not there: content-digest." in seen["signature base"]


@SCHEMES
async def test_an_old_date_is_the_only_thing_wrong(tmp_path, scheme):
    async with story(tmp_path) as one:
        seen = await one.inspect(one.capture(scheme, age=3 * _DAY))
        assert (seen.failed, seen.accepted) == ({"clock", "answer"}, False)
        assert "made 3 days ago" in seen["clock"]
        assert "Only its age is wrong" in seen["verdict"]
        assert "confirms" in seen["verified"]


@SCHEMES
async def test_a_swapped_body_is_told_beside_a_signature_that_holds(tmp_path, scheme):
    async with story(tmp_path) as one:
        raw = one.capture(scheme)
        assert raw.count(b"hello") == 1
        seen = await one.inspect(raw.replace(b"hello", b"HELLO"))
        assert (seen.failed, seen.accepted) == ({"digest", "answer"}, False)
        assert "by this body it has to be" in seen["digest"]
        assert "confirms" in seen["verified"]


@SCHEMES
async def test_a_signature_for_another_host_and_a_stale_date_are_told_at_once(tmp_path, scheme):
    async with story(tmp_path) as one:
        seen = await one.inspect(one.capture(scheme, age=_DAY, Host="other.example"))
        assert {"host", "clock", "answer"} <= seen.failed
        assert "other.example" in seen["host"]
        assert "421" in seen["answer"]


async def test_a_suspended_sender_is_told_of(tmp_path):
    async with story(tmp_path) as one:
        bob = await Peer(one.ctx, None).account_of(one.home.documents["/users/bob"])
        async with one.ctx.change() as change:
            await account_effects.suspend(change, bob)
        seen = await one.inspect(one.capture())
        assert (seen.failed, seen.accepted) == ({"owner", "effect", "answer"}, False)
        assert "confirms" in seen["verified"]


@SCHEMES
async def test_the_key_of_another_gives_no_right(tmp_path, scheme):
    async with story(tmp_path) as one:
        carol = one.home.actor("carol", OTHER)
        seen = await one.inspect(one.capture(scheme, pair=OTHER, key_id=uris.main_key(carol)))
        assert (seen.failed, seen.accepted) == ({"origin", "answer"}, False)
        assert carol in seen["origin"]
        assert "hearsay" in seen["origin"]
        assert "confirms" in seen["verified"]


async def test_a_key_document_that_lies_about_its_owner_is_refused(tmp_path):
    async with story(tmp_path) as one:
        one.home.documents["/users/bob"]["publicKey"]["owner"] = f"{one.home.url}/users/carol"
        seen = await one.inspect(one.capture())
        assert {"key", "verified", "answer"} <= seen.failed
        assert not seen.accepted


@SCHEMES
async def test_a_stranger_is_told_how_to_be_let_in_and_is_not_asked_for_its_key(tmp_path, scheme):
    async with story(tmp_path) as one, origin() as outside:
        mallory = outside.actor("mallory", OTHER)
        document = orjson.loads(orjson.dumps(one.create()).replace(one.bob.encode(), mallory.encode()))
        raw = one.capture(scheme, document, pair=OTHER, key_id=uris.main_key(mallory))
        seen = await one.inspect(raw)
        assert {"member", "key", "verified", "answer"} <= seen.failed
        assert f"allmende org admit {outside.host}" in seen["member"]
        assert "403" in seen["answer"]
        assert not seen.accepted
        assert outside.asked == []


@SCHEMES
async def test_an_object_of_another_author_is_refused_and_the_rest_is_told(tmp_path, scheme):
    async with story(tmp_path) as one:
        seen = await one.inspect(one.capture(scheme, one.create(attributedTo=f"{one.home.url}/users/carol")))
        assert (seen.failed, seen.accepted) == ({"activity", "answer"}, False)
        assert "not the actor's own" in seen["activity"]
        assert "own" in seen["origin"]


@SCHEMES
@pytest.mark.parametrize("body", [b'{"type": "Create", "type": "Note"}', b"{", b'{"a": NaN}', b"[" * 100 + b"]" * 100])
async def test_what_is_no_json_is_told_beside_a_signature_that_holds(tmp_path, scheme, body):
    async with story(tmp_path) as one:
        seen = await one.inspect(one.capture(scheme, body))
        assert (seen.failed, seen.accepted) == ({"JSON", "answer"}, False)
        assert "400" in seen["answer"]


async def test_a_proof_that_holds_stands_in_for_the_signer_and_one_that_fails_is_fatal(tmp_path):
    async with story(tmp_path) as one:
        listing(one.home, PROOF, one.bob)
        carol = one.home.actor("carol", OTHER)
        good = vouched(one.create(), PROOF, one.bob)
        seen = await one.inspect(one.capture(document=good, pair=OTHER, key_id=uris.main_key(carol)))
        assert (seen.failed, seen.accepted) == (set(), True)
        assert "It holds" in seen["proof"]
        assert "proven" in seen["origin"]
        for bad in (vouched(one.create(), OTHER_PROOF, one.bob), good | {"id": f"{one.bob}/activities/2"}):
            seen = await one.inspect(one.capture(document=bad))
            assert {"proof", "origin", "answer"} == seen.failed
            assert "The proof does not hold." in seen["proof"]
            assert not seen.accepted


async def test_a_proof_nobody_can_check_counts_for_nothing(tmp_path):
    async with story(tmp_path) as one:
        seen = await one.inspect(one.capture(document=vouched(one.create(), PROOF, one.bob)))
        assert (seen.failed, seen.accepted) == ({"proof"}, True)
        other = one.create() | {"proof": {"type": "Ed25519Signature2020", "proofValue": "z"}}
        seen = await one.inspect(one.capture(document=other))
        assert (seen.failed, seen.accepted) == (set(), True)
        assert "counts for nothing" in seen["proof"]


async def test_what_the_handler_would_refuse_is_told(tmp_path):
    async with story(tmp_path) as one:
        follow = {"id": f"{one.bob}/follows/1", "type": "Follow", "actor": one.bob}
        seen = await one.inspect(one.capture(document=follow | {"object": f"{one.ctx.settings.url}/users/nobody"}))
        assert (seen.failed, seen.accepted) == ({"effect"}, False)
        assert "inbox/handlers/follow.py: There is nobody here to follow" in seen["effect"]
        seen = await one.inspect(one.capture(document=follow | {"object": one.ada}))
        assert (seen.failed, seen.accepted) == (set(), True)
        unmeant = one.create(to=[f"{one.bob}/followers"], cc=[])
        seen = await one.inspect(one.capture(document=unmeant))
        assert (seen.failed, seen.accepted) == ({"effect"}, False)
        assert "nobody here is meant" in seen["effect"]


async def test_what_an_activity_needs_is_fetched_as_the_node_would(tmp_path):
    async with story(tmp_path) as one:
        peer = Peer(one.ctx, None)
        bob = await peer.account_of(one.home.documents["/users/bob"])
        async with one.ctx.db.read() as tx:
            ada = await accounts.by_uri(tx, one.ada)
        await follows(one.ctx, ada, bob)
        one.home.documents["/users/bob/posts/1"] = one.create()["object"] | {"to": ["as:Public"]}
        announce = {"id": f"{one.bob}/boosts/1", "type": "Announce", "actor": one.bob, "object": f"{one.bob}/posts/1"}
        seen = await one.inspect(one.capture(document=announce | {"to": [f"{one.bob}/followers"]}))
        assert (seen.failed, seen.accepted) == (set(), True)
        assert "/users/bob/posts/1" in one.home.asked
        waits = announce | {"object": f"{one.bob}/posts/2"}
        seen = await one.inspect(one.capture(document=waits))
        assert "lets it wait" in seen["effect"]


async def test_what_another_server_handed_on_is_asked_for_at_its_origin(tmp_path):
    async with origin() as third, story(tmp_path, third.host) as one:
        carol = third.actor("carol", OTHER)
        document = one.create(cc=[f"{carol}/followers"])
        raw = one.capture(document=document, pair=OTHER, key_id=uris.main_key(carol))
        one.home.documents["/users/bob/posts/1"] = document["object"]
        seen = await one.inspect(raw)
        assert (seen.failed, seen.accepted) == (set(), True)
        assert "hearsay" in seen["origin"]
        assert "The origin is asked. It has it." in seen["effect"]
        del one.home.documents["/users/bob/posts/1"]
        seen = await one.inspect(raw)
        assert (seen.failed, seen.accepted) == ({"effect"}, False)


async def test_the_answer_to_an_invitation_is_understood_though_its_sender_is_no_member_yet(tmp_path):
    async with context(tmp_path) as ctx, origin() as home:
        await organisation.create(ctx, "Looms")
        _, secret = organisation._read_code(await organisation.invite(ctx))
        newcomer = uris.node(home.url)
        home.actor("actor", PAIR)
        text = orjson.dumps(home.documents["/users/actor"]).replace(b"/users/actor", b"/actor")
        home.documents["/actor"] = orjson.loads(text)
        answer = {
            "id": f"{home.url}/activities/1",
            "type": "Accept",
            "actor": newcomer,
            "object": f"{uris.organisation(ctx.settings.url)}/invitations/{secret}",
        }
        one = Story(ctx, home, newcomer, "")
        raw = one.capture(document=render.document(answer), target="/organization/inbox")
        seen = await one.inspect(raw)
        assert "lets the node into the organisation" in seen["effect"]
        assert seen.accepted
        assert not (await one.inspect(raw.replace(secret.encode(), b"x" * len(secret)))).accepted


async def test_either_kind_of_database_is_left_as_it_was(tmp_path, database):
    async with context(tmp_path, database=database) as ctx, origin() as home:
        peer = await Peer.known_to(ctx, hosts=[home.host])
        ada = await members.add(ctx, username="ada", password="correct horse battery")
        bob = home.actor("bob", PAIR)
        one = Story(ctx, home, bob, ada.uri)
        home.documents["/users/bob/posts/1"] = one.create()["object"]
        tables = ("accounts", "keys", "posts", "inbox_rows", "notifications", "mentions")
        before = [await peer.count(table) for table in tables]
        assert Seen(await received.inspect(ctx, one.capture())).accepted
        assert Seen(await fetched.fetch(ctx, f"bob@{home.host}")).accepted
        assert Seen(await fetched.fetch(ctx, f"{bob}/posts/1")).accepted
        assert [await peer.count(table) for table in tables] == before


async def test_a_signed_question_for_a_document_is_looked_at_too(tmp_path):
    async with story(tmp_path) as one:
        headers = signatures.sign(
            "GET", one.ada, None, signer=keys.Signer(uris.main_key(one.bob), PAIR.private), now=one.ctx.clock()
        )
        lines = [f"{name}: {text}" for name, text in (headers | {"Accept": "application/activity+json"}).items()]
        seen = await one.inspect("\n".join(["GET /users/ada HTTP/1.1", *lines, "", ""]).encode())
        assert (seen.failed, seen.accepted) == (set(), True)
        assert "200" in seen["answer"]


async def test_the_doors_own_checks_count(tmp_path):
    async with story(tmp_path) as one:
        seen = await one.inspect(one.capture(Content_Type="text/plain").replace(b"Content_Type", b"Content-Type"))
        assert "415" in seen["answer"]
        seen = await one.inspect(one.capture(target="/users/nobody/inbox"))
        assert (seen.failed, "404" in seen["answer"]) == ({"answer"}, True)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"hello", "first line"),
        (b"POST /inbox HTTP/1.1\r\nno header here\r\n\r\n{}", "Line 2"),
        (b"POST /inbox HTTP/1.1\r\nContent-Length: 9\r\n\r\n{}", "cut off"),
        (b"", "first line"),
    ],
)
async def test_what_is_no_request_is_told(tmp_path, raw, said):
    async with story(tmp_path) as one:
        seen = await one.inspect(raw)
        assert (seen.failed, seen.accepted) == ({"request"}, False)
        assert said in seen["request"]


def test_a_capture_is_read_whatever_an_editor_made_of_its_line_ends():
    for end in (b"\r\n", b"\n"):
        raw = end.join(
            [b"post https://node.example/inbox?x=1 HTTP/1.1", b"Host: node.example", b"Content-Length: 2", b"", b"{}\n"]
        )
        assert captured.read(raw) == SignedRequest(
            "POST", "/inbox?x=1", [("Host", "node.example"), ("Content-Length", "2")], b"{}"
        )


async def test_a_request_without_a_signature_is_told_so(tmp_path):
    async with story(tmp_path) as one:
        seen = await one.inspect(one.capture(drop=("Signature",)))
        assert (seen.failed, seen.accepted) == ({"signature", "origin", "answer"}, False)
        assert "keeps it" in seen["effect"]


@pytest.mark.parametrize("created", ["nan", "inf", "soon", ""])
async def test_a_time_that_is_none_is_malformed(tmp_path, created):
    async with story(tmp_path) as one:
        signature = (
            f'keyId="{uris.main_key(one.bob)}",algorithm="hs2019",created="{created}",'
            'headers="(request-target) (created) host digest",signature="eA=="'
        )
        seen = await one.inspect(one.capture(Signature=signature))
        assert {"clock", "verified", "answer"} == seen.failed
        assert "400" in seen["answer"]


# JSON alone


async def test_json_alone_is_taken_as_its_actors_own(tmp_path):
    async with story(tmp_path) as one:
        for document in (one.create(), one.create()["object"], one.home.documents["/users/bob"]):
            seen = await one.inspect(b"\n" + orjson.dumps(document, option=orjson.OPT_INDENT_2))
            assert (seen.failed, seen.accepted) == (set(), True)
        assert "RSA with 2048 bits" in seen["key"]
        seen = await one.inspect(
            orjson.dumps(one.create(id=f"{one.home.url}/../posts/1", attributedTo="https://x.example/"))
        )
        assert (seen.failed, seen.accepted) == ({"activity"}, False)


async def test_json_of_a_stranger_is_told_so(tmp_path):
    async with story(tmp_path) as one:
        stranger_document = orjson.dumps(one.create()).replace(one.home.host.encode(), b"stranger.example")
        seen = await one.inspect(stranger_document)
        assert "member" in seen.failed
        assert "proof" not in seen.failed
        assert not seen.accepted


async def test_an_object_without_an_author_is_told_so(tmp_path):
    async with story(tmp_path) as one:
        seen = await one.inspect(b'{"type": "Note", "id": "https://x.example/1"}')
        assert (seen.failed, seen.accepted) == ({"object"}, False)


# Addresses and handles


async def test_a_handle_is_followed_to_the_person(tmp_path):
    async with story(tmp_path) as one:
        listing(one.home, PROOF, one.bob)
        for _ in range(2):
            seen = await one.fetch(f"@bob@{one.home.host}")
            assert (seen.failed, seen.accepted) == (set(), True)
            assert "/.well-known/webfinger?resource=acct" in seen["webfinger"]
            assert seen["self link"] == one.bob
            assert "RSA with 2048 bits" in seen["key"]
            assert "Ed25519" in seen["proof key"]
            assert f"{one.bob}/inbox" in seen["inbox"]
            assert "draft-cavage-12" in seen["asked"]
            # The second time somebody the node knows.
            await Peer(one.ctx, None).account_of(one.home.documents["/users/bob"])
        assert len([path for path in one.home.asked if "webfinger" in path]) == 2


async def test_a_post_is_read_as_its_readers_would_be(tmp_path):
    async with story(tmp_path) as one:
        one.home.documents["/users/bob/posts/1"] = one.create(inReplyTo=f"{one.bob}/posts/0")["object"]
        seen = await one.fetch(f"{one.bob}/posts/1")
        assert (seen.failed, seen.accepted) == (set(), True)
        assert "read as followers" in seen["audience"]
        assert f"bob@{one.home.host}" in seen["author"]
        assert seen["reply"] == f"to {one.bob}/posts/0"
        assert "followers" in seen["kept"]


async def test_a_post_of_an_author_elsewhere_is_refused(tmp_path):
    async with story(tmp_path) as one:
        one.home.documents["/posts/1"] = one.create(id=f"{one.home.url}/posts/1", attributedTo="https://x.example/a")[
            "object"
        ]
        seen = await one.fetch(f"{one.home.url}/posts/1")
        assert {"author", "kept"} == seen.failed
        assert "author is on another server" in seen["kept"]


@pytest.mark.parametrize("handle", ["nobody@{host}", "@nobody@{host}", "bob", "bob@bob@bob", "bob@exa mple", "@"])
async def test_a_handle_that_does_not_exist_is_told_where_it_ends(tmp_path, handle):
    async with story(tmp_path) as one:
        seen = await one.fetch(handle.format(host=one.home.host))
        assert not seen.accepted
        assert seen.failed <= {"handle", "answer"}
        if "nobody" in handle:
            assert "404" in seen["answer"]


async def test_a_finger_that_points_elsewhere_is_told(tmp_path):
    async with story(tmp_path) as one:
        finger = next(path for path in one.home.documents if "webfinger" in path)
        one.home.documents[finger]["links"][0]["href"] = "https://x.example/bob"
        seen = await one.fetch(f"bob@{one.home.host}")
        assert (seen.failed, seen.accepted) == ({"self link"}, False)
        assert "https://x.example/bob" in seen["self link"]
        carol = one.home.actor("carol", OTHER)
        one.home.documents[finger]["links"][0]["href"] = carol
        seen = await one.fetch(f"bob@{one.home.host}")
        assert (seen.failed, seen.accepted) == ({"name"}, False)


@pytest.mark.parametrize("label", ["application/json", "text/html", ""])
async def test_a_document_with_another_label_is_not_read(tmp_path, label):
    async with story(tmp_path) as one:
        body = orjson.dumps(one.home.documents["/users/bob"])
        one.home.server.answer = lambda _: http(body, *([f"Content-Type: {label}"] if label else []))
        seen = await one.fetch(one.bob)
        assert (seen.failed, seen.accepted) == ({"content type"}, False)
        assert "application/activity+json" in seen["content type"]


async def test_an_id_that_is_not_its_address_is_told(tmp_path):
    async with story(tmp_path) as one:
        one.home.documents["/alias"] = one.home.documents["/users/bob"] | {"id": "https://x.example/users/bob"}
        seen = await one.fetch(f"{one.home.url}/alias")
        assert (seen.failed, seen.accepted) == ({"id"}, False)
        assert "another server" in seen["id"]
        # On the same server it is asked for once more, and counts.
        one.home.documents["/alias"] = one.home.documents["/users/bob"]
        seen = await one.fetch(f"{one.home.url}/alias")
        assert (seen.failed, seen.accepted) == (set(), True)
        assert seen["asked"].count("GET ") == 2


async def test_a_redirect_to_a_stranger_is_told_and_not_followed(tmp_path):
    async with story(tmp_path) as one, stranger() as outside:
        one.home.server.answer = lambda _: redirect(f"http://{outside.host}/users/bob")
        seen = await one.fetch(one.bob)
        assert (seen.failed, seen.accepted) == ({"answer"}, False)
        assert f"redirects to {outside.host}, which is no member" in seen["answer"]
        assert outside.connections == 0


async def test_a_redirect_within_the_organisation_is_told(tmp_path):
    async with story(tmp_path) as one:
        plain = one.home.answer
        one.home.server.answer = lambda request: redirect(one.bob) if request.path == "/@bob" else plain(request)
        seen = await one.fetch(f"{one.home.url}/@bob")
        assert (seen.failed, seen.accepted) == (set(), True)
        assert f"A redirect leads on: GET {one.bob}" in seen["asked"]


async def test_a_stranger_is_not_asked(tmp_path):
    async with story(tmp_path) as one, stranger() as outside:
        for what in (f"http://{outside.host}/users/eve", f"eve@{outside.host}"):
            seen = await one.fetch(what)
            assert (seen.failed, seen.accepted) == ({"member"}, False)
        assert outside.connections == 0


async def test_what_the_network_says_is_told(tmp_path):
    async with stranger() as hangs_up, story(tmp_path, hangs_up.host) as one:
        seen = await one.fetch(f"http://{hangs_up.host}/users/eve")
        assert (seen.failed, seen.accepted) == ({"answer"}, False)
        assert "did not answer as a server should (" in seen["answer"]


async def test_the_second_way_of_signing_is_told(tmp_path):
    async with story(tmp_path) as one:
        plain = one.home.answer
        one.home.server.answer = lambda request: (
            plain(request) if "signature-input" in request.headers else http(b"", status="401 No")
        )
        seen = await one.fetch(one.bob)
        assert (seen.failed, seen.accepted) == (set(), True)
        assert "draft-cavage-12" in seen["asked"]
        assert "once more, signed after RFC 9421" in seen["asked"]
        one.home.server.answer = lambda _: http(b"", status="401 No")
        seen = await one.fetch(one.bob)
        assert (seen.failed, seen.accepted) == ({"status"}, False)
        assert "clocks" in seen["status"]


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({"inbox": "https://x.example/inbox"}, {"actor", "kept"}),
        ({"publicKey": []}, {"key"}),
        ({"publicKey": {"id": "k", "owner": "https://x.example/a", "publicKeyPem": "x"}}, {"key"}),
        ({"preferredUsername": "b o b"}, {"actor", "kept"}),
        ({"type": "OrderedCollection"}, {"kept"}),
        ({"type": "Tombstone"}, {"kept"}),
        ({"type": "Create"}, {"kept"}),
    ],
)
async def test_what_is_wrong_with_an_actor_is_named(tmp_path, change, failed):
    async with story(tmp_path) as one:
        one.home.documents["/users/bob"] |= change
        seen = await one.fetch(one.bob)
        assert (seen.failed, seen.accepted) == (failed, False)


async def test_a_key_too_short_is_told(tmp_path):
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    async with story(tmp_path) as one:
        short = keys._pem(generate_private_key(public_exponent=65_537, key_size=1024).public_key())
        one.home.documents["/users/bob"]["publicKey"]["publicKeyPem"] = short
        seen = await one.fetch(one.bob)
        assert (seen.failed, "2048" in seen["key"]) == ({"key"}, True)


async def test_the_key_of_an_address_with_a_fragment_is_its_owners(tmp_path):
    async with story(tmp_path) as one:
        seen = await one.fetch(uris.main_key(one.bob))
        assert (seen.failed, seen.accepted) == (set(), True)
        assert f"that of {one.bob}" in seen["kept"]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://peer.example/users/bob", "only https"),
        ("https://peer.example:8443/users/bob", "not listed"),
        ("https://10.1.2.3/users/bob", "10.1.2.3 is forbidden"),
        ("https://[::1]/users/bob", "::1 is forbidden"),
        ("https://nowhere.invalid/users/bob", "no address"),
    ],
)
async def test_the_guard_says_what_it_forbids(tmp_path, address, said):
    async with context(tmp_path, url="https://here.example") as ctx:
        await with_members(ctx, ["peer.example", "peer.example:8443", "10.1.2.3", "[::1]", "nowhere.invalid"])
        seen = Seen(await fetched.fetch(ctx, address))
        assert ("guard" in seen.failed, seen.accepted) == (True, False)
        assert said in seen["guard"]


async def test_nothing_of_a_rehearsal_stands_in_the_log(tmp_path, caplog):
    async with story(tmp_path) as one:
        with caplog.at_level(logging.DEBUG, logger="allmende"):
            await one.inspect(one.capture(pair=OTHER))
        assert [record for record in caplog.records if record.name.startswith("allmende")] == []


# The commands


def test_the_commands_print_each_step_and_end_with_the_verdict(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(cli.main, list(arguments))

    assert run("init", "--url", "http://127.0.0.1:8477", "--development").exit_code == 0
    answer = run("fetch", "bob@stranger.example")
    assert answer.exit_code == 1
    assert "NO  member   stranger.example is no member" in answer.output
    assert answer.output.splitlines()[-1].startswith("NO  verdict  It would not be accepted.")
    url = "http://127.0.0.1:8477/users/x"
    follow = {"id": f"{url}/1", "type": "Follow", "actor": url, "object": f"{url}\x1b[2J"}
    (tmp_path / "activity.json").write_text(json.dumps(follow))
    answer = run("inspect", "activity.json")
    assert (answer.exit_code, "\x1b" in answer.output, "\\u001b" in answer.output) == (1, False, True)
    answer = run("inspect", "activity.json", "--json")
    steps = json.loads(answer.output)
    assert answer.exit_code == 1
    assert [set(one) for one in steps] == [{"step", "ok", "what"}] * len(steps)
    assert (steps[-1]["step"], steps[-1]["ok"]) == ("verdict", False)
    assert run("inspect", "missing.json").exit_code == 2
