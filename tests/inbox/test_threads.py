"""A conversation is completed from where its posts live: in both directions, and never for ever (P05, P06)."""

import contextlib

import pytest

from federation import keys
from inbox import worker
from moderation import members
from node.domain.visibility import Visibility
from node.effects import errands
from node.limits import Limits
from node.store import posts
from outbox import posts as commands
from tests.inbox.peer import Peer
from tests.nodes import context
from tests.servers import origin

PAIR = keys.generate_rsa()


@contextlib.asynccontextmanager
async def story(folder, **limits):
    """A node whose ada follows bob, and carol's server, where conversations are."""
    async with context(folder, limits=Limits(**limits)) as ctx, origin() as home:
        peer = await Peer.known_to(ctx, "bob", hosts=[home.host])
        ada = await members.add(ctx, username="ada", password="correct horse battery")
        await peer.follower(ada, "bob")
        home.actor("carol", PAIR)
        yield ctx, peer, home, ada


def note(home, number, *, answers="", replies=None):
    """Let carol's server have a post; return its id."""
    carol = f"{home.url}/users/carol"
    uri = f"{carol}/posts/{number}"
    made = {"id": uri, "type": "Note", "attributedTo": carol, "content": f"<p>{number}</p>", "to": ["as:Public"]}
    if answers:
        made["inReplyTo"] = answers
    if replies is not None:
        made["replies"] = replies
    home.documents[f"/users/carol/posts/{number}"] = made
    return uri


async def conversation(ctx, ada, uri):
    async with ctx.db.read() as tx:
        post = await posts.by_uri(tx, uri)
        above, below = await posts.thread(tx, post.id, viewer_id=ada.id)
    return [one.uri for one in above], [one.uri for one in below]


def fetched(home):
    return [path for path in home.asked if "/posts/" in path]


async def test_an_answer_brings_what_it_answers_up_to_the_root(tmp_path):
    async with story(tmp_path) as (ctx, peer, home, ada):
        root = note(home, 1)
        middle = note(home, 2, answers=root)
        answer = peer.note("bob", to=["as:Public"], inReplyTo=middle)
        await peer.send("bob", peer.activity("Create", "bob", answer))
        assert await conversation(ctx, ada, answer["id"]) == ([root, middle], [])


async def test_what_answers_the_root_comes_page_by_page(tmp_path):
    async with story(tmp_path) as (ctx, peer, home, ada):
        pages = f"{home.url}/users/carol/posts/1/replies"
        root = note(home, 1, replies={"id": pages, "type": "Collection"})
        others = [note(home, number, answers=root) for number in (2, 3)]
        home.documents["/users/carol/posts/1/replies"] = {
            "id": pages,
            "type": "Collection",
            "first": {"type": "CollectionPage", "items": [], "next": f"{pages}?page=1"},
        }
        home.documents["/users/carol/posts/1/replies?page=1"] = {
            "id": f"{pages}?page=1",
            "type": "CollectionPage",
            "items": others[:1],
            "next": f"{pages}?page=2",
        }
        home.documents["/users/carol/posts/1/replies?page=2"] = {
            "id": f"{pages}?page=2",
            "type": "CollectionPage",
            "items": others[1:],
            "next": f"{pages}?page=1",
        }
        answer = peer.note("bob", to=["as:Public"], inReplyTo=root)
        await peer.send("bob", peer.activity("Create", "bob", answer))
        _, below = await conversation(ctx, ada, root)
        assert sorted(below) == sorted([*others, answer["id"]])


@pytest.mark.parametrize("context", ["tag:somewhere,2026:1", "https://elsewhere.example/contexts/1", 7])
async def test_a_context_that_is_no_list_of_ours_to_read_changes_nothing(tmp_path, context):
    async with story(tmp_path) as (_ctx, peer, home, _ada):
        root = note(home, 1)
        home.documents["/users/carol/posts/1"]["context"] = context
        answer = peer.note("bob", to=["as:Public"], inReplyTo=root)
        await peer.send("bob", peer.activity("Create", "bob", answer))
        assert await peer.stored(root) is not None
        assert fetched(home) == ["/users/carol/posts/1"]


async def test_a_conversation_that_is_listed_as_a_whole_is_read_from_its_list(tmp_path):
    async with story(tmp_path) as (ctx, peer, home, ada):
        root = note(home, 1)
        other = note(home, 2, answers=root)
        id = f"{home.url}/contexts/1"
        home.documents["/users/carol/posts/1"]["context"] = id
        home.documents["/contexts/1"] = {"id": id, "type": "OrderedCollection", "orderedItems": [root, other]}
        answer = peer.note("bob", to=["as:Public"], inReplyTo=root)
        await peer.send("bob", peer.activity("Create", "bob", answer))
        _, below = await conversation(ctx, ada, root)
        assert sorted(below) == sorted([other, answer["id"]])


async def test_who_opens_a_conversation_has_it_completed_but_not_each_time(tmp_path):
    async with story(tmp_path) as (ctx, peer, home, ada):
        pages = f"{home.url}/users/carol/posts/1/replies"
        root = note(home, 1, replies=pages)
        home.documents["/users/carol/posts/1/replies"] = {
            "id": pages,
            "type": "Collection",
            "items": [f"{home.url}/users/carol/posts/2"],
        }
        await peer.send("bob", peer.activity("Announce", "bob", root, to=["as:Public"]))
        other = note(home, 2, answers=root)
        stored = await peer.stored(root)
        before = len(home.asked)
        for _ in range(3):
            await errands.complete_thread(ctx, stored)
            await worker.drain(ctx)
        assert await conversation(ctx, ada, root) == ([], [other])
        assert len(home.asked) == before + 2


async def test_P05_an_endless_chain_of_answers_ends_at_the_limit(tmp_path):
    async with story(tmp_path, thread_depth=5) as (_ctx, peer, home, _ada):
        for number in range(1, 40):
            note(home, number, answers=f"{home.url}/users/carol/posts/{number + 1}")
        answer = peer.note("bob", to=["as:Public"], inReplyTo=f"{home.url}/users/carol/posts/1")
        await peer.send("bob", peer.activity("Create", "bob", answer))
        assert len(fetched(home)) <= 5
        assert await peer.stored(answer["id"]) is not None


async def test_P05_posts_that_answer_each_other_are_visited_once(tmp_path):
    async with story(tmp_path) as (ctx, peer, home, ada):
        first, second = (f"{home.url}/users/carol/posts/{number}" for number in (1, 2))
        note(home, 1, answers=second)
        note(home, 2, answers=first)
        answer = peer.note("bob", to=["as:Public"], inReplyTo=first)
        await peer.send("bob", peer.activity("Create", "bob", answer))
        assert sorted(fetched(home)) == ["/users/carol/posts/1", "/users/carol/posts/2"]
        assert (await conversation(ctx, ada, answer["id"]))[0] != []


async def test_P06_a_list_without_end_costs_what_the_budget_says(tmp_path):
    async with story(tmp_path, thread_objects=10) as (_ctx, peer, home, _ada):
        everything = [f"{home.url}/users/carol/posts/{number}" for number in range(2, 500)]
        pages = f"{home.url}/users/carol/posts/1/replies"
        root = note(home, 1, replies=pages)
        home.documents["/users/carol/posts/1/replies"] = {"id": pages, "type": "Collection", "items": everything}
        for number in range(2, 500):
            note(home, number, answers=root)
        answer = peer.note("bob", to=["as:Public"], inReplyTo=root)
        await peer.send("bob", peer.activity("Create", "bob", answer))
        assert len(fetched(home)) <= 10


async def test_the_answers_to_a_post_of_ours_can_be_asked_for(tmp_path):
    async with story(tmp_path) as (ctx, peer, _home, ada):
        ours = await commands.publish(ctx, ada, commands.Draft(text="Who comes?", visibility=Visibility.ORGANISATION))
        answer = peer.note("bob", to=["as:Public"], inReplyTo=ours.uri)
        await peer.send("bob", peer.activity("Create", "bob", answer))
        document = await peer.get("bob", ours.uri)
        collection = await peer.get("bob", document["replies"])
        assert collection["type"] in ("Collection", "OrderedCollection")
        assert answer["id"] in str(collection)
