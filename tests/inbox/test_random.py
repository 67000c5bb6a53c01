"""Activities of every kind, whole and broken at random: each is answered, none crashes, nothing changes hands."""

import asyncio
import copy
import logging
import tempfile
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import render
from moderation import members
from node.domain.groups import Group
from node.domain.polls import Option, Poll
from node.domain.posts import Parts, Post
from node.domain.visibility import Visibility
from node.effects import posts as effects
from node.store import accounts, groups, posts
from tests.benchmarks.setting import remote, signer
from tests.federation.test_hostile_input import places
from tests.inbox.peer import HOST, PAIR, Peer
from tests.nodes import URL, context

BOB, MALLORY, ADA = f"http://{HOST}/users/bob", f"http://{HOST}/users/mallory", f"{URL}/users/ada"
GROUP = f"http://{HOST}/users/dyers"
NOTE = {
    "id": f"{BOB}/posts/1",
    "type": "Note",
    "attributedTo": BOB,
    "content": "<p>hi</p>",
    "summary": "careful",
    "sensitive": True,
    "published": "2026-01-05T09:00:00Z",
    "updated": "2026-01-05T10:00:00Z",
    "to": ["https://www.w3.org/ns/activitystreams#Public"],
    "cc": [f"{BOB}/followers", ADA],
    "url": f"{BOB}/1",
    "inReplyTo": f"{ADA}/posts/1",
    "replies": f"{BOB}/posts/1/replies",
    "quote": f"{MALLORY}/posts/1",
    "quoteAuthorization": f"{MALLORY}/stamps/1",
    "interactionPolicy": {"canReply": {"automaticApproval": [BOB]}},
    "tag": [
        {"type": "Mention", "href": ADA, "name": "@ada"},
        {"type": "Hashtag", "href": f"{BOB}/tags/a", "name": "#a"},
        {"type": "Emoji", "name": ":x:", "icon": {"type": "Image", "url": f"{BOB}/x.png"}},
    ],
    "attachment": [
        {"type": "Document", "mediaType": "image/png", "url": f"{BOB}/a.png", "name": "a", "focalPoint": [0, 0.5]}
    ],
    "target": {"id": f"{ADA}/wall", "type": "Collection", "attributedTo": ADA},
}
QUESTION = NOTE | {
    "type": "Question",
    "endTime": "2090-01-05T09:00:00Z",
    "votersCount": 1,
    "oneOf": [{"type": "Note", "name": name, "replies": {"totalItems": 1}} for name in ("yes", "no")],
}
PERSON = {
    "id": BOB,
    "type": "Person",
    "preferredUsername": "bob",
    "name": "Bob",
    "inbox": f"{BOB}/inbox",
    "outbox": f"{BOB}/outbox",
    "followers": f"{BOB}/followers",
    "publicKey": {"id": f"{BOB}#main-key", "owner": BOB, "publicKeyPem": PAIR.public_pem},
    "alsoKnownAs": [MALLORY],
}
FOLLOW = {"id": f"{BOB}/f", "type": "Follow", "actor": BOB, "object": ADA}
LIKE = {"id": f"{BOB}/l", "type": "Like", "actor": BOB, "object": f"{ADA}/posts/1"}
BOOST = {"id": f"{BOB}/b", "type": "Announce", "actor": BOB, "object": f"{ADA}/posts/1"}
BALLOT = {
    "id": f"{BOB}/v", "type": "Note", "name": "yes", "inReplyTo": f"{ADA}/posts/1", "attributedTo": BOB, "to": [ADA],
}  # fmt: skip
ABOUT = {
    "Create": [NOTE, QUESTION, BALLOT, NOTE | {"type": "Video", "name": "Film"}],
    "Update": [NOTE, QUESTION, PERSON],
    "Delete": [{"id": f"{BOB}/posts/1", "type": "Tombstone"}, f"{BOB}/posts/1", f"{MALLORY}/stamps/1"],
    "Follow": [ADA],
    "Accept": [{"id": f"{ADA}/f", "type": "Follow", "actor": ADA, "object": BOB}, f"{ADA}/f"],
    "Reject": [{"id": f"{ADA}/f", "type": "Follow", "actor": ADA, "object": BOB}],
    "Lock": [f"{ADA}/posts/1", f"{BOB}/posts/1"],
    "Undo": [FOLLOW, LIKE, BOOST, {"id": f"{BOB}/k", "type": "Block", "actor": BOB, "object": ADA}],
    "Like": [f"{ADA}/posts/1"],
    "EmojiReact": [f"{ADA}/posts/1"],
    "Announce": [f"{ADA}/posts/1", {"id": f"{BOB}/c", "type": "Create", "actor": BOB, "object": NOTE}],
    "Add": [f"{BOB}/posts/1", NOTE],
    "Remove": [f"{BOB}/posts/1"],
    "Block": [ADA],
    "Flag": [[ADA, f"{ADA}/posts/1"]],
    "Move": [BOB],
    "QuoteRequest": [f"{ADA}/posts/1"],
}
MORE = {
    "Add": {"target": f"{BOB}/wall"},
    "Remove": {"target": f"{BOB}/wall"},
    "Flag": {"content": "why"},
    "Move": {"target": MALLORY},
    "QuoteRequest": {"instrument": NOTE},
    "Announce": {"to": ["https://www.w3.org/ns/activitystreams#Public"], "published": "2026-01-05T09:00:00Z"},
}
OTHERS = [MALLORY, ADA, f"{ADA}/posts/1", f"{MALLORY}/posts/1"]
DEEP: list = []
for _ in range(40):
    DEEP = [DEEP]
WRONG = [
    None, "", "x", 7, -1.5, True, [], {}, [[]], [None], {"id": None}, [{}], "javascript:alert(1)", "http://[", DEEP,
    BOB, f"{BOB}/posts/1", {"id": ADA}, {"id": f"{ADA}/posts/1"}, {"id": f"{MALLORY}/posts/1"},
    "Note", "Person", "Question", "Tombstone", "https://www.w3.org/ns/activitystreams#Public",
]  # fmt: skip


def activity(kind, random, number):
    """An activity of this kind by Bob, about what it is usually about or something else."""
    made = {"id": f"{BOB}/activities/{number}", "type": kind, "actor": BOB, "object": random.choice(ABOUT[kind])}
    made = copy.deepcopy(made | MORE.get(kind, {}))
    if isinstance(made["object"], dict) and random.random() < 0.5:
        made["object"]["id"] = random.choice(OTHERS)
    return broken(made, random)


def word(random, number):
    """What a group says was done in it, by whomever, as bytes."""
    kind = random.choice(sorted({*ABOUT, "Lock", "Dislike"}))
    about = random.choice([*ABOUT.get(kind, []), f"{MALLORY}/posts/1", f"{ADA}/posts/1", GROUP, PERSON | {"id": GROUP}])
    who = random.choice([BOB, MALLORY, ADA, GROUP])
    inner = {"id": f"{who}/activities/{number}", "type": kind, "actor": who, "object": about} | MORE.get(kind, {})
    if random.random() < 0.3:
        inner["target"] = random.choice([GROUP, f"{GROUP}/moderators", f"{GROUP}/featured", f"{GROUP}/outbox"])
    if random.random() < 0.3:
        inner = {"id": f"{who}/undone/{number}", "type": "Undo", "actor": who, "object": inner}
    said = {"id": f"{GROUP}/said/{number}", "type": "Announce", "actor": GROUP, "object": inner, "to": ["as:Public"]}
    return broken(copy.deepcopy(said), random)


def broken(made, random):
    """An activity as bytes: whole, or with a few of its places left out, replaced, put in a list or written twice."""
    for _ in range(random.randrange(4)):
        found = list(places(made))
        path = random.choice(found if random.random() < 0.5 else [one for one in found if len(one) == 1])
        at = made
        for name in path[:-1]:
            at = at[name]
        match random.choice(["drop", "replace", "list", "other's"]):
            case "other's":
                at[path[-1]] = random.choice(OTHERS)
            case "drop":
                del at[path[-1]]
            case "replace":
                at[path[-1]] = copy.deepcopy(random.choice(WRONG))
            case "list":
                at[path[-1]] = [at[path[-1]], copy.deepcopy(at[path[-1]])]
        if not made:
            break
    body = orjson.dumps(render.document(made))
    return body[:-1] + b',"actor":"x"}' if random.random() < 0.05 else body


class Errors(logging.Handler):
    """Fails on what was logged as a fault of ours."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.seen = []

    def emit(self, record):
        self.seen.append(record.getMessage() + (f" {record.exc_info[1]!r}" if record.exc_info else ""))


async def play(bodies, sender="bob"):
    with tempfile.TemporaryDirectory() as folder:
        async with context(Path(folder)) as ctx:
            peer = await Peer.known_to(ctx, "bob", "mallory")
            ada = await members.add(ctx, username="ada", password="correct horse battery")
            await peer.follower(ada, "bob")
            await dyers(ctx, peer, ada)
            theirs = peer.note(
                "mallory", "Mine", id=f"{MALLORY}/posts/1", to=["as:Public"], published="2025-01-01T00:00:00Z"
            )
            assert await peer.send("mallory", peer.activity("Create", "mallory", theirs)) == 202
            await ours(ctx, ada)
            sending = peer.actors[sender].uri
            before = await owned(ctx, sending)
            for body in bodies:
                status = await peer.send_bytes(signer(peer.actors[sender], PAIR), body)
                assert status in (202, 400, 401, 403, 404, 413, 422, 429), (status, body)
            await nothing_changed_hands(ctx, before, sending)


async def dyers(ctx, peer, ada):
    """Let there be a group at Bob's server that Ada is in."""
    account = await remote(ctx, HOST, "dyers", PAIR)
    async with ctx.change() as change:
        group = replace(account, kind="Group", featured=f"{GROUP}/featured", outbox=f"{GROUP}/outbox")
        await accounts.update(change.tx, group)
        await groups.put(change.tx, Group(account.id, moderators=f"{GROUP}/moderators"))
    peer.actors["dyers"] = group
    await peer.follower(ada, "dyers")


async def ours(ctx, ada):
    async with ctx.change() as change:
        uri = f"{ada.uri}/posts/1"
        post = Post(
            id=1, uri=uri, author_id=ada.id, local=True, kind="Question", visibility=Visibility.ORGANISATION,
            content="<p>Ours</p>", source="Ours", summary="", sensitive=False, language="", url=uri, reply_to_id=None,
            reply_to_uri="", boost_of=None, wall_id=None, wall_shown=False, published_at=change.now, edited_at=None,
            thread_id=1,
        )  # fmt: skip
        poll = Poll((Option("yes", 0), Option("no", 0)), False, None)
        assert await effects.add(change, post, author=ada, mentioned=[], parts=Parts(poll=poll))


async def owned(ctx, sender):
    """What the sender can never change, whatever they send."""
    async with ctx.db.read() as tx:
        kept = [await posts.by_uri(tx, uri) for uri in (f"{ADA}/posts/1", f"{MALLORY}/posts/1")]
        others = await tx.all(
            "SELECT uri, username, inbox, suspended_at, deleted_at, moved_to FROM accounts WHERE uri <> :it", it=sender
        )
    known = [post and (post.uri, post.content, post.visibility, post.author_id) for post in kept]
    return known, [dict(row) for row in others]


async def nothing_changed_hands(ctx, before, sender):
    after = await owned(ctx, sender)
    assert after[0] == before[0]
    assert [row for row in before[1] if row not in after[1]] == []
    async with ctx.db.read() as tx:
        strangers = await tx.all(
            """SELECT p.uri FROM posts p LEFT JOIN accounts a ON a.id = p.author_id
                WHERE a.id IS NULL OR (a.uri = :bob AND p.uri NOT LIKE :his)
                   OR (p.local = 1 AND p.uri <> :ours)""",
            bob=BOB,
            his=f"http://{HOST}/%",
            ours=f"{ADA}/posts/1",
        )
        failed = await tx.all("SELECT type, error FROM inbox_rows WHERE state = 'failed'")
    assert [dict(row) for row in strangers] == []
    assert [dict(row) for row in failed] == []


@pytest.mark.parametrize("kind", ABOUT)
def test_no_activity_of_this_kind_crashes_or_changes_what_is_anothers(kind):
    @given(st.randoms(use_true_random=True))
    @settings(max_examples=4, deadline=None)
    def check(random):
        asyncio.run(play([activity(kind, random, number) for number in range(60)]))

    without_faults(check)


def test_no_word_of_a_group_crashes_or_changes_what_is_anothers():
    @given(st.randoms(use_true_random=True))
    @settings(max_examples=8, deadline=None)
    def check(random):
        passed_on = {"id": f"{GROUP}/said/0", "type": "Announce", "actor": GROUP, "object": f"{MALLORY}/posts/1"}
        first = orjson.dumps(render.document(passed_on))
        asyncio.run(play([first, *(word(random, number) for number in range(1, 80))], sender="dyers"))

    without_faults(check)


def without_faults(check):
    errors = Errors()
    logging.getLogger().addHandler(errors)
    try:
        check()
    finally:
        logging.getLogger().removeHandler(errors)
    assert errors.seen == []
