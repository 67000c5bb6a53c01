"""What two nodes tell each other of somebody's followers (FEP-8fcf): how they add up, and who may see which."""

import contextlib
import json
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import followers_sync, keys, message_signatures, signatures
from federation.errors import BadSignature
from federation.followers_sync import HEADER
from federation.signatures import SignedRequest
from moderation import members
from node.limits import Limits
from node.store import accounts
from tests.benchmarks.setting import follows, remote
from tests.inbox.peer import PAIR, Peer
from tests.nodes import context

VECTORS = json.loads((Path(__file__).parent.parent / "vectors/followers-sync-fep8fcf.json").read_text())
NOW = 1_767_603_600_000
BASE = "https://b.example"
BOB = "https://a.example/users/bob"
SIGNER = keys.Signer(f"{BOB}#main-key", PAIR.private)
PART = followers_sync.part(BOB, [f"{BASE}/users/ada"])
SCHEMES = {"draft": signatures.sign, "RFC 9421": message_signatures.sign}


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: str(len(case["followers"])))
def test_followers_add_up_as_the_vectors_say_in_any_order(case):
    assert followers_sync.digest(case["followers"]) == case["digest"]
    assert followers_sync.digest(reversed(case["followers"])) == case["digest"]


def test_the_header_reads_as_the_proposal_spells_it():
    followers = VECTORS["cases"][0]["followers"]
    text = followers_sync.part("https://example.org/users/1", followers).text
    assert text == (
        'collectionId="https://example.org/users/1/followers", '
        'url="https://example.org/users/1/followers_synchronization", '
        'digest="c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f"'
    )
    assert followers_sync.parse(text) == followers_sync.part("https://example.org/users/1", followers)


def test_other_spellings_of_a_header_mean_the_same():
    upper = f'digest="{PART.digest.upper()}",url="{PART.url}",expires=1,collectionId="{PART.collection}"'
    assert followers_sync.parse(upper) == PART


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        f'collectionId="{PART.collection}", url="{PART.url}"',
        f'{PART.text}, digest="{PART.digest}"',
        PART.text.replace(PART.digest, PART.digest[1:]),
        PART.text.replace(PART.digest, "g" * 64),
        PART.text.replace(PART.url, "file:///etc/passwd"),
        PART.text.replace(PART.url, "https://a.example@evil.example/"),
        f'collectionId="", url="{PART.url}", digest="{PART.digest}"',
        PART.text + ' , x="' + "x" * 10_000 + '"',
        json.dumps({"type": "Synchronise"}),
    ],
)
def test_what_cannot_be_read_is_no_header(text):
    assert followers_sync.parse(text) is None


_pieces = st.sampled_from(
    ["collectionId", "url", "digest", "=", '"', ",", " ", PART.url, PART.digest, "0", "\x00", "é", "http://[", "//"]
)


@given(st.one_of(st.text(), st.lists(_pieces).map("".join)))
def test_reading_never_raises_and_what_is_read_is_read_again(text):
    found = followers_sync.parse(text)
    assert found is None or followers_sync.parse(found.text) == found


def request(sign, *, drop=(), change=None, more=(), told=PART.text):
    headers = sign("POST", f"{BASE}/inbox", b"{}", signer=SIGNER, now=NOW, more={} if told is None else {HEADER: told})
    headers |= change or {}
    listed = [(name, value) for name, value in headers.items() if name not in drop]
    return SignedRequest("POST", "/inbox", [*listed, *more], b"{}")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_header_is_signed_along_and_cannot_be_changed_on_its_way(scheme):
    made = request(SCHEMES[scheme])
    assert followers_sync.read(made, base=BASE) == PART
    claim(made).verify(PAIR.private.public_key())
    forged = request(SCHEMES[scheme], change={HEADER: PART.text.replace("bob", "eve")})
    with pytest.raises(BadSignature):
        claim(forged).verify(PAIR.private.public_key())
    with pytest.raises(BadSignature):
        claim(request(SCHEMES[scheme], drop=(HEADER,)))


def claim(made):
    if any(name == "Signature-Input" for name, _ in made.headers):
        return message_signatures.read(made, base=BASE, now=NOW, limits=Limits())
    return signatures.read(made, authority="b.example", now=NOW, limits=Limits())


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_header_that_is_not_signed_or_stands_twice_counts_for_nothing(scheme):
    sign = SCHEMES[scheme]
    assert followers_sync.read(request(sign, told=None), base=BASE) is None
    assert followers_sync.read(request(sign, told=None, more=[(HEADER, PART.text)]), base=BASE) is None
    assert followers_sync.read(request(sign, more=[(HEADER.lower(), PART.text)]), base=BASE) is None
    assert followers_sync.read(request(sign, told="garbage"), base=BASE) is None
    assert followers_sync.read(SignedRequest("POST", "/inbox", [(HEADER, PART.text)], b""), base=BASE) is None


# The list


@contextlib.asynccontextmanager
async def story(folder, database=""):
    """A node with ada, whom bob and carol of one member and dan of another follow; eve asks to."""
    async with context(folder, database=database) as ctx:
        peer = await Peer.known_to(ctx, "bob", "carol", "eve", hosts=["127.0.0.1:8496"])
        ada = await members.add(ctx, username="ada", password="correct horse battery")
        for name in ("bob", "carol"):
            await follows(ctx, peer.actors[name], ada)
        await follows(ctx, await remote(ctx, "127.0.0.1:8496", "dan", PAIR), ada)
        await follows(ctx, peer.actors["eve"], ada)
        async with ctx.change() as change:
            await change.tx.run("UPDATE follows SET accepted = 0 WHERE follower_id = :id", id=peer.actors["eve"].id)
        yield ctx, peer, ada


async def get(ctx, peer, ada, by=None):
    url = f"{ada.uri}/followers_synchronization"
    headers = {"Host": ctx.settings.authority}
    if by is not None:
        headers = signatures.sign("GET", url, None, signer=by, now=ctx.clock())
    answer = await peer.client.get(url.removeprefix(ctx.settings.url), headers=headers)
    return answer, orjson.loads(await answer.get_data())


def of(actor, pair=PAIR):
    return keys.Signer(f"{actor.uri}#main-key", pair.private)


async def test_L05_a_node_sees_its_own_followers_of_somebody_and_no_others(tmp_path, database):
    async with story(tmp_path, database) as (ctx, peer, ada):
        bob, carol = peer.actors["bob"], peer.actors["carol"]
        answer, body = await get(ctx, peer, ada, of(bob))
        assert (answer.status_code, answer.content_type.partition(";")[0]) == (200, "application/activity+json")
        assert (body["id"], body["type"]) == (f"{ada.uri}/followers_synchronization", "OrderedCollection")
        assert (body["orderedItems"], body["totalItems"]) == ([bob.uri, carol.uri], 2)
        async with ctx.db.read() as tx:
            dan = await accounts.by_uri(tx, "http://127.0.0.1:8496/users/dan")
        assert (await get(ctx, peer, ada, of(dan)))[1]["orderedItems"] == [dan.uri]
        async with ctx.change() as change:
            await change.tx.run("UPDATE accounts SET suspended_at = 1 WHERE id = :id", id=carol.id)
        assert (await get(ctx, peer, ada, of(bob)))[1]["orderedItems"] == [bob.uri]


async def test_S17_strangers_and_the_unsigned_do_not_see_the_list(tmp_path):
    async with story(tmp_path) as (ctx, peer, ada):
        stranger = keys.Signer("https://nobody.example/users/x#main-key", PAIR.private)
        forged = of(peer.actors["bob"], keys.generate_rsa())
        found = [await get(ctx, peer, ada, by) for by in (None, stranger, forged)]
        assert [answer.status_code for answer, _ in found] == [401, 403, 401]
        assert not any("orderedItems" in body for _, body in found)


async def test_nobodys_list_is_not_there(tmp_path):
    async with story(tmp_path) as (ctx, peer, ada):
        bob = of(peer.actors["bob"])
        async with ctx.change() as change:
            await change.tx.run("UPDATE accounts SET suspended_at = 1 WHERE id = :id", id=ada.id)
        assert (await get(ctx, peer, ada, bob))[0].status_code == 404
