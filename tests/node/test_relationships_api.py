"""How members stand to each other, through the client API: follows, blocks, mutes, notes, hashtags."""

from dataclasses import replace

import pytest

from inbox import worker
from node.effects.relationships import end_due_mutes
from node.limits import Limits
from node.store import accounts
from outbox import profiles
from tests.benchmarks.setting import follows
from tests.clients import house
from tests.inbox.peer import HOST, Peer

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def path(client, deed):
    return f"/api/v1/accounts/{client.account.id}/{deed}"


async def relation(one, other):
    answer = await one.get(f"/api/v1/accounts/relationships?id[]={other.account.id}")
    return answer.body[0]


async def home(client):
    return [(one["reblog"] or one)["content"].removeprefix("<p>").removesuffix("</p>") for one in await stream(client)]


async def stream(client):
    return (await client.get("/api/v1/timelines/home?limit=40")).body


def names(answer):
    return [one["username"] for one in answer.body]


async def sent(ctx):
    """What our people told other nodes, by type."""
    async with ctx.db.read() as tx:
        return [row["type"] for row in await tx.all("SELECT type FROM activities ORDER BY id")]


async def test_what_is_wanted_of_a_follow_is_said_with_it_or_later_and_the_home_stream_is_right_at_once(
    tmp_path, database
):
    async with house(tmp_path, database=database) as node:
        ada, ben, eva = [await node.member(name) for name in ("ada", "ben", "eva")]
        post = await eva.write("Indigo")
        await ben.write("Bonjour", language="fr")
        await ben.write("Hello", language="en")
        await ben.post(f"/api/v1/statuses/{post['id']}/reblog")
        answer = await ada.post(path(ben, "follow"), {"reblogs": False, "languages": ["fr"], "notify": True})
        assert answer.body == await relation(ada, ben)
        assert {name: answer.body[name] for name in ("following", "showing_reblogs", "notifying", "languages")} == {
            "following": True,
            "showing_reblogs": False,
            "notifying": True,
            "languages": ["fr"],
        }
        assert await home(ada) == ["Bonjour"]
        answer = await ada.post(path(ben, "follow"), data="reblogs=true&languages[]=fr&languages[]=en", headers=FORM)
        assert (answer.body["showing_reblogs"], answer.body["notifying"]) == (True, True)
        assert await home(ada) == ["Indigo", "Hello", "Bonjour"]
        assert (await ada.post(path(ben, "follow"))).body["languages"] == ["fr", "en"]
        assert (await ada.post(path(ben, "follow"), {"languages": ["Klingon"]})).status == 422
        assert (await ada.post(path(ada, "follow"))).status == 422
        for _ in range(2):
            answer = await ada.post(path(ben, "unfollow"))
            assert (answer.status, answer.body["following"], answer.body["showing_reblogs"]) == (200, False, False)
        assert await home(ada) == []


async def test_one_answer_tells_everything_about_how_one_stands_to_somebody(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        peer = await Peer.known_to(node.ctx, "bob")
        ada, ben, eva = [await node.member(name) for name in ("ada", "ben", "eva")]
        await ada.post(path(ben, "follow"))
        await ben.post(path(ada, "follow"))
        await ada.post(path(ben, "endorse"))
        await ada.post(path(ben, "note"), {"comment": "Knows silk"})
        await ada.post(path(ben, "mute"), {"notifications": False, "duration": 3600})
        await ada.post(path(eva, "block"))
        await ada.post("/api/v1/domain_blocks", {"domain": HOST})
        bob = peer.actors["bob"].id
        answer = await ada.get(f"/api/v1/accounts/relationships?id[]={eva.account.id}&id[]={bob}&id[]={ben.account.id}")
        to_eva, to_bob, to_ben = answer.body
        plain = {
            "following": False, "showing_reblogs": False, "notifying": False, "languages": None, "followed_by": False,
            "blocking": False, "blocked_by": False, "muting": False, "muting_notifications": False,
            "muting_expires_at": None, "requested": False, "requested_by": False, "domain_blocking": False,
            "endorsed": False, "note": "",
        }  # fmt: skip
        assert to_eva == plain | {"id": str(eva.account.id), "blocking": True}
        assert to_bob == plain | {"id": str(bob), "domain_blocking": True}
        assert to_ben.pop("muting_expires_at").endswith("Z")
        del plain["muting_expires_at"]
        assert to_ben == plain | {
            "id": str(ben.account.id), "following": True, "showing_reblogs": True, "followed_by": True, "muting": True,
            "endorsed": True, "note": "Knows silk",
        }  # fmt: skip
        # Ben is told nothing of what Ada keeps to herself, and Eva not that she is blocked.
        told = await relation(ben, ada)
        assert (told["muting"], told["endorsed"], told["note"], told["following"]) == (False, False, "", True)
        assert not any(value for name, value in (await relation(eva, ada)).items() if name != "id")


async def test_a_block_ends_everything_between_two_and_is_told_the_others_node_only(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        peer = await Peer.known_to(node.ctx, "bob")
        ada, bob = await node.member("ada"), peer.actors["bob"]
        await follows(node.ctx, ada.account, bob)
        await follows(node.ctx, bob, ada.account)
        note = peer.note("bob", "Hi @ada", to=["as:Public"], tag=[{"type": "Mention", "href": ada.account.uri}])
        await peer.send("bob", peer.activity("Create", "bob", note))
        assert len((await ada.get("/api/v1/notifications")).body) == 1
        for _ in range(2):
            answer = await ada.post(f"/api/v1/accounts/{bob.id}/block")
            assert (answer.body["blocking"], answer.body["following"], answer.body["followed_by"]) == (
                True,
                False,
                False,
            )
        assert await sent(node.ctx) == ["Undo", "Reject", "Block"]
        assert (await home(ada), (await ada.get("/api/v1/notifications")).body) == ([], [])
        assert names(await ada.get("/api/v1/blocks")) == ["bob"]
        refused = await ada.post(f"/api/v1/accounts/{bob.id}/follow")
        assert (refused.status, "Unblock" in refused.body["error"]) == (422, True)
        for _ in range(2):
            answer = await ada.post(f"/api/v1/accounts/{bob.id}/unblock")
            assert (answer.status, answer.body["blocking"]) == (200, False)
        assert await sent(node.ctx) == ["Undo", "Reject", "Block", "Undo"]
        assert (await ada.get("/api/v1/blocks")).body == []


async def test_whoever_is_blocked_still_finds_the_profile_and_nothing_in_it(tmp_path):
    async with house(tmp_path) as node:
        ada, ben = await node.member("ada"), await node.member("ben")
        await ada.write("For the unit")
        await ben.post(path(ada, "follow"))
        await ada.post(path(ben, "block"))
        assert "Block" not in await sent(node.ctx)
        assert (await ben.get(f"/api/v1/accounts/{ada.account.id}")).body["username"] == "ada"
        assert (await ben.get(path(ada, "statuses"))).body == []
        assert (await ben.get("/api/v1/timelines/public?local=true")).body == []
        assert (await ben.post(path(ada, "follow"))).status == 404
        assert (await ada.post(path(ada, "block"))).status == 422


async def test_who_is_muted_leaves_the_streams_and_comes_back_when_it_ends(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        ada, ben, eva = [await node.member(name) for name in ("ada", "ben", "eva")]
        for one in (ben, eva):
            await ada.post(path(one, "follow"))
            await one.write(f"From {one.account.username}")
        muted = await ada.post(path(ben, "mute"), {"duration": 60})
        assert (muted.body["muting"], muted.body["muting_notifications"]) == (True, True)
        await ada.post(path(eva, "mute"), data="notifications=false", headers=FORM)
        assert await home(ada) == []
        listed = (await ada.get("/api/v1/mutes")).body
        assert [(one["username"], one["mute_expires_at"] is None) for one in listed] == [("eva", True), ("ben", False)]
        assert (await ben.get("/api/v1/mutes")).body == []
        later = replace(node.ctx, clock=lambda: node.ctx.clock() + 61_000)
        assert [await end_due_mutes(node.ctx), await end_due_mutes(later), await end_due_mutes(later)] == [0, 1, 0]
        assert await home(ada) == ["From ben"]
        assert (await ada.post(path(eva, "unmute"))).body["muting"] is False
        assert sorted(await home(ada)) == ["From ben", "From eva"]
        assert (await ada.post(path(ben, "mute"), {"duration": 10**9})).status == 422
        assert (await ada.post(path(ada, "mute"))).status == 422
        assert (await ada.post("/api/v1/accounts/1/mute")).status == 404


async def test_a_hidden_nodes_people_are_neither_followed_nor_seen(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        peer = await Peer.known_to(node.ctx, "bob", "carol")
        ada, ben = await node.member("ada"), await node.member("ben")
        await follows(node.ctx, ada.account, peer.actors["bob"])
        await follows(node.ctx, peer.actors["carol"], ada.account)
        await follows(node.ctx, ben.account, peer.actors["bob"])
        members = f"http://{HOST}/members"
        note = peer.note("bob", "From afar", to=[peer.actors["bob"].followers, members])
        await peer.send("bob", peer.activity("Create", "bob", note))
        assert (await home(ada), await home(ben)) == (["From afar"], ["From afar"])
        for _ in range(2):
            assert (await ada.post("/api/v1/domain_blocks", data=f"domain={HOST.upper()}", headers=FORM)).body == {}
        assert sorted(await sent(node.ctx)) == ["Reject", "Undo"]
        assert (await home(ada), await home(ben)) == ([], ["From afar"])
        bob = f"/api/v1/accounts/relationships?id[]={peer.actors['bob'].id}"
        (told,) = (await ada.get(bob)).body
        assert (told["following"], told["domain_blocking"]) == (False, True)
        assert ((await ada.get("/api/v1/domain_blocks")).body, (await ben.get("/api/v1/domain_blocks")).body) == (
            [HOST],
            [],
        )
        for wrong in ("", "no host", "a@b", "127.0.0.1:8499"):
            assert (await ada.post("/api/v1/domain_blocks", {"domain": wrong})).status == 422, wrong
        assert (await ada.delete(f"/api/v1/domain_blocks?domain={HOST}")).body == {}
        assert (await ada.delete("/api/v1/domain_blocks", {"domain": "never.example"})).body == {}
        assert (await ada.get("/api/v1/domain_blocks")).body == []


async def test_requests_are_listed_and_answered_and_followers_sent_away(tmp_path):
    async with house(tmp_path) as node:
        ada, ben, eva = [await node.member(name) for name in ("ada", "ben", "eva")]
        await ada.ask("PATCH", "/api/v1/accounts/update_credentials", json={"locked": True})
        for one in (ben, eva):
            assert (await one.post(path(ada, "follow"))).body["requested"] is True
        assert (await ada.get("/api/v1/accounts/verify_credentials")).body["source"]["follow_requests_count"] == 2
        first = await ada.get("/api/v1/follow_requests?limit=1")
        second = await ada.get(first.link("next"))
        assert (names(first), names(second)) == (["eva"], ["ben"])
        assert (await ada.get(second.link("next"))).body == []
        assert (await relation(ada, ben))["requested_by"] is True
        granted = await ada.post(f"/api/v1/follow_requests/{ben.account.id}/authorize")
        assert (granted.body["followed_by"], granted.body["requested_by"]) == (True, False)
        await ada.post(f"/api/v1/follow_requests/{eva.account.id}/reject")
        assert (await relation(eva, ada))["requested"] is False
        assert (await ben.get("/api/v1/follow_requests")).body == []
        for _ in range(2):
            gone = await ada.post(path(ben, "remove_from_followers"))
            assert (gone.status, gone.body["followed_by"]) == (200, False)
        assert (await relation(ben, ada))["following"] is False


async def test_one_shows_only_people_whom_one_follows(tmp_path):
    async with house(tmp_path) as node:
        ada, ben = await node.member("ada"), await node.member("ben")
        assert (await ada.post(path(ben, "endorse"))).status == 422
        await ada.post(path(ben, "follow"))
        for deed, shown in (("pin", True), ("endorse", True), ("unpin", False), ("unendorse", False), ("pin", True)):
            answer = await ada.post(path(ben, deed))
            assert (answer.status, answer.body["endorsed"]) == (200, shown)
        assert names(await ada.get("/api/v1/endorsements")) == ["ben"]
        assert names(await ben.get(path(ada, "endorsements"))) == ["ben"]
        assert (await ben.get("/api/v1/endorsements")).body == []
        await ada.post(path(ben, "unfollow"))
        assert (await ada.get("/api/v1/endorsements")).body == []


async def test_a_note_is_for_oneself_and_of_a_certain_length(tmp_path):
    async with house(tmp_path, limits=Limits(account_note_length=10)) as node:
        ada, ben, eva = [await node.member(name) for name in ("ada", "ben", "eva")]
        assert (await ada.post(path(ben, "note"), data="comment=<b>Silk</b>", headers=FORM)).status == 422
        assert (await ada.post(path(ben, "note"), {"comment": "Silk"})).body["note"] == "Silk"
        assert [(await relation(one, ben))["note"] for one in (ada, eva)] == ["Silk", ""]
        assert (await ada.post(path(ben, "note"), {"comment": ""})).body["note"] == ""


async def test_shared_acquaintances_are_told_only_where_nobody_keeps_them_to_themselves(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        ada, ben, eva = [await node.member(name) for name in ("ada", "ben", "eva")]
        await ada.post(path(ben, "follow"))
        await ben.post(path(eva, "follow"))
        asked = f"/api/v1/accounts/familiar_followers?id[]={eva.account.id}&id[]={ben.account.id}"
        nobody = [{"id": str(one.account.id), "accounts": []} for one in (eva, ben)]
        assert (await ada.get(asked)).body == nobody
        for one in (ben, eva):
            assert (await ada.get(asked)).body == nobody
            await one.ask("PATCH", "/api/v1/accounts/update_credentials", json={"hide_collections": False})
        assert [names_of(one["accounts"]) for one in (await ada.get(asked)).body] == [["ben"], []]


def names_of(found):
    return [one["username"] for one in found]


async def test_pages_go_on_and_back_by_the_link_header_alone(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        peer = await Peer.known_to(node.ctx, *[f"p{number}" for number in range(5)])
        ada = await node.member("ada")
        for actor in peer.actors.values():
            await ada.post(f"/api/v1/accounts/{actor.id}/mute")
        newest = [f"p{number}" for number in reversed(range(5))]
        seen, address, pages = [], "/api/v1/mutes?limit=2", []
        while address:
            page = await ada.get(address)
            if page.body:
                seen += names(page)
                pages.append(page)
            address = page.link("next")
        assert (seen, [len(page.body) for page in pages]) == (newest, [2, 2, 1])
        assert "limit=2" in pages[0].link("next")
        assert names(await ada.get(pages[-1].link("prev"))) == newest[2:4]
        assert names(await ada.get(pages[1].link("prev"))) == newest[:2]
        assert len((await ada.get("/api/v1/mutes?limit=1000")).body) == 5


async def test_a_followed_hashtag_brings_posts_home_and_takes_along_only_those(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        ada, ben, eva = [await node.member(name) for name in ("ada", "ben", "eva")]
        await ada.post(path(ben, "follow"))
        await ben.write("From a friend #silk")
        await eva.write("Early #silk")
        await eva.write("For my followers #silk", visibility="private")
        tag = (await ada.post("/api/v1/tags/SILK/follow")).body
        assert (tag["name"], tag["following"], tag["featuring"], len(tag["history"])) == ("silk", True, False, 7)
        assert (tag["history"][0]["uses"], tag["history"][0]["accounts"]) == ("2", "2")
        await eva.write("Late #silk #dye")
        assert len(await home(ada)) == 3
        assert [one["name"] for one in (await ada.get("/api/v1/followed_tags")).body] == ["silk"]
        assert (await eva.get("/api/v1/followed_tags")).body == []
        await ada.post("/api/v1/tags/dye/follow")
        first = await ada.get("/api/v1/followed_tags?limit=1")
        assert [one["name"] for one in (*first.body, *(await ada.get(first.link("next"))).body)] == ["dye", "silk"]
        for _ in range(2):
            assert (await ada.post("/api/v1/tags/silk/unfollow")).body["following"] is False
        assert [one["account"]["username"] for one in await stream(ada)] == ["eva", "ben"]
        await ada.post("/api/v1/tags/dye/unfollow")
        assert [one["account"]["username"] for one in await stream(ada)] == ["ben"]
        assert (await ada.get("/api/v1/tags/no tag")).status == 404


async def test_hashtags_of_a_profile_are_few_and_counted_for_who_looks(tmp_path, database):
    limits = Limits(featured_tags_per_member=2, requests_per_member=1_000)
    async with house(tmp_path, database=database, limits=limits) as node:
        ada, ben = await node.member("ada"), await node.member("ben")
        await ada.write("One #silk #dye")
        await ada.write("Two #silk", visibility="private")
        assert [tag["name"] for tag in (await ada.get("/api/v1/featured_tags/suggestions")).body] == ["silk", "dye"]
        made = (await ada.post("/api/v1/featured_tags", data="name=%23Silk", headers=FORM)).body
        assert (made["name"], made["statuses_count"]) == ("silk", "2")
        assert (await ada.post("/api/v1/tags/silk/feature")).body["featuring"] is True
        assert (await ada.post("/api/v1/featured_tags", {"name": "silk"})).body["id"] == made["id"]
        (seen,) = (await ben.get(path(ada, "featured_tags"))).body
        assert (seen["statuses_count"], seen["last_status_at"][:2]) == ("1", "20")
        await ada.post("/api/v1/tags/dye/feature")
        assert (await ada.post("/api/v1/featured_tags", {"name": "loom"})).status == 422
        assert (await ada.post("/api/v1/featured_tags", {"name": "no tag"})).status == 422
        assert (await ben.delete(f"/api/v1/featured_tags/{made['id']}")).status == 404
        assert (await ada.delete(f"/api/v1/featured_tags/{made['id']}")).body == {}
        assert (await ada.post("/api/v1/tags/dye/unfeature")).body["featuring"] is False
        assert (await ada.get("/api/v1/featured_tags")).body == []


async def test_whoever_leaves_leaves_no_tie_behind(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        ada, ben = await node.member("ada"), await node.member("ben")
        for one, other in ((ada, ben), (ben, ada)):
            await one.post(path(other, "follow"))
            await one.post(path(other, "endorse"))
            await one.post(path(other, "note"), {"comment": "!"})
            await one.post(path(other, "mute"))
            made = await one.post("/api/v1/lists", {"title": "All"})
            await one.post(f"/api/v1/lists/{made.body['id']}/accounts", {"account_ids": [str(other.account.id)]})
        await ben.post("/api/v1/tags/silk/follow")
        await ben.post("/api/v1/tags/silk/feature")
        await ben.post("/api/v1/domain_blocks", {"domain": "loud.example"})
        await ada.delete(f"/api/v1/suggestions/{ben.account.id}")
        async with node.ctx.db.read() as tx:
            account = await accounts.by_id(tx, ben.account.id)
        await profiles.delete(node.ctx, account)
        await worker.drain(node.ctx)
        async with node.ctx.db.read() as tx:
            for table in (
                "follows", "blocks", "mutes", "endorsements", "account_notes", "list_members", "host_mutes",
                "followed_tags", "featured_tags", "dismissed_suggestions",
            ):  # fmt: skip
                row = await tx.one(f"SELECT COUNT(*) AS n FROM {table}")
                assert row["n"] == 0, table
            row = await tx.one("SELECT COUNT(*) AS n FROM lists")
        assert row["n"] == 1, "Ada's own list stays"


@pytest.mark.parametrize("route", ["blocks", "mutes", "domain_blocks", "follow_requests", "followed_tags"])
async def test_a_page_that_is_none_is_refused(tmp_path, route):
    async with house(tmp_path) as node:
        ada = await node.member("ada")
        assert (await ada.get(f"/api/v1/{route}?max_id=ada")).status == 422
        assert (await ada.get(f"/api/v1/{route}/?limit=0")).body == []
