"""Polls: voting in those of others, and what others vote in ours."""

import contextlib
import re

import orjson
import pytest

from federation import render
from moderation import members
from node.domain.polls import Option, Poll
from node.domain.posts import Parts, Post
from node.domain.visibility import Visibility
from node.effects import posts as effects
from node.errors import Invalid, NotFound
from node.store import polls, posts
from node.store.sealed import read_body
from outbox import polls as commands
from tests.inbox.peer import Peer
from tests.node.test_web import BROWSER, PASSWORD, token
from tests.nodes import context

FUTURE = "2090-01-01T00:00:00Z"


@contextlib.asynccontextmanager
async def story(folder):
    """A node whose ada follows bob."""
    async with context(folder) as ctx:
        peer = await Peer.known_to(ctx, "bob", "mallory")
        ada = await members.add(ctx, username="ada", password=PASSWORD)
        await peer.follower(ada, "bob")
        yield ctx, peer, ada


async def asked(peer, *, several=False, ends=FUTURE, to=("as:Public",)):
    """Let bob ask what is best; return the post."""
    answers = [{"type": "Note", "name": name, "replies": {"totalItems": 0}} for name in ("Linen", "Silk", "Wool")]
    question = peer.note("bob", "Best?", type="Question", endTime=ends, to=list(to))
    question["anyOf" if several else "oneOf"] = answers
    assert await peer.send("bob", peer.activity("Create", "bob", question)) == 202
    return await peer.stored(question["id"])


async def ours(ctx, ada, *, several=False, visibility=Visibility.ORGANISATION):
    """Let ada ask; return the post."""
    async with ctx.change() as change:
        id = change.new_id()
        uri = f"{ada.uri}/posts/{id}"
        post = Post(
            id=id, uri=uri, author_id=ada.id, local=True, kind="Question", visibility=visibility,
            content="<p>Best?</p>", source="Best?", summary="", sensitive=False, language="", url=uri,
            reply_to_id=None, reply_to_uri="", boost_of=None, wall_id=None, wall_shown=False,
            published_at=change.now, edited_at=None,
            thread_id=id,
        )  # fmt: skip
        poll = Poll((Option("Linen", 0), Option("Silk", 0)), several, None)
        await effects.add(change, post, author=ada, mentioned=[], parts=Parts(poll=poll))
    return post


async def votes(ctx, post):
    async with ctx.db.read() as tx:
        poll = (await polls.of_posts(tx, [post.id]))[post.id]
    return [option.votes for option in poll.options], poll.voters


async def ballots(ctx):
    async with ctx.db.read() as tx:
        rows = await tx.all("SELECT body FROM activities WHERE type = 'Create' ORDER BY id")
        inboxes = await tx.all("SELECT inbox FROM deliveries")
    return [orjson.loads(read_body(tx, row["body"]))["object"] for row in rows], [row["inbox"] for row in inboxes]


async def test_a_vote_is_counted_and_told_to_the_author_only(tmp_path):
    async with story(tmp_path) as (ctx, peer, ada):
        post = await asked(peer)
        await commands.vote(ctx, ada, post.id, (1,))
        assert await votes(ctx, post) == ([0, 1, 0], 1)
        (ballot,), inboxes = await ballots(ctx)
        assert (ballot["name"], ballot["inReplyTo"], ballot["to"]) == ("Silk", post.uri, [peer.actors["bob"].uri])
        assert "content" not in ballot
        assert inboxes == [peer.actors["bob"].shared_inbox]


async def test_several_answers_are_several_ballots_of_one_voter(tmp_path):
    async with story(tmp_path) as (ctx, peer, ada):
        post = await asked(peer, several=True)
        await commands.vote(ctx, ada, post.id, (0, 2, 2))
        assert await votes(ctx, post) == ([1, 0, 1], 1)
        assert [ballot["name"] for ballot in (await ballots(ctx))[0]] == ["Linen", "Wool"]


@pytest.mark.parametrize("places", [(), (0, 1), (3,), (-1,)])
async def test_a_wrong_choice_is_refused(tmp_path, places):
    async with story(tmp_path) as (ctx, peer, ada):
        post = await asked(peer)
        with pytest.raises(Invalid):
            await commands.vote(ctx, ada, post.id, places)
        assert await votes(ctx, post) == ([0, 0, 0], None)
        assert await ballots(ctx) == ([], [])


async def test_nobody_votes_twice_too_late_or_without_seeing_the_poll(tmp_path):
    async with story(tmp_path) as (ctx, peer, ada):
        post = await asked(peer)
        await commands.vote(ctx, ada, post.id, (0,))
        with pytest.raises(Invalid):
            await commands.vote(ctx, ada, post.id, (1,))
        over = await asked(peer, ends="2020-01-01T00:00:00Z")
        with pytest.raises(Invalid):
            await commands.vote(ctx, ada, over.id, (1,))
        eva = await members.add(ctx, username="eva", password=PASSWORD)
        private = await asked(peer, to=[peer.actors["bob"].followers])
        with pytest.raises(NotFound):
            await commands.vote(ctx, eva, private.id, (1,))


async def test_a_member_votes_on_the_page_and_sees_the_result(tmp_path):
    async with story(tmp_path) as (_ctx, peer, _ada):
        post = await asked(peer)
        page = await (await peer.client.get("/sign-in", headers=BROWSER)).get_data(as_text=True)
        form = {"csrf": token(page), "username": "ada", "password": PASSWORD}
        assert (await peer.client.post("/sign-in", form=form, headers=BROWSER)).status_code == 303
        page = await (await peer.client.get("/home", headers=BROWSER)).get_data(as_text=True)
        assert len(re.findall(r'type="radio"[^>]* name="answer"', page)) == 3
        form = {"csrf": token(page), "answer": "2"}
        answer = await peer.client.post(f"/posts/{post.id}/vote", form=form, headers=BROWSER)
        assert answer.status_code == 303
        page = await (await peer.client.get(answer.headers["Location"], headers=BROWSER)).get_data(as_text=True)
        assert "<b>100 %</b> Wool" in page
        assert "your vote" in page
        assert 'type="radio"' not in page


def ballot(peer, name, choice, post):
    author = peer.actors[name]
    object = render.ballot(id=f"{author.uri}/votes/{choice}", by=author.uri, name=choice, question=post.uri, to="")
    return peer.activity("Create", name, object | {"to": [post.uri.split("/posts")[0]]})


async def test_what_others_vote_is_counted_once(tmp_path):
    async with story(tmp_path) as (ctx, peer, ada):
        post = await ours(ctx, ada)
        await peer.send("bob", ballot(peer, "bob", "Silk", post))
        await peer.send("bob", ballot(peer, "bob", "Silk", post))
        await peer.send("bob", ballot(peer, "bob", "Linen", post))
        await peer.send("mallory", ballot(peer, "mallory", "Cotton", post))
        assert await votes(ctx, post) == ([0, 1], 1)
        async with ctx.db.read() as tx:
            assert await posts.public_replies(tx, post.id, limit=10) == []


async def test_several_ballots_of_one_voter_count_where_several_may_be_chosen(tmp_path):
    async with story(tmp_path) as (ctx, peer, ada):
        post = await ours(ctx, ada, several=True)
        for choice in ("Silk", "Linen"):
            await peer.send("bob", ballot(peer, "bob", choice, post))
        assert await votes(ctx, post) == ([1, 1], 1)


async def test_who_may_not_see_a_poll_does_not_vote_in_it(tmp_path):
    async with story(tmp_path) as (ctx, peer, ada):
        post = await ours(ctx, ada, visibility=Visibility.UNIT)
        await peer.send("bob", ballot(peer, "bob", "Silk", post))
        assert (await votes(ctx, post))[0] == [0, 0]
