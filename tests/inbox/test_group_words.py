"""What another server's group says within an Announce (FEP-1b12): of itself it decides, for others it cannot speak."""

import contextlib
from dataclasses import dataclass
from typing import Any

import pytest

from federation import keys, proofs, render
from moderation import members
from node.domain.accounts import Account
from node.domain.groups import Role
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.errors import Forbidden
from node.store import posts, timelines
from node.store.pages import Page
from outbox import posts as commands
from tests.inbox.peer import Peer
from tests.node.browser import Browser
from tests.nodes import context
from tests.servers import Origin, origin

PAIR = keys.generate_rsa()
PASSWORD = "correct horse battery staple"


@dataclass
class Community:
    """Ada follows the group of dyers at home, where Carol wrote a page and Otto moderates; Eva lives elsewhere."""

    ctx: Any
    peer: Peer
    ada: Account
    home: Origin
    away: Origin
    group: str
    carol: str
    page: str
    number: int = 0

    def did(self, actor: str, kind: str, about: Any, **more: Any) -> dict[str, Any]:
        self.number += 1
        return {"id": f"{actor}/activities/{self.number}", "type": kind, "actor": actor, "object": about} | more

    async def says(self, inner: Any, by: str = "") -> int:
        group = by or self.group
        said = self.did(group, "Announce", inner, to=["as:Public"], cc=[f"{group}/followers"])
        return await self.peer.send_as(keys.Signer(f"{group}#main-key", PAIR.private), said)

    async def likes(self, uri: str = "") -> int:
        return (await self.peer.stored(uri or self.page)).favourites

    async def stands(self, uri: str = "") -> bool:
        """Whether a post stands in the group, as this node knows it."""
        async with self.ctx.db.read() as tx:
            post, group = await posts.by_uri(tx, uri or self.page), await self.peer.account(self.group)
            return await posts.boost_by(tx, author_id=group.id, post_id=post.id) is not None

    async def answer(self, uri: str = "") -> None:
        post = await self.peer.stored(uri or self.page)
        await commands.publish(self.ctx, self.ada, Draft("Thanks", Visibility.ORGANISATION, reply_to_id=post.id))


@contextlib.asynccontextmanager
async def community(folder, database=""):
    async with context(folder, database=database) as ctx, origin() as home, origin() as away:
        peer = await Peer.known_to(ctx, hosts=[home.host, away.host])
        ada = await members.add(ctx, username="ada", password=PASSWORD)
        owned = {name: f"{home.url}/users/dyers/{name}" for name in ("moderators", "featured")}
        group = home.actor("dyers", PAIR, type="Group", attributedTo=owned["moderators"], featured=owned["featured"])
        carol, page = home.actor("carol", PAIR), f"{home.url}/posts/1"
        for name in ("otto", "mira"):
            home.actor(name, PAIR)
        home.documents["/posts/1"] = {
            "id": page,
            "type": "Page",
            "attributedTo": carol,
            "name": "Indigo",
            "content": "<p>The vat</p>",
            "published": "2026-01-05T09:00:00Z",
            "to": ["as:Public", group],
            "audience": group,
        }
        await peer.follower_of(ada, await peer.account_of(home.documents["/users/dyers"]))
        told = Community(ctx, peer, ada, home, away, group, carol, page)
        assert await told.says(told.did(carol, "Create", home.documents["/posts/1"])) == 202
        assert await told.stands()
        yield told


@pytest.mark.parametrize("kind", ["Like", "EmojiReact"])
async def test_a_vote_of_the_groups_own_people_counts_once_and_is_taken_back(tmp_path, kind):
    async with community(tmp_path) as told:
        like = told.did(f"{told.home.url}/users/mira", kind, told.page)
        assert await told.says(like) == 202
        assert await told.says(like) == 202
        assert await told.likes() == 1
        assert await told.says(told.did(f"{told.home.url}/users/mira", "Undo", like)) == 202
        assert await told.likes() == 0


async def test_a_dislike_is_acknowledged_only(tmp_path):
    async with community(tmp_path) as told:
        assert await told.says(told.did(f"{told.home.url}/users/mira", "Dislike", told.page)) == 202
        assert await told.likes() == 0


async def test_I06_a_group_does_not_vote_for_people_of_other_servers(tmp_path):
    async with community(tmp_path) as told:
        eva = told.away.actor("eva", PAIR)
        assert await told.says(told.did(eva, "Like", told.page)) == 202
        assert await told.likes() == 0
        hers = render.document(told.did(eva, "Like", told.page))
        forged = proofs.attach(hers, key=keys.generate_ed25519().private, key_id=f"{eva}#key", created=0)
        assert await told.says(forged) == 202
        assert await told.likes() == 0


async def test_who_lives_elsewhere_and_proves_it_is_counted(tmp_path):
    async with community(tmp_path) as told:
        pair = keys.generate_ed25519()
        eva = f"{told.away.url}/users/eva"
        multikey = {
            "id": f"{eva}#key",
            "type": "Multikey",
            "controller": eva,
            "publicKeyMultibase": keys.multikey(pair.private.public_key()),
        }
        told.away.actor("eva", PAIR, assertionMethod=[multikey])
        like = render.document(told.did(eva, "Like", told.page))
        assert await told.says(proofs.attach(like, key=pair.private, key_id=f"{eva}#key", created=0)) == 202
        assert await told.likes() == 1


async def test_a_person_hands_nobodys_vote_on(tmp_path):
    async with community(tmp_path) as told:
        mira = f"{told.home.url}/users/mira"
        assert await told.says(told.did(mira, "Like", told.page), by=told.carol) == 202
        assert await told.likes() == 0


async def test_a_vote_within_an_announce_takes_no_more_rights_than_one_by_itself(tmp_path):
    async with community(tmp_path) as told:
        own = await commands.publish(told.ctx, told.ada, Draft("for my followers", Visibility.FOLLOWERS))
        assert await told.says(told.did(f"{told.home.url}/users/mira", "Like", own.uri)) == 202
        assert await told.likes(own.uri) == 0


async def test_who_votes_on_what_is_not_here_is_not_even_asked_for(tmp_path):
    async with community(tmp_path) as told:
        assert await told.says(told.did(f"{told.home.url}/users/mira", "Like", f"{told.home.url}/posts/9")) == 202
        assert "/users/mira" not in told.home.asked


@pytest.mark.parametrize("shape", ["Delete", "Remove"])
async def test_what_a_moderator_removes_stands_in_the_group_no_more_until_it_is_restored(tmp_path, shape):
    async with community(tmp_path) as told:
        otto = f"{told.home.url}/users/otto"
        more = {"audience": told.group, "summary": "twice"} if shape == "Delete" else {"target": told.group}
        removal = told.did(otto, shape, told.page, **more)
        asked = list(told.home.asked)
        assert await told.says(removal) == 202
        assert not await told.stands()
        assert (await told.peer.stored(told.page)).content, "its author has it still"
        assert told.home.asked == asked
        async with told.ctx.db.read() as tx:
            assert await timelines.home(tx, told.ada.id, Page(limit=9)) == []
        assert await told.says(told.did(otto, "Undo", removal)) == 202
        assert await told.stands()
        async with told.ctx.db.read() as tx:
            (shown,) = await timelines.home(tx, told.ada.id, Page(limit=9))
        post = await told.peer.stored(told.page)
        assert (shown.boost_of, shown.published_at) == (post.id, post.published_at)


async def test_I05_a_group_removes_nothing_that_does_not_stand_in_it(tmp_path):
    async with community(tmp_path) as told:
        own = await commands.publish(told.ctx, told.ada, Draft("mine", Visibility.ORGANISATION))
        other = told.home.actor("weavers", PAIR, type="Group")
        await told.peer.account_of(told.home.documents["/users/weavers"])
        otto = f"{told.home.url}/users/otto"
        for uri, by in ((own.uri, told.group), (told.page, other)):
            for kind in ("Delete", "Remove"):
                assert await told.says(told.did(otto, kind, uri, target=by, audience=by), by=by) == 202
        assert await told.stands()
        assert (await told.peer.stored(own.uri)).content
        assert await told.says(told.did(otto, "Undo", told.did(otto, "Delete", own.uri))) == 202
        assert not await told.stands(own.uri), "nor does it take in what was never in it"


async def test_what_one_of_ours_wrote_there_is_removed_from_the_group_alone(tmp_path):
    async with community(tmp_path) as told:
        group = await told.peer.account(told.group)
        own = await commands.publish(told.ctx, told.ada, Draft("hello", Visibility.ORGANISATION, group=group.id))
        assert await told.says(own.uri) == 202
        assert await told.stands(own.uri)
        assert await told.says(told.did(f"{told.home.url}/users/otto", "Delete", own.uri, audience=told.group)) == 202
        assert not await told.stands(own.uri)
        async with told.ctx.db.read() as tx:
            assert await posts.visible_to(tx, own.id, viewer_id=told.ada.id) is not None


async def test_who_looks_after_a_group_and_what_is_on_top_follows_its_word(tmp_path):
    async with community(tmp_path) as told:
        otto, mira = f"{told.home.url}/users/otto", f"{told.home.url}/users/mira"
        await told.peer.account_of(told.home.documents["/users/mira"])

        async def state():
            async with told.ctx.db.read() as tx:
                roles = await tx.all("SELECT role FROM group_roles")
                pinned = await tx.all("SELECT boost_of FROM posts WHERE pinned_at IS NOT NULL")
            return [row["role"] for row in roles], [row["boost_of"] for row in pinned]

        add = told.did(otto, "Add", mira, target=f"{told.group}/moderators")
        pin = told.did(otto, "Add", told.page, target=f"{told.group}/featured")
        assert (await told.says(add), await told.says(pin)) == (202, 202)
        assert await state() == ([Role.MODERATOR], [(await told.peer.stored(told.page)).id])
        foreign = told.did(otto, "Remove", mira, target=f"{told.home.url}/users/weavers/moderators")
        assert await told.says(foreign) == 202
        assert (await state())[0] == [Role.MODERATOR]
        for activity in (add, pin):
            assert await told.says(activity | {"type": "Remove", "id": f"{activity['id']}/back"}) == 202
        assert await state() == ([], [])


async def test_a_closed_conversation_takes_no_answers_until_it_is_opened(tmp_path, database):
    async with community(tmp_path, database) as told:
        comment = f"{told.home.url}/posts/2"
        told.home.documents["/posts/2"] = told.home.documents["/posts/1"] | {
            "id": comment,
            "type": "Note",
            "inReplyTo": told.page,
        }
        assert await told.says(told.did(told.carol, "Create", told.home.documents["/posts/2"])) == 202
        await told.answer()
        lock = told.did(f"{told.home.url}/users/otto", "Lock", told.page)
        assert await told.says(lock) == 202
        for uri in (told.page, comment):
            with pytest.raises(Forbidden, match="takes no more answers"):
                await told.answer(uri)
        assert await told.says(told.did(f"{told.home.url}/users/otto", "Undo", lock)) == 202
        for uri in (told.page, comment):
            await told.answer(uri)


async def test_nobody_is_offered_to_answer_in_a_closed_conversation(tmp_path):
    async with community(tmp_path) as told:
        browser = Browser(told.ctx)
        await browser.sign_in()
        path = f"/posts/{(await told.peer.stored(told.page)).id}"
        lock = told.did(f"{told.home.url}/users/otto", "Lock", told.page)
        for activity, closed in ((lock, True), (told.did(f"{told.home.url}/users/otto", "Undo", lock), False)):
            assert await told.says(activity) == 202
            _, page = await browser.page(path)
            assert ("its group takes no more answers" in page) is closed
            assert ('name="text"' in page) is not closed
            assert (f'hx-get="{path}/reply"' in page) is not closed


async def test_what_comes_into_a_closed_conversation_later_is_closed_as_well(tmp_path):
    async with community(tmp_path) as told:
        assert await told.says(told.did(f"{told.home.url}/users/otto", "Lock", told.page)) == 202
        late = told.home.documents["/posts/1"] | {"id": f"{told.home.url}/posts/2", "inReplyTo": told.page}
        told.home.documents["/posts/2"] = late
        assert await told.says(told.did(told.carol, "Create", late)) == 202
        with pytest.raises(Forbidden, match="takes no more answers"):
            await told.answer(late["id"])


async def test_a_group_closes_no_conversation_that_was_not_begun_in_it(tmp_path):
    async with community(tmp_path) as told:
        own = await commands.publish(told.ctx, told.ada, Draft("for all", Visibility.ORGANISATION))
        assert await told.says(own.uri) == 202
        assert await told.stands(own.uri), "it passes it on, as anybody may"
        assert await told.says(told.did(f"{told.home.url}/users/otto", "Lock", own.uri)) == 202
        await told.answer(own.uri)
        assert (await told.peer.stored(own.uri)).group_id is None


@pytest.mark.parametrize("directly", [True, False])
async def test_a_change_of_the_group_is_read_at_its_origin(tmp_path, directly):
    async with community(tmp_path) as told:
        otto = told.home.actor("otto", PAIR)
        told.home.documents["/users/dyers"] |= {"name": "Dyers and weavers"}
        forged = told.home.documents["/users/dyers"] | {"name": "Forged", "inbox": f"{told.home.url}/elsewhere"}
        update = told.did(otto, "Update", forged)
        if directly:
            assert await told.peer.send_as(keys.Signer(f"{otto}#main-key", PAIR.private), update) == 202
        else:
            assert await told.says(update) == 202
        group = await told.peer.account(told.group)
        assert (group.name, group.inbox) == ("Dyers and weavers", f"{told.group}/inbox")


async def test_nobody_changes_a_group_of_ours_from_elsewhere_nor_another_person(tmp_path):
    async with community(tmp_path) as told:
        signer = keys.Signer(f"{told.home.url}/users/otto#main-key", PAIR.private)
        mine = {"id": f"{told.ctx.settings.url}/users/ada", "type": "Group", "preferredUsername": "ada"}
        mine |= {"inbox": f"{mine['id']}/inbox", "name": "Forged"}
        otto = f"{told.home.url}/users/otto"
        assert await told.peer.send_as(signer, told.did(otto, "Update", mine)) == 202
        assert (await told.peer.account(told.ada.uri)).name != "Forged"
        person = told.home.documents["/users/carol"] | {"name": "Forged"}
        assert await told.peer.send_as(signer, told.did(otto, "Update", person)) == 403
