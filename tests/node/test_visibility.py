"""The visibility rule and its twins in SQL say the same, whoever looks at whatever."""

from dataclasses import replace
from itertools import product

import pytest

from node.domain.guests import Terms
from node.domain.posts import Post, boost_of, narrowed
from node.domain.relationships import Block, Follow
from node.domain.visibility import Ties, Visibility, can_see
from node.store import accounts, guests, mentions, posts, relationships
from outbox.organisation import local_actor
from tests.nodes import URL, context

PEER = "127.0.0.1:8498"


def actor(change, username, host="", kind="Person"):
    base = f"http://{host}" if host else URL
    made = local_actor(change, f"{base}/users/{username}", username=username, kind=kind, name=username)
    return replace(made, host=host)


async def passes_on(change, group, post, number):
    """Let a post stand in a group."""
    uri = f"{group.uri}/passed-on/{number}"
    boost = boost_of(post, id=change.new_id(), uri=uri, by=group, visibility=post.visibility, at=change.now)
    await posts.insert(change.tx, replace(boost, group_id=group.id))


def written(change, author, visibility, number, group_id=None):
    uri = f"{author.uri}/posts/{number}"
    return Post(
        id=change.new_id(), uri=uri, author_id=author.id, local=author.local, kind="Note", visibility=visibility,
        content="", source="", summary="", sensitive=False, language="", url=uri, reply_to_id=None, reply_to_uri="",
        boost_of=None, wall_id=None, wall_shown=False, published_at=change.now, edited_at=None,
        thread_id=number + 1, group_id=group_id,
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
                await mentions.put(change.tx, post.id, [viewer.id])
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
                await mentions.put(change.tx, post.id, [viewer.id])
            ties = Ties(organisation=organisation, follower=follower, mentioned=mentioned)
            found = await posts.visible_to_peer(change.tx, post.id, host=host, organisation=organisation)
            # Others than members get what a bridge lets across, and there is none here (tests/flows/test_bridges.py).
            assert (found is not None) == (organisation and can_see(visibility, ties)), (visibility, ties)


async def test_A05_members_of_a_group_see_what_it_has_passed_on_and_nobody_else_does(tmp_path, database):
    async with context(tmp_path, database=database) as ctx, ctx.change() as change:
        flags = (False, True)
        cases = product(Visibility, flags, flags, (None, "asked", "member"), flags, flags, (0, 1, 2))
        for number, (visibility, local, author, standing, passed_on, follower, parted) in enumerate(cases):
            if author and (not local or parted or follower):
                continue
            writer = actor(change, f"w{number}", "" if local else PEER)
            viewer = writer if author else actor(change, f"v{number}")
            group, other = actor(change, f"g{number}", kind="Group"), actor(change, f"o{number}", kind="Group")
            for account in {one.id: one for one in (writer, viewer, group, other)}.values():
                await accounts.insert(change.tx, account)
            ties = [(other.id, True)]  # a member of another group is none of this one
            ties += [(group.id, standing == "member")] if standing else []
            ties += [(writer.id, True)] if follower else []
            for target, accepted in ties:
                uri = f"f{number}-{target}"
                await relationships.insert(change.tx, Follow(change.new_id(), uri, viewer.id, target, accepted))
            post = written(change, writer, visibility, number, group.id)
            await posts.insert(change.tx, post)
            if passed_on:
                await passes_on(change, group, post, number)
            if parted:
                by, whom = (viewer, writer) if parted == 1 else (writer, viewer)
                await relationships.insert_block(change.tx, Block(change.new_id(), f"b{number}", by.id, whom.id))
            expected = Ties(
                author=author,
                unit=local,
                organisation=True,
                follower=follower,
                group=standing == "member" and passed_on,
                parted=bool(parted),
            )
            found = await posts.visible_to(change.tx, post.id, viewer_id=viewer.id)
            assert (found is not None) == can_see(visibility, expected), (visibility, expected)


async def test_A04_guests_see_what_stands_in_their_groups_and_messages_of_those_they_meet(tmp_path, database):
    async with context(tmp_path, database=database) as ctx, ctx.change() as change:
        flags = (False, True)
        cases = product(Visibility, flags, flags, (None, "asked", "member"), flags, flags, flags, (0, 1, 2))
        for number, (visibility, local, author, standing, named, passed_on, meets, parted) in enumerate(cases):
            if author and (not local or parted or meets):
                continue
            writer = actor(change, f"w{number}", "" if local else PEER)
            viewer = replace(actor(change, f"v{number}"), guest=True)
            writer = viewer if author else writer
            group, other = actor(change, f"g{number}", kind="Group"), actor(change, f"o{number}", kind="Group")
            for account in {one.id: one for one in (writer, viewer, group, other)}.values():
                await accounts.insert(change.tx, account)
            await guests.put(change.tx, viewer.id, Terms(None, 0, (*([group.id] if named else []), other.id)))
            # They follow the writer and were mentioned: for a guest neither opens what is for the unit.
            ties = [(viewer.id, other.id, True)]
            ties += [(viewer.id, group.id, standing == "member")] if standing else []
            ties += [(viewer.id, writer.id, True)] if not author else []
            ties += [(writer.id, other.id, True)] if meets else []
            for who, target, accepted in ties:
                uri = f"f{number}-{who}-{target}"
                await relationships.insert(change.tx, Follow(change.new_id(), uri, who, target, accepted))
            post = written(change, writer, visibility, number, group.id)
            await posts.insert(change.tx, post)
            await mentions.put(change.tx, post.id, [viewer.id])
            if passed_on:
                await passes_on(change, group, post, number)
            if parted:
                by, whom = (viewer, writer) if parted == 1 else (writer, viewer)
                await relationships.insert_block(change.tx, Block(change.new_id(), f"b{number}", by.id, whom.id))
            expected = Ties(
                author=author,
                unit=local,
                organisation=True,
                follower=not author,
                mentioned=True,
                group=standing == "member" and named and passed_on,
                parted=bool(parted),
                guest=True,
                met=meets,
            )
            found = await posts.visible_to(change.tx, post.id, viewer_id=viewer.id)
            assert (found is not None) == can_see(visibility, expected), (visibility, expected)


async def test_A05_peers_hold_what_their_members_read_in_a_group_or_what_its_home_passes_on(tmp_path, database):
    async with context(tmp_path, database=database) as ctx, ctx.change() as change:
        cases = product(
            Visibility, (False, True), ("here", "there", "elsewhere"), (None, "asked", "member"), (False, True)
        )
        for number, (visibility, organisation, home, standing, passed_on) in enumerate(cases):
            host = f"127.0.0.1:{9000 + number}"
            at = {"here": "", "there": host, "elsewhere": PEER}[home]
            writer, viewer = actor(change, f"w{number}"), actor(change, f"v{number}", host)
            group = actor(change, f"g{number}", at, kind="Group")
            for account in (writer, viewer, group):
                await accounts.insert(change.tx, account)
            if standing:
                follow = Follow(change.new_id(), f"f{number}", viewer.id, group.id, standing == "member")
                await relationships.insert(change.tx, follow)
            post = written(change, writer, visibility, number, group.id)
            await posts.insert(change.tx, post)
            if passed_on:
                await passes_on(change, group, post, number)
            inside = home == "there" or (standing == "member" and passed_on)
            ties = Ties(organisation=organisation, group=inside)
            found = await posts.visible_to_peer(change.tx, post.id, host=host, organisation=organisation)
            expected = organisation and can_see(visibility, ties)
            assert (found is not None) == expected, (visibility, ties, home, standing, passed_on)


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
        (Visibility.ORGANISATION, Visibility.GROUP, True, Visibility.GROUP),
        (Visibility.UNIT, Visibility.GROUP, True, Visibility.GROUP),
        (Visibility.FOLLOWERS, Visibility.GROUP, False, Visibility.GROUP),
        (Visibility.DIRECT, Visibility.GROUP, False, Visibility.DIRECT),
        (Visibility.GROUP, Visibility.ORGANISATION, False, Visibility.GROUP),
        (Visibility.GROUP, Visibility.DIRECT, True, Visibility.DIRECT),
    ],
)
def test_L03_a_reply_is_never_wider_than_what_it_answers(wanted, parent, local, result):
    assert narrowed(wanted, parent=parent, parent_local=local) is result
