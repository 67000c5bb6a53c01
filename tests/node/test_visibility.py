"""The visibility rule and its twins in SQL say the same, whoever looks at whatever."""

from dataclasses import replace
from itertools import product

import pytest

from node.domain.posts import Post, narrowed
from node.domain.relationships import Block, Follow
from node.domain.visibility import Ties, Visibility, can_see
from node.store import accounts, posts, relationships
from outbox.organisation import local_actor
from tests.nodes import URL, context

PEER = "127.0.0.1:8498"


def actor(change, username, host=""):
    base = f"http://{host}" if host else URL
    made = local_actor(change, f"{base}/users/{username}", username=username, kind="Person", name=username)
    return replace(made, host=host)


def written(change, author, visibility, number):
    uri = f"{author.uri}/posts/{number}"
    return Post(
        id=change.new_id(), uri=uri, author_id=author.id, local=author.local, kind="Note", visibility=visibility,
        content="", source="", summary="", sensitive=False, language="", url=uri, reply_to_id=None, reply_to_uri="",
        boost_of=None, wall_id=None, wall_shown=False, published_at=change.now, edited_at=None,
        thread_id=number + 1,
    )  # fmt: skip


async def test_L01_members_see_what_the_rule_says(tmp_path):
    async with context(tmp_path) as ctx, ctx.change() as change:
        cases = product(Visibility, (False, True), (False, True), (False, True), (False, True), (0, 1, 2))
        for number, (visibility, local, author, follower, mentioned, parted) in enumerate(cases):
            if author and (not local or parted):
                continue  # a member here is at home here, and blocks nobody who is oneself
            writer = actor(change, f"w{number}", "" if local else PEER)
            viewer = writer if author else actor(change, f"v{number}")
            for account in {writer.id: writer, viewer.id: viewer}.values():
                await accounts.insert(change.tx, account)
            if follower and not author:
                await relationships.insert(change.tx, Follow(number + 1, f"f{number}", viewer.id, writer.id, True))
            post = written(change, writer, visibility, number)
            await posts.insert(change.tx, post)
            if mentioned:
                await posts.mention(change.tx, post.id, [viewer.id])
            if parted:
                by, whom = (viewer, writer) if parted == 1 else (writer, viewer)
                await relationships.insert_block(change.tx, Block(number + 1, f"b{number}", by.id, whom.id))
            ties = Ties(
                author=author,
                unit=local,
                organisation=True,
                follower=follower and not author,
                mentioned=mentioned,
                parted=bool(parted),
            )
            found = await posts.visible_to(change.tx, post.id, viewer_id=viewer.id)
            assert (found is not None) == can_see(visibility, ties), (visibility, ties)


async def test_L06_peers_may_hold_what_the_rule_says(tmp_path):
    async with context(tmp_path) as ctx, ctx.change() as change:
        cases = product(Visibility, (False, True), (False, True), (False, True))
        for number, (visibility, organisation, follower, mentioned) in enumerate(cases):
            host = f"127.0.0.1:{9000 + number}"
            writer, viewer = actor(change, f"w{number}"), actor(change, f"v{number}", host)
            await accounts.insert(change.tx, writer)
            await accounts.insert(change.tx, viewer)
            if follower:
                await relationships.insert(change.tx, Follow(number + 1, f"f{number}", viewer.id, writer.id, True))
            post = written(change, writer, visibility, number)
            await posts.insert(change.tx, post)
            if mentioned:
                await posts.mention(change.tx, post.id, [viewer.id])
            ties = Ties(organisation=organisation, follower=follower, mentioned=mentioned)
            found = await posts.visible_to_peer(change.tx, post.id, host=host, organisation=organisation)
            assert (found is not None) == can_see(visibility, ties), (visibility, ties)


async def test_I13_a_suspended_author_is_seen_by_nobody(tmp_path):
    async with context(tmp_path) as ctx, ctx.change() as change:
        writer, viewer = actor(change, "writer"), actor(change, "viewer")
        await accounts.insert(change.tx, writer)
        await accounts.insert(change.tx, viewer)
        post = written(change, writer, Visibility.ORGANISATION, 1)
        await posts.insert(change.tx, post)
        assert await posts.visible_to(change.tx, post.id, viewer_id=viewer.id)
        await accounts.update(change.tx, replace(writer, suspended_at=change.now))
        assert await posts.visible_to(change.tx, post.id, viewer_id=viewer.id) is None


@pytest.mark.parametrize(
    ("wanted", "parent", "local", "result"),
    [
        (Visibility.ORGANISATION, Visibility.DIRECT, True, Visibility.DIRECT),
        (Visibility.ORGANISATION, Visibility.UNIT, True, Visibility.UNIT),
        (Visibility.FOLLOWERS, Visibility.UNIT, True, Visibility.UNIT),
        (Visibility.DIRECT, Visibility.UNIT, True, Visibility.DIRECT),
        (Visibility.ORGANISATION, Visibility.FOLLOWERS, False, Visibility.FOLLOWERS),
        (Visibility.UNIT, Visibility.ORGANISATION, False, Visibility.UNIT),
        (Visibility.ORGANISATION, Visibility.ORGANISATION, False, Visibility.ORGANISATION),
    ],
)
def test_L03_a_reply_is_never_wider_than_what_it_answers(wanted, parent, local, result):
    assert narrowed(wanted, parent=parent, parent_local=local) is result
