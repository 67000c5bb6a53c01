"""A quote is shown when the quoted author's own server says that it may be (FEP-044f), and only so long."""

import contextlib

import orjson
import pytest

from federation import addressing, keys
from moderation import members
from node.api.render import status as render
from node.domain.visibility import Visibility
from node.store.sealed import read_body
from outbox import posts as commands
from outbox import quotes as quote_commands
from tests.benchmarks.setting import remote
from tests.inbox.peer import HOST, Peer
from tests.inbox.peer import PAIR as PEER_PAIR
from tests.nodes import context
from tests.servers import origin

PAIR = keys.generate_rsa()


@contextlib.asynccontextmanager
async def story(folder):
    """A node whose ada follows bob, and carol's server with a post that bob will quote."""
    async with context(folder) as ctx, origin() as home:
        peer = await Peer.known_to(ctx, "bob", hosts=[home.host])
        ada = await members.add(ctx, username="ada", password="correct horse battery")
        await peer.follower(ada, "bob")
        carol = home.actor("carol", PAIR)
        quoted = f"{carol}/posts/1"
        home.documents["/users/carol/posts/1"] = {
            "id": quoted, "type": "Note", "attributedTo": carol, "content": "<p>Wise</p>", "to": ["as:Public"],
        }  # fmt: skip
        yield ctx, peer, home, ada, quoted


def stamp(home, *, about, target, by="carol", id="1"):
    """Let carol's server have a stamp; return its id."""
    uri = f"{home.url}/users/carol/stamps/{id}"
    home.documents[f"/users/carol/stamps/{id}"] = {
        "id": uri,
        "type": "QuoteAuthorization",
        "attributedTo": f"{home.url}/users/{by}",
        "interactingObject": about,
        "interactionTarget": target,
    }
    return uri


async def seen(ctx, peer, ada, uri):
    """The quote of a post, as a client of ada sees it."""
    post = await peer.stored(uri)
    async with ctx.db.read() as tx:
        (rendered,) = await render.statuses(ctx, tx, [post], viewer_id=ada.id)
    return orjson.loads(orjson.dumps(rendered))["quote"]


async def shown(ctx, peer, ada, uri):
    """The quoted post's id, as a client of ada sees it; None when it is only a link."""
    quote = await seen(ctx, peer, ada, uri)
    return quote and quote["quoted_status"] and quote["quoted_status"]["uri"]


async def quoting(peer, quoted, **more):
    note = peer.note("bob", to=["as:Public"], quote=quoted, **more)
    await peer.send("bob", peer.activity("Create", "bob", note))
    return note["id"]


async def test_a_quote_with_its_authors_stamp_is_shown(tmp_path):
    async with story(tmp_path) as (ctx, peer, home, ada, quoted):
        note = peer.note("bob", to=["as:Public"], quote=quoted)
        note["quoteAuthorization"] = stamp(home, about=note["id"], target=quoted)
        await peer.send("bob", peer.activity("Create", "bob", note))
        assert await shown(ctx, peer, ada, note["id"]) == quoted


async def test_a_quote_without_a_stamp_stays_a_link(tmp_path):
    async with story(tmp_path) as (ctx, peer, _home, ada, quoted):
        uri = await quoting(peer, quoted)
        assert await shown(ctx, peer, ada, uri) is None
        assert (await peer.stored(uri)).quote_uri == quoted


async def test_oneself_may_always_be_quoted(tmp_path):
    async with story(tmp_path) as (ctx, peer, _home, ada, _quoted):
        first = peer.note("bob", to=["as:Public"])
        await peer.send("bob", peer.activity("Create", "bob", first))
        uri = await quoting(peer, first["id"])
        assert await shown(ctx, peer, ada, uri) == first["id"]


@pytest.mark.parametrize("wrong", ["of another post", "for another quote", "by another", "of another server"])
async def test_a_stamp_that_says_something_else_allows_nothing(tmp_path, wrong):
    async with story(tmp_path) as (ctx, peer, home, ada, quoted):
        note = peer.note("bob", to=["as:Public"], quote=quoted)
        right = {"about": note["id"], "target": quoted}
        match wrong:
            case "of another post":
                id = stamp(home, **right | {"target": f"{quoted}0"})
            case "for another quote":
                id = stamp(home, **right | {"about": f"{note['id']}0"})
            case "by another":
                id = stamp(home, **right, by="mallory")
            case "of another server":
                id = f"{peer.actors['bob'].uri}/stamps/1"
        note["quoteAuthorization"] = id
        await peer.send("bob", peer.activity("Create", "bob", note))
        assert await shown(ctx, peer, ada, note["id"]) is None
        assert (await peer.stored(note["id"])).quote_uri == quoted


async def test_a_stamp_that_is_taken_back_ends_the_quote(tmp_path):
    async with story(tmp_path) as (ctx, peer, home, ada, quoted):
        note = peer.note("bob", to=["as:Public"], quote=quoted)
        note["quoteAuthorization"] = stamp(home, about=note["id"], target=quoted)
        await peer.send("bob", peer.activity("Create", "bob", note))
        carol = f"{home.url}/users/carol"
        delete = {"id": f"{carol}#1", "type": "Delete", "actor": carol, "object": note["quoteAuthorization"]}
        assert (await peer.stored(quoted)).quotes == 1
        await peer.send_as(keys.Signer(f"{carol}#main-key", PAIR.private), delete)
        assert await seen(ctx, peer, ada, note["id"]) == {"state": "revoked", "quoted_status": None}
        assert (await peer.stored(quoted)).quotes == 0
        await peer.send("bob", peer.activity("Update", "bob", {**note, "quote": None, "quoteAuthorization": None}))
        assert await seen(ctx, peer, ada, note["id"]) == {"state": "revoked", "quoted_status": None}


async def test_a_stamp_that_comes_later_without_a_newer_date_lets_the_quote_be_shown(tmp_path):
    async with story(tmp_path) as (ctx, peer, home, ada, quoted):
        note = peer.note("bob", to=["as:Public"], quote=quoted)
        await peer.send("bob", peer.activity("Create", "bob", note))
        assert await seen(ctx, peer, ada, note["id"]) == {"state": "pending", "quoted_status": None}
        stamped = note | {"quoteAuthorization": stamp(home, about=note["id"], target=quoted)}
        await peer.send("bob", peer.activity("Update", "bob", stamped))
        assert await shown(ctx, peer, ada, note["id"]) == quoted
        await peer.send("bob", peer.activity("Update", "bob", note))
        assert await shown(ctx, peer, ada, note["id"]) == quoted, "the first version that comes again changes nothing"


@pytest.mark.parametrize(("stamped", "state"), [(True, "revoked"), (False, "rejected")])
async def test_a_quote_that_is_taken_out_is_told_by_its_authors_server(tmp_path, stamped, state):
    async with story(tmp_path) as (ctx, peer, home, ada, quoted):
        note = peer.note("bob", to=["as:Public"], quote=quoted)
        if stamped:
            note["quoteAuthorization"] = stamp(home, about=note["id"], target=quoted)
        await peer.send("bob", peer.activity("Create", "bob", note))
        plain = {name: value for name, value in note.items() if name not in ("quote", "quoteAuthorization")}
        await peer.send("bob", peer.activity("Update", "bob", plain))
        assert await seen(ctx, peer, ada, note["id"]) == {"state": state, "quoted_status": None}
        await peer.send("bob", peer.activity("Create", "bob", note))
        assert await shown(ctx, peer, ada, note["id"]) is None, "nor does it come back with the first version"


async def test_an_edit_without_the_quote_is_one_quote_less(tmp_path):
    async with story(tmp_path) as (ctx, peer, home, ada, quoted):
        note = peer.note("bob", to=["as:Public"], quote=quoted)
        note["quoteAuthorization"] = stamp(home, about=note["id"], target=quoted)
        await peer.send("bob", peer.activity("Create", "bob", note))
        assert (await peer.stored(quoted)).quotes == 1
        edited = note | {"content": "<p>again</p>", "updated": "2099-01-01T00:00:00Z"}
        await peer.send("bob", peer.activity("Update", "bob", edited))
        assert ((await peer.stored(quoted)).quotes, await shown(ctx, peer, ada, note["id"])) == (1, quoted)
        without = {name: edited[name] for name in edited if name not in ("quote", "quoteAuthorization")}
        await peer.send("bob", peer.activity("Update", "bob", without | {"updated": "2099-01-02T00:00:00Z"}))
        assert ((await peer.stored(quoted)).quotes, await shown(ctx, peer, ada, note["id"])) == (0, None)


async def test_a_chain_of_quotes_is_followed_one_step(tmp_path):
    async with story(tmp_path) as (_ctx, peer, home, _ada, quoted):
        home.documents["/users/carol/posts/1"]["quote"] = f"{home.url}/users/carol/posts/2"
        await quoting(peer, quoted)
        assert [path for path in home.asked if "/posts/" in path] == ["/users/carol/posts/1"]


async def test_who_asks_to_quote_a_post_of_ours_is_told_no(tmp_path):
    async with story(tmp_path) as (ctx, peer, _home, ada, _quoted):
        ours = await commands.publish(ctx, ada, commands.Draft(text="Mine", visibility=Visibility.ORGANISATION))
        note = peer.note("bob", to=["as:Public"], quote=ours.uri)
        request = peer.activity("QuoteRequest", "bob", ours.uri, instrument=note)
        assert await peer.send("bob", request) == 202
        async with ctx.db.read() as tx:
            answers = await tx.all("SELECT type, body FROM activities WHERE type = 'Reject'")
        assert len(answers) == 1
        assert request["id"] in read_body(tx, answers[0]["body"]).decode()


async def test_who_asks_to_quote_what_may_be_quoted_gets_a_stamp(tmp_path):
    async with story(tmp_path) as (ctx, peer, _home, ada, _quoted):
        draft = commands.Draft(text="Mine", visibility=Visibility.ORGANISATION, quote_policy="public")
        ours = await commands.publish(ctx, ada, draft)
        document = await peer.get("bob", ours.uri)
        assert document["interactionPolicy"]["canQuote"]["automaticApproval"] == [addressing.PUBLIC]
        note = peer.note("bob", to=["as:Public"], quote=ours.uri)
        request = peer.activity("QuoteRequest", "bob", ours.uri, instrument=note)
        assert await peer.send("bob", request) == 202
        (accept,) = await sent(ctx, "Accept")
        assert accept["object"]["id"] == request["id"]
        stamp = await peer.get("bob", accept["result"])
        assert (stamp["type"], stamp["interactingObject"], stamp["interactionTarget"], stamp["attributedTo"]) == (
            "QuoteAuthorization", note["id"], ours.uri, ada.uri,
        )  # fmt: skip
        await peer.send("bob", peer.activity("Create", "bob", note | {"quoteAuthorization": accept["result"]}))
        assert await shown(ctx, peer, ada, note["id"]) == ours.uri
        assert (await peer.stored(ours.uri)).quotes == 1
        quoting = await peer.stored(note["id"])
        await quote_commands.revoke(ctx, ada, ours.id, quoting.id)
        assert await shown(ctx, peer, ada, note["id"]) is None
        assert (await peer.stored(ours.uri)).quotes == 0
        (delete,) = await sent(ctx, "Delete")
        assert delete["object"]["id"] == accept["result"]


async def test_a_made_up_stamp_of_ours_is_worth_nothing(tmp_path):
    async with story(tmp_path) as (ctx, peer, _home, ada, _quoted):
        draft = commands.Draft(text="Mine", visibility=Visibility.ORGANISATION, quote_policy="public")
        ours = await commands.publish(ctx, ada, draft)
        note = peer.note("bob", to=["as:Public"], quote=ours.uri, quoteAuthorization=f"{ada.uri}/quotes/1")
        await peer.send("bob", peer.activity("Create", "bob", note))
        assert await shown(ctx, peer, ada, note["id"]) is None


async def quoted_by_ada(ctx, peer, ada):
    """Let ada quote a post of bob's who lets everybody; return (her post, our question)."""
    policy = {"canQuote": {"automaticApproval": ["as:Public"]}}
    note = peer.note("bob", to=["as:Public"], interactionPolicy=policy)
    await peer.send("bob", peer.activity("Create", "bob", note))
    theirs = await peer.stored(note["id"])
    draft = commands.Draft(text="See", visibility=Visibility.ORGANISATION, quote_of=theirs.id)
    post = await commands.publish(ctx, ada, draft)
    (request,) = await sent(ctx, "QuoteRequest")
    assert (request["object"], request["instrument"]) == (note["id"], post.uri)
    return post, request


async def test_our_quote_is_shown_when_its_author_says_yes_and_holders_learn_of_it(tmp_path):
    async with story(tmp_path) as (ctx, peer, _home, ada, _quoted):
        post, request = await quoted_by_ada(ctx, peer, ada)
        assert await shown(ctx, peer, ada, post.uri) is None
        stamp = f"{peer.actors['bob'].uri}/stamps/1"
        for _ in range(2):
            await peer.send("bob", peer.activity("Accept", "bob", request["id"], result=stamp))
        assert await shown(ctx, peer, ada, post.uri) == request["object"]
        assert (await peer.stored(request["object"])).quotes == 1
        (update,) = await sent(ctx, "Update")
        assert (update["object"]["quote"], update["object"]["quoteAuthorization"]) == (request["object"], stamp)


@pytest.mark.parametrize("who", ["another", "another server's stamp"])
async def test_only_the_quoted_author_says_yes(tmp_path, who):
    async with story(tmp_path) as (ctx, peer, home, ada, _quoted):
        post, request = await quoted_by_ada(ctx, peer, ada)
        peer.actors["mallory"] = await remote(ctx, HOST, "mallory", PEER_PAIR)
        by = "mallory" if who == "another" else "bob"
        stamp = f"{peer.actors[by].uri}/stamps/1" if who == "another" else f"{home.url}/stamps/1"
        await peer.send(by, peer.activity("Accept", by, request["id"], result=stamp))
        assert await shown(ctx, peer, ada, post.uri) is None


async def test_a_no_takes_the_quote_away_and_leaves_the_words(tmp_path):
    async with story(tmp_path) as (ctx, peer, _home, ada, _quoted):
        post, request = await quoted_by_ada(ctx, peer, ada)
        await peer.send("bob", peer.activity("Reject", "bob", request["id"]))
        after = await peer.stored(post.uri)
        assert (after.quote_uri, after.source) == ("", "See")


async def test_nobody_asks_about_a_post_they_may_not_see(tmp_path):
    async with story(tmp_path) as (ctx, peer, _home, ada, _quoted):
        draft = commands.Draft(text="Mine", visibility=Visibility.UNIT, quote_policy="public")
        ours = await commands.publish(ctx, ada, draft)
        note = peer.note("bob", to=["as:Public"], quote=ours.uri)
        await peer.send("bob", peer.activity("QuoteRequest", "bob", ours.uri, instrument=note))
        assert not await sent(ctx, "Accept")
        assert not await sent(ctx, "Reject")


async def sent(ctx, kind):
    """The activities of ours of a kind, oldest first."""
    async with ctx.db.read() as tx:
        rows = await tx.all("SELECT body FROM activities WHERE type = :kind ORDER BY id", kind=kind)
    return [orjson.loads(read_body(tx, row["body"])) for row in rows]
