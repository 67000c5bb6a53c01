"""Accounts through the client API: oneself, others, their walls, and how people are found."""

from dataclasses import replace
from io import BytesIO
from urllib.parse import urlencode

import orjson
import pytest
from werkzeug.datastructures import FileStorage

from federation import render
from moderation import measures
from node.domain.accounts import Role
from node.limits import Limits
from node.store import accounts, media
from node.store.sealed import read_body
from outbox import profiles
from tests.benchmarks.setting import follows
from tests.clients import house
from tests.inbox.peer import HOST, Peer
from tests.member import picture

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
OWN = "/api/v1/accounts/verify_credentials"
UPDATE = "/api/v1/accounts/update_credentials"


def path(client, more=""):
    return f"/api/v1/accounts/{client.account.id}{more}"


def names(answer):
    return [one["username"] for one in answer.body]


async def edit(client, **given):
    answer = await client.ask("PATCH", UPDATE, json=given)
    assert answer.status == 200, answer.body
    return answer.body


async def row(ctx, client):
    async with ctx.db.read() as tx:
        return await accounts.by_id(tx, client.account.id)


# Looking at accounts


async def test_figures_are_for_oneself_and_for_whom_their_owner_shows_them(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        ada, ben = await node.member("ada"), await node.member("ben")
        await ben.write("One")
        await ben.write("@ada two", visibility="direct")
        await ada.post(path(ben, "/follow"))
        counts = ("followers_count", "following_count", "statuses_count")
        own = (await ben.get(OWN)).body
        assert [own[name] for name in counts] == [1, 0, 1]
        assert own["last_status_at"] == own["created_at"][:10]
        seen = (await ada.get(path(ben))).body
        assert ([seen[name] for name in counts], seen["last_status_at"]) == ([0, 0, 0], None)
        await edit(ben, hide_collections=False)
        seen = (await ada.get("/api/v1/accounts/lookup?acct=@ben@127.0.0.1:8499")).body
        assert ([seen[name] for name in counts], seen["last_status_at"]) == ([1, 0, 0], None)
        (embedded,) = (await ada.get("/api/v1/accounts/search?q=ben")).body
        assert [embedded[name] for name in counts] == [0, 0, 0]


async def test_circles_are_told_by_those_who_want_that_of_those_who_want_it(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        peer = await Peer.known_to(node.ctx, "bob")
        ada, ben, eva = [await node.member(name) for name in ("ada", "ben", "eva")]
        for one in (ben, eva):
            await one.post(path(ada, "/follow"))
        await follows(node.ctx, peer.actors["bob"], ada.account)
        hidden = await ben.get(path(ada, "/followers"))
        assert (hidden.body, "Link" in hidden.headers) == ([], False)
        assert names(await ada.get(path(ada, "/followers"))) == ["bob", "eva", "ben"]
        await edit(ada, hide_collections=False)
        assert names(await ben.get(path(ada, "/followers"))) == ["ben"]
        await edit(eva, hide_collections=False)
        assert names(await ben.get(path(ada, "/followers"))) == ["eva", "ben"]
        assert names(await ben.get(path(eva, "/following"))) == ["ada"]
        await ada.post(path(ben, "/follow"))
        assert (names(await ada.get(path(ada, "/following"))), names(await eva.get(path(ada, "/following")))) == (
            ["ben"],
            [],
        )
        await eva.post(path(ben, "/block"))
        assert names(await ben.get(path(ada, "/followers"))) == ["ben"]
        first = await ada.get(path(ada, "/followers?limit=2"))
        assert names(await ada.get(first.link("next"))) == ["ben"]


async def test_who_was_deleted_is_gone_and_who_is_suspended_is_not_there(tmp_path):
    async with house(tmp_path) as node:
        ada, ben, eva = [await node.member(name) for name in ("ada", "ben", "eva")]
        await ada.post(path(ben, "/follow"))
        await ada.post(path(ben, "/block"))
        await profiles.delete(node.ctx, await row(node.ctx, eva))
        await measures.suspend(node.ctx, ben.account.id, reason="A threat.")
        assert [(await ada.get(path(one))).status for one in (eva, ben)] == [410, 404]
        for more in ("/statuses", "/followers", "/following", "/featured_tags", "/endorsements", "/lists", "/mute"):
            for one in (eva, ben):
                answer = await ada.ask("POST" if more == "/mute" else "GET", path(one, more))
                assert answer.status == 404, more
        ids = f"id[]={eva.account.id}&id[]={ada.account.id}&id[]={ben.account.id}&id=1"
        assert names(await ada.get(f"/api/v1/accounts?{ids}")) == ["ada"]
        for name in ("ben", "eva", ""):
            assert (await ada.get(f"/api/v1/accounts/lookup?acct={name}")).status == 404
            assert (await ada.get(f"/api/v1/accounts/search?resolve=true&q={name}")).body == []
        # What binds one to somebody suspended can be undone all the same.
        assert (await ada.post(path(ben, "/unblock"))).body["blocking"] is False
        assert (await ada.get("/api/v1/accounts?id[]=x")).status == 422


async def test_a_wall_is_read_as_it_is_asked_for(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        ada, ben = await node.member("ada"), await node.member("ben")
        plain = await ada.write("Plain #silk")
        await ada.write("More", in_reply_to_id=plain["id"])
        of_ben = await ben.write("From Ben")
        await ada.write("@ben answer", in_reply_to_id=of_ben["id"])
        await ada.post(f"/api/v1/statuses/{of_ben['id']}/reblog")
        await ada.write("For followers", visibility="private")
        await ada.post(f"/api/v1/statuses/{plain['id']}/pin")

        async def seen(query=""):
            found = (await ben.get(path(ada, f"/statuses?{query}"))).body
            return ["boost" if one["reblog"] else one["content"].removeprefix("<p>")[:5] for one in found]

        assert await seen() == ["boost", "<span", "More<", "Plain"]
        assert await seen("exclude_replies=true") == ["boost", "More<", "Plain"]
        assert await seen("exclude_reblogs=1&limit=2") == ["<span", "More<"]
        assert await seen("tagged=Silk") == ["Plain"]
        assert await seen("pinned=true") == ["Plain"]
        assert await seen("only_media=true") == []
        page = await ben.get(path(ada, "/statuses?limit=3&exclude_reblogs=true"))
        assert "exclude_reblogs=true" in page.link("next")
        assert (await ben.get(page.link("next"))).body == []
        assert (await ben.get(path(ada, "/statuses?pinned=true"))).link("next") is None


async def test_an_account_that_moved_points_to_the_other(tmp_path):
    async with house(tmp_path) as node:
        peer = await Peer.known_to(node.ctx, "bob")
        ada, ben = await node.member("ada"), await node.member("ben")
        async with node.ctx.change() as change:
            await accounts.update(change.tx, replace(ben.account, moved_to=peer.actors["bob"].uri))
        assert (await ada.get(path(ben))).body["moved"]["acct"] == f"bob@{HOST}"
        assert "moved" not in (await ada.get(path(ada))).body


# Oneself


async def test_what_one_tells_of_oneself_comes_back_as_typed_and_as_shown(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        ada, ben = await node.member("ada"), await node.member("ben")
        pairs = [
            ("Position", "R&D <3"),
            ("Skills", "dyes, silk,,dyes"),
            ("Site", "https://lyon.example/a?b=c."),
            ("", "without a name it is none"),
        ]
        form = "&".join(
            f"fields_attributes[{7 - place}][{key}]={value.replace('&', '%26')}"
            for place, pair in enumerate(pairs)
            for key, value in zip(("name", "value"), pair, strict=True)
        )
        form += "&display_name=Ada+Martin&note=I+*dye*+silk&bot=1&locked=true&discoverable=on&indexable=true"
        answer = await ada.ask("PATCH", UPDATE, data=form, headers=FORM)
        assert answer.status == 200, answer.body
        seen = (await ben.get(path(ada))).body
        assert (seen["display_name"], seen["note"]) == ("Ada Martin", "<p>I <em>dye</em> silk</p>")
        assert [seen[name] for name in ("bot", "locked", "discoverable", "indexable", "hide_collections")] == [True] * 5
        link = '<a href="https://lyon.example/a?b=c" rel="nofollow noopener noreferrer">https://lyon.example/a?b=c</a>.'
        assert [(one["name"], one["value"]) for one in seen["fields"]] == [
            ("Position", "R&amp;D &lt;3"),
            ("Skills", "dyes, silk"),
            ("Site", link),
        ]
        source = (await ada.get(OWN)).body["source"]
        typed = [{"name": name, "value": value, "verified_at": None} for name, value in pairs[:3]]
        typed[1]["value"] = "dyes, silk"
        assert (source["fields"], source["note"]) == (typed, "I *dye* silk")
        account = await row(node.ctx, ada)
        assert (account.position, account.skills) == ("R&D <3", ("dyes", "silk"))
        # Sent back as it came, nothing changes; what is left out is taken away.
        assert (await edit(ada, fields_attributes=source["fields"]))["source"]["fields"] == typed
        await edit(ada, fields_attributes=typed[2:], bot=False)
        account = await row(node.ctx, ada)
        assert (account.position, account.skills, account.bot) == ("", (), False)
        assert (await edit(ada, display_name=" "))["display_name"] == "ada"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"display_name": "x" * 21}, "20 characters"),
        ({"note": "x" * 41}, "40 characters"),
        ({"fields_attributes": [{"name": "x" * 21, "value": "x"}]}, "20 characters"),
        ({"fields_attributes": [{"name": "x", "value": "x" * 31}]}, "30 characters"),
        ({"fields_attributes": [{"name": name, "value": "x"} for name in "abc"]}, "2 fields"),
        ({"fields_attributes": ["x"]}, "a name and a value"),
        ({"avatar_description": "x" * 11}, "10 characters"),
        ({"source": {"privacy": "everybody"}}, "audience"),
        ({"source": {"language": "Klingon"}}, "language"),
        ({"source": {"quote_policy": "friends"}}, "quote_policy"),
        ({"source": "x"}, "source"),
    ],
    ids=str,
)
async def test_what_cannot_be_kept_is_refused_whole_and_with_a_reason(tmp_path, given, said):
    limits = Limits(name_length=20, bio_length=40, profile_fields=2, field_length=30, alt_length=10)
    async with house(tmp_path, limits=limits) as node:
        ada = await node.member("ada")
        answer = await ada.ask("PUT", UPDATE, json={"display_name": "New", **given, "locked": True})
        assert (answer.status, said in answer.body["error"]) == (422, True), answer.body
        account = await row(node.ctx, ada)
        assert (account.name, account.locked) == ("ada", False)


async def test_how_one_writes_is_kept_and_told_by_every_route_that_tells_it(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        ada = await node.member("ada")
        before = (await ada.get(OWN)).body["source"]
        assert [before[name] for name in ("privacy", "sensitive", "language", "quote_policy")] == [
            "unlisted", False, None, "nobody",
        ]  # fmt: skip
        form = "source[privacy]=private&source[sensitive]=true&source[language]=de&source[quote_policy]=followers"
        answer = await ada.ask("PATCH", UPDATE, data=form, headers=FORM)
        changed = {"privacy": "private", "sensitive": True, "language": "de", "quote_policy": "followers"}
        assert answer.body["source"] == before | changed
        assert (await ada.get("/api/v1/preferences")).body == {
            "posting:default:visibility": "private",
            "posting:default:sensitive": True,
            "posting:default:language": "de",
            "posting:default:quote_policy": "followers",
            "reading:expand:media": "default",
            "reading:expand:spoilers": False,
            "reading:autoplay:gifs": False,
        }
        status = await ada.write("Hallo")
        assert (status["visibility"], status["sensitive"], status["language"]) == ("private", True, "de")
        assert (await edit(ada, source={"language": ""}))["source"] == before | changed | {"language": None}


async def test_a_picture_has_a_new_address_and_the_old_one_is_erased(tmp_path):
    async with house(tmp_path) as node:
        ada = await node.member("ada")
        before = await edit(ada, display_name="Ada")
        kept = []
        for size in ((120, 80), (60, 60)):
            files = {"avatar": FileStorage(BytesIO(picture(size)), "a.jpg"), "header": FileStorage(BytesIO(b""), "")}
            form = {"avatar_description": "A loom", "note": "Hello"}
            answer = await ada.ask("PATCH", UPDATE, files=files, form=form)
            assert (answer.status, answer.body["note"]) == (200, "<p>Hello</p>"), answer.body
            assert answer.body["avatar"] not in (before["avatar"], *kept)
            assert (answer.body["header"], answer.body["avatar_description"]) == (before["header"], "A loom")
            kept.append(answer.body["avatar"])
        account = await row(node.ctx, ada)
        async with node.ctx.db.read() as tx:
            (old,) = await media.doomed(tx, now=node.ctx.clock())
        assert old != account.icon_file != ""
        profile = (await ada.get("/api/v1/profile")).body
        assert (profile["avatar"], profile["header"]) == (kept[-1], None)
        picture_gone = (await ada.delete("/api/v1/profile/avatar")).body
        assert (picture_gone["avatar"], picture_gone["avatar_description"]) == (before["avatar"], "")
        assert (await ada.get("/api/v1/profile")).body["avatar"] is None
        assert (await ada.delete("/api/v1/profile/header")).status == 200
        broken = {"header": FileStorage(BytesIO(b"no picture"), "a.jpg")}
        assert (await ada.ask("PATCH", UPDATE, files=broken, form={})).status == 422


async def test_the_profile_of_mastodon_4_6_is_read_and_changed(tmp_path):
    async with house(tmp_path) as node:
        ada = await node.member("ada")
        await ada.post("/api/v1/tags/silk/feature")
        await edit(ada, fields_attributes={"0": {"name": "Site", "value": "Lyon"}}, note="Hello")
        answer = await ada.ask("PATCH", "/api/v1/profile", json={"display_name": "Ada", "header_description": "A vat"})
        assert answer.body == (await ada.get("/api/v1/profile")).body
        assert (answer.body["note"], answer.body["fields"][0]["value"]) == ("Hello", "Lyon")
        assert (answer.body["header_description"], answer.body["avatar_description"]) == ("A vat", "")
        assert [tag["name"] for tag in answer.body["featured_tags"]] == ["silk"]
        assert (await ada.put("/api/v1/profile", {"locked": True})).body["locked"] is True


@pytest.mark.parametrize(("role", "permissions"), [(Role.MEMBER, 0), (Role.MODERATOR, 1040), (Role.ADMIN, 1_048_575)])
async def test_a_role_is_told_as_mastodon_counts_permissions(tmp_path, role, permissions):
    async with house(tmp_path) as node:
        ada = await node.member("ada", role=role)
        assert (await ada.get(OWN)).body["role"]["permissions"] == str(permissions)


async def test_a_client_that_may_only_know_who_one_is_learns_that(tmp_path):
    async with house(tmp_path) as node:
        ada = await node.member("ada")
        reader = await node.client(ada.account, scopes="profile")
        assert [(await reader.get(one)).status for one in (OWN, "/api/v1/profile")] == [200, 200]
        assert (await reader.get(path(ada))).status == 403
        assert (await reader.ask("PATCH", UPDATE, json={"display_name": "X"})).status == 403


async def test_other_nodes_are_told_what_changed_and_nothing_when_nothing_did(tmp_path):
    async with house(tmp_path) as node:
        peer = await Peer.known_to(node.ctx, "bob")
        ada = await node.member("ada")
        await follows(node.ctx, peer.actors["bob"], ada.account)
        assert (await peer.get("bob", ada.account.uri))["discoverable"] is False
        fields = [{"name": "Position", "value": "Dyer"}, {"name": "Site", "value": "Lyon & Graz"}]
        await edit(ada, fields_attributes=fields, discoverable=True, indexable=True, bot=True)
        await edit(ada, discoverable=True, source={"sensitive": True})
        async with node.ctx.db.read() as tx:
            (sent,) = await tx.all("SELECT type, body FROM activities")
        said = orjson.loads(read_body(tx, sent["body"]))["object"]
        assert (sent["type"], said["type"]) == ("Update", "Service")
        assert (said["discoverable"], said["indexable"]) == (True, True)
        assert [(one["name"], one["value"]) for one in said["attachment"]] == [
            ("Position", "Dyer"),
            ("Site", "Lyon &amp; Graz"),
        ]
        found = await peer.get("bob", ada.account.uri)
        assert (found["jobTitle"], found["attachment"]) == ("Dyer", said["attachment"])


async def test_what_another_node_tells_of_somebody_is_read_back_as_it_was_typed(tmp_path):
    async with house(tmp_path) as node:
        peer = await Peer.known_to(node.ctx, "bob")
        fields = (("Site", "Lyon &amp; <b>Graz</b>"),)
        bob = replace(peer.actors["bob"], position="R&D", fields=fields, bot=True)
        async with node.ctx.db.read() as tx:
            keys = await accounts.keys_of(tx, bob.id)
        told = render.actor(bob, keys=keys, base=f"http://{HOST}")
        stored = await peer.account_of(told)
        assert (stored.position, stored.fields, stored.kind) == ("R&D", fields, "Service")
        ada = await node.member("ada")
        assert (await ada.get(f"/api/v1/accounts/{stored.id}")).body["bot"] is True


# Finding people


async def test_people_are_found_by_what_they_tell_and_only_as_far_as_they_want(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        peer = await Peer.known_to(node.ctx, "bob", "carol", "dora")
        ada, ben, elodie = [await node.member(name) for name in ("ada", "ben", "elodie")]
        told = {"Department": "Färberei", "Skills": "Dyeing"}
        pairs = [{"name": name, "value": value} for name, value in told.items()]
        await edit(elodie, display_name="Élodie Grüner", fields_attributes=pairs)
        await edit(ben, fields_attributes=[{"name": "Skills", "value": "Silk, dye_house"}])
        async with node.ctx.change() as change:
            for name in ("bob", "dora"):
                await accounts.update(change.tx, replace(peer.actors[name], name="Silk", discoverable=name == "dora"))
        await follows(node.ctx, ada.account, peer.actors["carol"])

        async def found(query, **more):
            return names(await ada.get(f"/api/v1/accounts/search?{urlencode({'q': query, **more})}"))

        assert await found("elodie") == await found("GRUN Elod") == await found("färb") == ["elodie"]
        assert await found("loden") == [], "a word is found by its beginning"
        assert (await found("DYE"), await found("dye_")) == (["ben", "elodie"], ["ben"])
        assert await found("%") == await found("_%") == await found("") == []
        assert await found("silk") == ["ben", "dora"], "Bob wants to be found by his colleagues only"
        assert await found("silk", limit=1) == ["ben"]
        assert await found("silk", limit=1, offset=1) == ["dora"]
        assert await found("carol") == ["carol"], "whom one follows one finds"
        assert (await found("bob"), await found(f"@bob@{HOST}"), await found(f"BOB@{HOST}", resolve="true")) == (
            [],
            ["bob"],
            ["bob"],
        )
        for handle in ("ben", "@ben", "ben@127.0.0.1:8499", "@Ben@127.0.0.1:8499"):
            assert (await found(handle, resolve="true"))[0] == "ben"
        assert await found("carol", following="true") == ["carol"]
        assert await found("ben", following="true") == []
        assert await found("somebody@127.0.0.1:1", resolve="true") == []
        assert await found("a@b@c@d", resolve="true") == await found("x\0y@z", resolve="true") == []
        await ben.post(path(ada, "/block"))
        assert await found("silk") == ["dora"], "neither finds the other by chance"
        assert await found("ben") == ["ben"], "but by the name, to undo what one did oneself"


async def test_who_follows_is_first_among_equals(tmp_path):
    async with house(tmp_path) as node:
        clients = {name: await node.member(name) for name in ("ada", "weaver_a", "weaver_b", "weaver")}
        ada = clients["ada"]
        await ada.post(path(clients["weaver_b"], "/follow"))
        assert names(await ada.get("/api/v1/accounts/search?q=weaver")) == ["weaver", "weaver_b", "weaver_a"]


async def test_nobody_is_found_whose_word_only_looks_alike_in_the_index(tmp_path):
    async with house(tmp_path) as node:
        ada, ben = await node.member("ada"), await node.member("ben")
        seen = {}
        for sign in map(chr, range(0x4E00, 0x9FFF)):
            other = seen.setdefault(node.ctx.db.seals.mask(sign), sign)
            if other != sign:
                break
        await edit(ben, display_name=sign)
        assert names(await ada.get(f"/api/v1/accounts/search?{urlencode({'q': sign})}")) == ["ben"]
        assert names(await ada.get(f"/api/v1/accounts/search?{urlencode({'q': other})}")) == []


async def test_the_directory_lists_only_who_wants_to_be_listed(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        peer = await Peer.known_to(node.ctx, "bob")
        ada, ben, eva = [await node.member(name) for name in ("ada", "ben", "eva")]
        assert (await ada.get("/api/v1/directory")).body == []
        for one in (eva, ben):
            await edit(one, discoverable=True)
        async with node.ctx.change() as change:
            await accounts.update(change.tx, replace(peer.actors["bob"], discoverable=True))
        assert names(await ada.get("/api/v1/directory")) == ["ben", "bob", "eva"]
        assert names(await ada.get("/api/v1/directory?local=true&order=new")) == ["eva", "ben"]
        first = await ada.get("/api/v1/directory?limit=2")
        second = await ada.get(first.link("next"))
        assert (names(second), second.link("next")) == (["eva"], None)
        await ada.post(path(eva, "/mute"))
        await ben.post(path(ada, "/block"))
        assert names(await ada.get("/api/v1/directory")) == ["bob"]


async def test_colleagues_are_suggested_until_they_are_followed_or_dismissed(tmp_path, database):
    async with house(tmp_path, database=database) as node:
        await Peer.known_to(node.ctx, "bob")
        clients = {name: await node.member(name) for name in ("ada", "ben", "eva", "fay")}
        ada, ben, eva, fay = clients.values()
        dyers = [{"name": "Department", "value": "Dyeing"}]
        for one in (ada, ben):
            await edit(one, fields_attributes=dyers)
        assert names(await ada.get("/api/v1/suggestions")) == ["ben", "fay", "eva"]
        assert names(await ada.get("/api/v1/suggestions?limit=1")) == ["ben"]
        await ada.post(path(ben, "/follow"))
        assert (await ada.delete(f"/api/v1/suggestions/{fay.account.id}")).body == {}
        (left,) = (await ada.get("/api/v2/suggestions")).body
        assert left["account"]["username"] == "eva"
        assert "fay" in names(await eva.get("/api/v1/suggestions"))
