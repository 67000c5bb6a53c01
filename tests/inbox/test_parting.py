"""Blocks, complaints, moves, pins and what groups pass on, as other servers send them."""

import contextlib

import pytest

from federation import keys
from moderation import members
from moderation import reports as complaints
from node.domain.accounts import Role
from node.domain.lists import List
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.effects import lists as list_effects
from node.errors import Forbidden, Invalid
from node.store import accounts, lists, notifications, posts, relationships, reports, timelines
from node.store.pages import Page
from outbox import moves, worker
from outbox import posts as commands
from outbox.relationships import block, follow
from outbox.reports import report
from tests.inbox.peer import Peer
from tests.nodes import context
from tests.servers import origin

PASSWORD = "correct horse battery staple"
PAIR = keys.generate_rsa()


@contextlib.asynccontextmanager
async def story(folder, database=""):
    async with context(folder, database=database) as ctx:
        peer = await Peer.known_to(ctx, "bob", "mallory")
        ada = await members.add(ctx, username="ada", password=PASSWORD, role=Role.ADMIN)
        await peer.follower(ada, "bob")
        yield ctx, peer, ada


async def home(ctx, account):
    async with ctx.db.read() as tx:
        return [post.uri for post in await timelines.home(tx, account.id, Page(limit=40))]


async def told(ctx, account):
    async with ctx.db.read() as tx:
        return [one.kind.value for one in await notifications.page(tx, account.id, Page(limit=40))]


async def test_a_block_hides_each_from_the_other_until_it_is_undone(tmp_path, database):
    async with story(tmp_path, database) as (ctx, peer, ada):
        note = peer.note("bob", to=["as:Public"])
        await peer.send("bob", peer.activity("Create", "bob", note))
        own = await commands.publish(ctx, ada, Draft("mine", Visibility.ORGANISATION))
        block = peer.activity("Block", "bob", ada.uri)
        assert await peer.send("bob", block) == 202
        stored = await peer.stored(note["id"])
        async with ctx.db.read() as tx:
            assert await relationships.between(tx, follower_id=ada.id, target_id=peer.actors["bob"].id) is None
            assert await posts.visible_to(tx, stored.id, viewer_id=ada.id) is None
        await peer.send("bob", peer.activity("Like", "bob", own.uri))
        mention = peer.note("bob", to=["as:Public"], tag=[{"type": "Mention", "href": ada.uri, "name": "@ada"}])
        await peer.send("bob", peer.activity("Create", "bob", mention))
        assert (await told(ctx, ada), (await peer.stored(own.uri)).favourites) == ([], 0)
        await peer.send("mallory", peer.activity("Undo", "mallory", block["id"]))
        async with ctx.db.read() as tx:
            assert await relationships.are_parted(tx, ada.id, peer.actors["bob"].id)
        await peer.send("bob", peer.activity("Undo", "bob", {"type": "Block", "id": "http://x/1", "object": ada.uri}))
        async with ctx.db.read() as tx:
            assert await posts.visible_to(tx, stored.id, viewer_id=ada.id) is not None


async def test_a_follow_across_a_block_is_refused(tmp_path):
    async with story(tmp_path) as (ctx, peer, ada):
        await peer.send("bob", peer.activity("Block", "bob", ada.uri))
        await peer.send("bob", peer.activity("Follow", "bob", ada.uri))
        async with ctx.db.read() as tx:
            sent = await tx.all("SELECT type FROM activities")
            assert await relationships.between(tx, follower_id=peer.actors["bob"].id, target_id=ada.id) is None
        assert [row["type"] for row in sent] == ["Reject"]
        with pytest.raises(Exception, match="no such account"):
            await follow(ctx, ada, peer.actors["bob"].id)


@pytest.mark.parametrize("shape", ["mastodon", "lemmy", "misskey"])
async def test_a_complaint_reaches_the_moderators_and_nobody_else(tmp_path, database, shape):
    async with story(tmp_path, database) as (ctx, peer, ada):
        eva = await members.add(ctx, username="eva", password=PASSWORD)
        post = await commands.publish(ctx, eva, Draft("rude", Visibility.ORGANISATION))
        flag = {
            "mastodon": peer.activity("Flag", "bob", [eva.uri, post.uri, "http://127.0.0.1:9/x"], content="Not nice"),
            "lemmy": peer.activity("Flag", "bob", post.uri, summary="Not nice", to=[eva.uri]),
            "misskey": peer.activity("Flag", "bob", eva.uri, content=f"Note: {post.uri}\n-----\nNot nice <b>"),
        }[shape]
        assert [await peer.send("bob", flag) for _ in range(2)] == [202, 202]
        async with ctx.db.read() as tx:
            (report,) = await reports.page(tx)
        assert (report.target_id, "Not nice" in report.content, "<" in report.content) == (eva.id, True, False)
        assert report.post_ids == (() if shape == "misskey" else (post.id,))
        assert (await told(ctx, ada), await told(ctx, eva)) == (["admin.report", "admin.sign_up"], [])
        await complaints.close(ctx, report.id, by=None)
        async with ctx.db.read() as tx:
            assert await reports.page(tx) == []


async def test_a_complaint_of_ours_stays_here_unless_it_shall_be_passed_on_and_never_tells_who(tmp_path):
    async with context(tmp_path) as ctx, origin() as home:
        peer = await Peer.known_to(ctx, hosts=[home.host])
        ada = await members.add(ctx, username="ada", password=PASSWORD, role=Role.ADMIN)
        eva = await members.add(ctx, username="eva", password=PASSWORD)
        home.actor("bob", PAIR)
        bob = await peer.account_of(home.documents["/users/bob"])
        await report(ctx, eva, bob.id, comment="Spam")
        await report(ctx, eva, bob.id, comment="Spam again", forward=True)
        await worker.drain(ctx)
        (sent,) = home.received
        assert (sent["type"], sent["content"], sent["object"]) == ("Flag", "Spam again", [bob.uri])
        assert (sent["actor"], "eva" in str(sent)) == (f"{ctx.settings.url}/actor", False)
        assert await told(ctx, ada) == ["admin.report", "admin.report", "admin.sign_up"]
        own = await commands.publish(ctx, ada, Draft("mine", Visibility.UNIT))
        with pytest.raises(Exception, match="no such post"):
            await report(ctx, eva, bob.id, post_ids=[own.id])


async def test_C06_a_complaint_about_nobody_here_is_kept_nowhere_and_changes_nothing(tmp_path):
    async with story(tmp_path) as (_, peer, _ada):
        assert await peer.send("bob", peer.activity("Flag", "bob", [peer.actors["mallory"].uri], content="x")) == 202
        assert await peer.count("reports") == 0


async def test_any_sign_of_liking_is_a_like(tmp_path):
    async with story(tmp_path) as (ctx, peer, ada):
        own = await commands.publish(ctx, ada, Draft("mine", Visibility.ORGANISATION))
        react = peer.activity("EmojiReact", "bob", own.uri, content="🔥")
        like = peer.activity("Like", "mallory", own.uri, content=":blob:", _misskey_reaction=":blob:")
        for name, activity in (("bob", react), ("mallory", like)):
            assert await peer.send(name, activity) == 202
        assert (await peer.stored(own.uri)).favourites == 2
        for name, activity in (("bob", react), ("mallory", like)):
            await peer.send(name, peer.activity("Undo", name, activity | {"id": f"{activity['id']}/other"}))
        assert (await peer.stored(own.uri)).favourites == 0


async def test_a_pin_is_its_authors(tmp_path):
    async with story(tmp_path) as (_, peer, _ada):
        bob = peer.actors["bob"]
        note = peer.note("bob", to=["as:Public"])
        await peer.send("bob", peer.activity("Create", "bob", note))
        await peer.send("mallory", peer.activity("Add", "mallory", note["id"], target=f"{bob.uri}/featured"))
        assert (await peer.stored(note["id"])).pinned_at is None
        await peer.send("bob", peer.activity("Add", "bob", note["id"], target=f"{bob.uri}/featured"))
        assert (await peer.stored(note["id"])).pinned_at is not None
        await peer.send("bob", peer.activity("Remove", "bob", note["id"], target=f"{bob.uri}/featured"))
        assert (await peer.stored(note["id"])).pinned_at is None


@contextlib.asynccontextmanager
async def moving(folder, database=""):
    """A node whose ada follows old@home; home also has new, which names old."""
    async with context(folder, database=database) as ctx, origin() as home:
        peer = await Peer.known_to(ctx, hosts=[home.host])
        ada = await members.add(ctx, username="ada", password=PASSWORD)
        new = f"{home.url}/users/new"
        old = home.actor("old", PAIR, movedTo=new)
        home.actor("new", PAIR, alsoKnownAs=[old])
        stored = await peer.account_of(home.documents["/users/old"] | {"movedTo": None})
        await peer.follower_of(ada, stored)
        yield ctx, peer, ada, home, old, new


def move(old, new, number=1):
    return {"id": f"{old}/move/{number}", "type": "Move", "actor": old, "object": old, "target": new}


async def send_move(peer, old, new, number=1):
    signer = keys.Signer(f"{old}#main-key", PAIR.private)
    return await peer.send_as(signer, move(old, new, number))


async def test_I06_followers_go_along_when_both_accounts_name_each_other(tmp_path):
    async with moving(tmp_path) as (ctx, peer, ada, home, old, new):
        assert await send_move(peer, old, new) == 202
        async with ctx.db.read() as tx:
            before, after = await accounts.by_uri(tx, old), await accounts.by_uri(tx, new)
            assert await relationships.between(tx, follower_id=ada.id, target_id=before.id) is None
            assert await relationships.between(tx, follower_id=ada.id, target_id=after.id) is not None
        assert before.moved_to == new
        await worker.drain(ctx)
        assert sorted(one["type"] for one in home.received) == ["Follow", "Undo"]


async def test_who_goes_along_reads_the_new_account_as_the_old_one(tmp_path, database):
    async with moving(tmp_path, database) as (ctx, peer, ada, _home, old, new):
        before = await peer.account(old)
        await follow(ctx, ada, before.id, boosts=False, notify=True, languages=("de",))
        async with ctx.change() as change:
            made = await list_effects.create(change, List(change.new_id(), ada.id, "Dyers", "list", False))
            await list_effects.create(change, List(change.new_id(), ada.id, "Others", "list", False))
            await list_effects.add(change, ada, made, [before.id])
        assert await send_move(peer, old, new) == 202
        after = await peer.account(new)
        async with ctx.db.read() as tx:
            now = await relationships.between(tx, follower_id=ada.id, target_id=after.id)
            assert (now.boosts, now.notify, now.languages) == (False, True, ("de",))
            assert [one.title for one in await lists.with_person(tx, ada.id, after.id)] == ["Dyers"]
            assert await lists.with_person(tx, ada.id, before.id) == []


async def test_who_blocks_the_new_account_stays_and_keeps_nobody_from_going_along(tmp_path):
    async with moving(tmp_path) as (ctx, peer, ada, home, old, new):
        ben = await members.add(ctx, username="ben", password=PASSWORD)
        before, after = await peer.account(old), await peer.account_of(home.documents["/users/new"])
        await peer.follower_of(ben, before)
        await block(ctx, ada, after.id)
        assert await send_move(peer, old, new) == 202
        async with ctx.db.read() as tx:
            assert [one.username for one in await accounts.local_followers(tx, before.id)] == ["ada"]
            assert [one.username for one in await accounts.local_followers(tx, after.id)] == ["ben"]


@pytest.mark.parametrize("missing", ["alsoKnownAs", "movedTo"])
async def test_I06_a_move_that_only_one_side_knows_of_moves_nobody(tmp_path, missing):
    async with moving(tmp_path) as (ctx, peer, ada, home, old, new):
        for document in home.documents.values():
            document.pop(missing, None)
        assert await send_move(peer, old, new) == 202
        async with ctx.db.read() as tx:
            stays = await accounts.by_uri(tx, old)
            assert await relationships.between(tx, follower_id=ada.id, target_id=stays.id) is not None


async def test_an_account_moves_once_in_a_week(tmp_path):
    async with moving(tmp_path) as (ctx, peer, ada, home, old, new):
        await send_move(peer, old, new)
        third = home.actor("third", PAIR, alsoKnownAs=[old])
        home.documents["/users/old"]["movedTo"] = third
        stored = await peer.account(old)
        await peer.follower_of(ada, stored)
        await send_move(peer, old, third, 2)
        async with ctx.db.read() as tx:
            assert await accounts.by_uri(tx, third) is None or not await accounts.local_followers(
                tx, (await accounts.by_uri(tx, third)).id
            )


async def test_an_employee_who_changes_the_unit_takes_followers_along_and_writes_there(tmp_path):
    async with moving(tmp_path) as (ctx, _peer, ada, home, _old, _new):
        eva = await members.add(ctx, username="eva", password=PASSWORD)
        await follow(ctx, ada, eva.id)
        there = home.actor("eva", PAIR)
        with pytest.raises(Invalid, match="does not name this one"):
            await moves.move(ctx, eva, "eva", home.host)
        home.documents["/users/eva"]["alsoKnownAs"] = [eva.uri]
        moved = await moves.move(ctx, eva, "eva", home.host)
        assert moved.moved_to == there
        async with ctx.db.read() as tx:
            new = await accounts.by_uri(tx, there)
            assert await relationships.between(tx, follower_id=ada.id, target_id=new.id) is not None
            current = await accounts.by_id(tx, eva.id)
        with pytest.raises(Forbidden, match="has moved"):
            await commands.publish(ctx, current, Draft("still here"))
        with pytest.raises(Invalid, match="a short while ago"):
            await moves.move(ctx, current, "eva", home.host)
        await worker.drain(ctx)
        (sent,) = [one for one in home.received if one["type"] == "Move"]
        assert (sent["actor"], sent["object"], sent["target"], "proof" in sent) == (eva.uri, eva.uri, there, True)


async def test_nobody_moves_to_where_nobody_writes_any_more_and_who_comes_back_writes_again(tmp_path, database):
    async with context(tmp_path, database=database) as ctx:
        ada, eva, new, third = [
            await members.add(ctx, username=name, password=PASSWORD) for name in ("ada", "eva", "new", "third")
        ]
        host = ctx.settings.authority
        await follow(ctx, ada, eva.id)
        for one, other in ((new, eva), (eva, new), (third, eva), (eva, third)):
            await moves.add_alias(ctx, one, other.username, host)
        await moves.move(ctx, eva, "new", host)
        with pytest.raises(Invalid, match="does not name this one"):
            await moves.move(ctx, new, "eva", host)
        with pytest.raises(Invalid, match="has moved itself"):
            await moves.move(ctx, third, "eva", host)
        back = await moves.add_alias(ctx, eva, "new", host)
        await moves.move(ctx, new, "eva", host)
        assert await commands.publish(ctx, back, Draft("here again"))
        async with ctx.db.read() as tx:
            assert await relationships.between(tx, follower_id=ada.id, target_id=eva.id) is not None


@contextlib.asynccontextmanager
async def with_group(folder):
    """A node whose ada follows a group at home, where carol wrote a page."""
    async with context(folder) as ctx, origin() as home:
        peer = await Peer.known_to(ctx, hosts=[home.host])
        ada = await members.add(ctx, username="ada", password=PASSWORD)
        group = home.actor("dyeing", PAIR, type="Group")
        carol = home.actor("carol", PAIR)
        page = {
            "id": f"{carol}/post/1",
            "type": "Page",
            "attributedTo": carol,
            "name": "Indigo",
            "content": "<p>The vat</p>",
            "to": ["as:Public", group],
            "audience": group,
        }
        home.documents["/users/carol/post/1"] = page
        await peer.follower_of(ada, await peer.account_of(home.documents["/users/dyeing"]))

        async def passes_on(inner, number):
            said = {"id": f"{group}/announce/{number}", "type": "Announce", "actor": group, "object": inner}
            said |= {"to": ["as:Public"], "cc": [f"{group}/followers"]}
            return await peer.send_as(keys.Signer(f"{group}#main-key", PAIR.private), said)

        yield ctx, peer, ada, home, carol, page, passes_on


async def test_what_a_group_passes_on_is_read_from_its_author_by_who_follows_the_group(tmp_path):
    async with with_group(tmp_path) as (ctx, peer, ada, _home, carol, page, passes_on):
        create = {"id": f"{carol}/activities/1", "type": "Create", "actor": carol, "object": page | {"content": "Lies"}}
        assert await passes_on(create, 1) == 202
        assert await passes_on(page["id"], 2) == 202  # for Mastodon's benefit, the same once more
        stored = await peer.stored(page["id"])
        assert ("Indigo" in stored.content, "The vat" in stored.content, "Lies" in stored.content) == (
            True,
            True,
            False,
        )
        async with ctx.db.read() as tx:
            (shown,) = await timelines.home(tx, ada.id, Page(limit=9))
        assert shown.boost_of == stored.id


async def test_what_a_group_says_was_changed_or_deleted_is_asked_for_at_its_author(tmp_path):
    async with with_group(tmp_path) as (_, peer, _ada, home, carol, page, passes_on):
        create = {"id": f"{carol}/activities/1", "type": "Create", "actor": carol, "object": page}
        await passes_on(create, 1)
        home.documents["/users/carol/post/1"] = page | {"content": "<p>New</p>", "updated": "2099-01-01T00:00:00Z"}
        update = create | {"id": f"{carol}/activities/2", "type": "Update"}
        assert await passes_on(update, 2) == 202
        assert "New" in (await peer.stored(page["id"])).content
        delete = {"id": f"{carol}/activities/3", "type": "Delete", "actor": carol, "object": page["id"]}
        assert await passes_on(delete, 3) == 202
        assert await peer.stored(page["id"]) is not None, "the author still shows it"
        home.documents["/users/carol/post/1"] = {"id": page["id"], "type": "Tombstone"}
        assert await passes_on(delete, 4) == 202
        assert await peer.stored(page["id"]) is None
