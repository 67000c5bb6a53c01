"""A quote is shown when the quoted author's own server says that it may be (FEP-044f), and only so long."""

import contextlib

import pytest

from federation import keys
from moderation import members
from node.api.render import status as render
from node.domain.visibility import Visibility
from outbox import posts as commands
from tests.inbox.peer import Peer
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


async def shown(ctx, peer, ada, uri):
    """The quoted post's id, as a client of ada sees it; None when it is only a link."""
    post = await peer.stored(uri)
    async with ctx.db.read() as tx:
        (status,) = await render.statuses(ctx, tx, [post], viewer_id=ada.id)
    quote = status["quote"]
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
        await peer.send_as(keys.Signer(f"{carol}#main-key", PAIR.private), delete)
        assert await shown(ctx, peer, ada, note["id"]) is None


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
        assert request["id"] in bytes(answers[0]["body"]).decode()
