"""Search: people, posts and hashtags by words, as far as the viewer may see them and their authors allow it."""

import asyncio
import sqlite3
from dataclasses import replace
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation import keys
from node.app import DATABASE_FILE
from node.domain.polls import DraftPoll
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.domain.words import Phrase, query, words
from node.store import accounts, reactions
from node.store import search as rows
from node.store import words as word_rows
from node.store.pages import Page
from outbox import posts as commands
from outbox import profiles
from outbox import reactions as liking
from outbox.relationships import follow
from tests.clients import house
from tests.entities import check
from tests.inbox.peer import Peer
from tests.servers import origin

PAIR = keys.generate_rsa()
ORGANISATION, UNIT, FOLLOWERS, DIRECT = (
    Visibility.ORGANISATION, Visibility.UNIT, Visibility.FOLLOWERS, Visibility.DIRECT,
)  # fmt: skip


async def allow(ctx, account, *, indexable=True):
    """Let others find what somebody writes."""
    async with ctx.change() as change:
        current = await accounts.by_id(change.tx, account.id)
        await accounts.update(change.tx, replace(current, indexable=indexable))


async def write(home, by, text, visibility=ORGANISATION, **more):
    return await commands.publish(home.ctx, by.account, Draft(text, visibility, **more))


async def posts(client, q, **more):
    """Return the contents of the posts a client finds, without their markup."""
    rest = "".join(f"&{name}={value}" for name, value in more.items())
    found = await client.get(f"/api/v2/search?type=statuses{rest}&q={quoted(q)}")
    assert found.status == 200, found.body
    return [one["content"].removeprefix("<p>").removesuffix("</p>") for one in found.body["statuses"]]


def quoted(text):
    return quote(text, safe="")


async def test_words_find_posts_whatever_their_case_accents_and_order(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        for text in ("Die Müller kommen am Montag", "Un café à Orléans", "Straßenbahn und Weberei", "Loom no 42"):
            await write(home, ada, text)
        for q, count in {
            "müller": 1, "MULLER": 1, "muell": 0, "mull": 1, "montag müller": 1, "CAFE orleans": 1,
            "strassenbahn": 1, "straße": 1, "42": 1, "web": 1, "bahn": 0, "montag orleans": 0, "loom 43": 0,
        }.items():  # fmt: skip
            assert len(await posts(ada, q)) == count, q


async def test_a_phrase_is_found_in_a_row_and_only_the_last_word_goes_on(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        await write(home, ada, "The red loom stands in the old hall")
        for q, count in {
            '"red loom"': 1, '"loom red"': 0, '"red loo"': 0, '"old hall" red': 1, "red ol": 1, "re old": 0,
            '"red loom': 1, "old-ha": 1, "loom-red": 0,
        }.items():  # fmt: skip
            assert len(await posts(ada, q)) == count, q


async def test_what_hangs_on_a_post_is_found_too(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        await write(home, ada, "Which one?", poll=DraftPoll(("Cochineal", "Indigo"), 3600), summary="Dyes ahead")
        assert [len(await posts(ada, q)) for q in ("cochineal", "dyes", "which dyes", "br")] == [1, 1, 1, 0]


async def test_nobody_finds_anothers_posts_who_does_not_want_that(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        for visibility in (ORGANISATION, UNIT):
            await write(home, ada, f"Cochineal {visibility}", visibility)
        assert len(await posts(ada, "cochineal")) == 2
        assert await posts(ben, "cochineal") == []
        await allow(home.ctx, ada.account)
        assert await posts(ben, "cochineal") == ["Cochineal unit", "Cochineal organisation"]
        await allow(home.ctx, ada.account, indexable=False)
        assert await posts(ben, "cochineal") == []


async def test_what_one_had_in_hand_is_found_again(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        named = await write(home, ada, "Cochineal for @ben", DIRECT)
        liked = await write(home, ada, "Cochineal liked")
        passed_on = await write(home, ada, "Cochineal passed on")
        asked = await write(home, ada, "Cochineal or not?", poll=DraftPoll(("Yes", "No"), 3600))
        await write(home, ada, "Cochineal unseen")
        assert len(await posts(ben, "cochineal")) == 1
        await liking.favourite(home.ctx, ben.account, liked.id)
        await liking.boost(home.ctx, ben.account, passed_on.id)
        await ben.post(f"/api/v1/polls/{asked.id}/votes", {"choices": [0]})
        found = (await ben.get("/api/v2/search?q=cochineal&type=statuses")).body["statuses"]
        assert [one["id"] for one in found] == [str(one.id) for one in (asked, passed_on, liked, named)]
        async with home.ctx.change() as change:
            assert await reactions.of(change.tx, account_id=ben.account.id, post_id=liked.id)
        await liking.unfavourite(home.ctx, ben.account, liked.id)
        assert len(await posts(ben, "cochineal")) == 3


async def test_nothing_is_found_that_one_may_not_see(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        await allow(home.ctx, ada.account)
        await write(home, ada, "Cochineal for friends", FOLLOWERS)
        await write(home, ada, "Cochineal for nobody", DIRECT)
        await write(home, ada, "Cochineal for all")
        assert await posts(ben, "cochineal") == ["Cochineal for all"]
        await follow(home.ctx, ben.account, ada.account.id)
        # What is for few is not for search, even when one may read it as it passes.
        assert await posts(ben, "cochineal") == ["Cochineal for all"]
        await ben.post(f"/api/v1/accounts/{ada.account.id}/mute")
        assert await posts(ben, "cochineal") == []
        await ben.post(f"/api/v1/accounts/{ada.account.id}/unmute")
        await ada.post(f"/api/v1/accounts/{ben.account.id}/block")
        assert await posts(ben, "cochineal") == []


async def test_an_edit_changes_what_is_found(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        made = await ada.write("First cochineal")
        await ada.put(f"/api/v1/statuses/{made['id']}", {"status": "Then indigo"})
        assert [await posts(ada, q) for q in ("cochineal", "indigo")] == [[], ["Then indigo"]]
        await ada.delete(f"/api/v1/statuses/{made['id']}")
        assert await posts(ada, "indigo") == []


async def test_peers_posts_are_found_as_their_authors_wish(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, peer = await home.member("ada"), await Peer.known_to(home.ctx, "bob", "eve")
        await allow(home.ctx, peer.actors["bob"])
        for name in ("bob", "eve"):
            await peer.follower(ada.account, name)
            note = peer.note(name, f"cochineal of {name}", to=["https://www.w3.org/ns/activitystreams#Public"])
            assert await peer.send(name, peer.activity("Create", name, note)) == 202
        assert await posts(ada, "cochineal") == ["cochineal of bob"]
        assert await posts(ada, f"from:bob@{peer.actors['bob'].host} coch") == ["cochineal of bob"]


async def test_search_in_what_one_person_wrote(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        for one in (ada, ben):
            await allow(home.ctx, one.account)
            await write(home, one, f"Cochineal by {one.account.username}")
        assert await posts(ben, "cochineal from:ada") == ["Cochineal by ada"]
        assert await posts(ben, "from:@ada") == ["Cochineal by ada"]
        assert await posts(ben, "from:me coch") == ["Cochineal by ben"]
        assert await posts(ben, "from:nobody cochineal") == []
        assert await posts(ben, "cochineal", account_id=ada.account.id) == ["Cochineal by ada"]


async def test_pages_by_number_and_by_offset(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        made = [await write(home, ada, f"Cochineal {number}") for number in range(5)]
        assert await posts(ada, "cochineal", limit=2) == ["Cochineal 4", "Cochineal 3"]
        assert await posts(ada, "cochineal", limit=2, offset=2) == ["Cochineal 2", "Cochineal 1"]
        assert await posts(ada, "cochineal", limit=2, max_id=made[2].id) == ["Cochineal 1", "Cochineal 0"]
        assert await posts(ada, "cochineal", limit=2, min_id=made[2].id) == ["Cochineal 4", "Cochineal 3"]


async def test_words_that_thousands_of_posts_have_are_looked_for_in_parts(tmp_path, database, monkeypatch):
    monkeypatch.setattr(rows, "_AT_ONCE", 3)
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        made = []
        for number in range(8):
            await write(home, ben, "Cochineal of another")
            made.append(await write(home, ada, f"Cochineal {number}"))
        async with home.ctx.db.read() as tx:

            async def found(page, **more):
                return [one.id for one in await rows.posts(tx, query("coch"), page, viewer_id=ada.account.id, **more)]

            ids = [one.id for one in reversed(made)]
            assert await found(Page()) == ids
            assert await found(Page(limit=3)) == ids[:3]
            assert await found(Page(limit=3), offset=3) == ids[3:6]
            assert await found(Page(limit=3, before=ids[2])) == ids[3:6]
            assert await found(Page(limit=3, after=ids[5], upward=True)) == ids[2:5]
            monkeypatch.setattr(rows, "_MOST_TIMES", 2)
            assert await found(Page()) == ids[:3]
            assert await found(Page(), author_id=ada.account.id) == ids[:6]


async def test_hashtags_are_found_only_where_one_may_see_them(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        for text, visibility in (
            ("#Weberei", UNIT),
            ("#Weben", ORGANISATION),
            ("#Webfehler", FOLLOWERS),
            ("#Wolle", UNIT),
        ):
            await write(home, ada, text, visibility)
        for one, q, names in (
            (ben, "web", ["weben", "weberei"]),
            (ben, "#Weber", ["weberei"]),
            (ada, "web", ["weben", "weberei", "webfehler"]),
            (ben, "_", []),
        ):
            found = (await one.get(f"/api/v2/search?q={quoted(q)}&type=hashtags")).body
            check("Search", found | {"hashtags": []})
            assert [tag["name"] for tag in found["hashtags"]] == names
            older = (await one.get(f"/api/v1/search?q={quoted(q)}")).body
            assert older["hashtags"] == names


async def test_people_posts_and_hashtags_come_together(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        await write(home, ada, "Hello from #adams")
        found = (await ada.get("/api/v2/search?q=ada")).body
        check("Search", found | {"hashtags": []})
        assert [one["acct"] for one in found["accounts"]] == ["ada"]
        assert len(found["statuses"]) == len(found["hashtags"]) == 1
        only = (await ada.get("/api/v2/search?q=ada&type=accounts")).body
        assert (len(only["accounts"]), only["statuses"], only["hashtags"]) == (1, [], [])
        assert (await ada.get("/api/v2/search?q=ada&type=groups")).status == 422
        assert (await ada.get("/api/v2/search?q=%20")).status == 422


async def test_own_addresses_lead_to_what_they_are_of(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        made, secret = await ada.write("Hello"), await ada.write("Hidden", visibility="direct")
        url = home.ctx.settings.url
        for address in (made["url"], made["uri"], f"{url}/posts/{made['id']}", f"{made['url']}/", f"{made['url']}#x"):
            found = (await ben.get(f"/api/v2/search?q={quoted(address)}")).body
            assert [one["id"] for one in found["statuses"]] == [made["id"]], address
        for address in (f"{url}/@ada", f"{url}/users/ada"):
            found = (await ben.get(f"/api/v2/search?q={quoted(address)}&resolve=true")).body
            assert [one["acct"] for one in found["accounts"]] == ["ada"], address
        for address in (secret["url"], f"{url}/posts/1", f"{url}/@nobody", url, f"{url}/settings"):
            found = (await ben.get(f"/api/v2/search?q={quoted(address)}&resolve=true")).body
            assert found == {"accounts": [], "statuses": [], "hashtags": []}, address


async def test_an_address_of_another_node_is_asked_for_when_one_wants_that(tmp_path):
    async with house(tmp_path) as home, origin() as away:
        ada, peer = await home.member("ada"), await Peer.known_to(home.ctx, hosts=[away.host])
        bob = away.actor("bob", PAIR)
        note = {
            "id": f"{bob}/posts/1",
            "type": "Note",
            "attributedTo": bob,
            "content": "<p>From afar</p>",
            "published": "2026-11-01T00:00:00Z",
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
        }
        away.documents["/users/bob/posts/1"] = note
        away.documents["/@bob/1"] = note
        for address, kind in ((f"{away.url}/@bob/1", "statuses"), (bob, "accounts"), (f"{away.url}/gone", "")):
            without = (await ada.get(f"/api/v2/search?q={quoted(address)}")).body
            assert not any(without.values()) or kind == "accounts"
            found = (await ada.get(f"/api/v2/search?q={quoted(address)}&resolve=true")).body
            assert {name for name, some in found.items() if some} == ({kind} if kind else set()), address
        handle = f"bob@{away.host}"
        found = (await ada.get(f"/api/v2/search?q={handle}&resolve=true&type=accounts")).body
        assert [one["acct"] for one in found["accounts"]] == [handle]
        assert await peer.count("posts") == 1


async def test_an_address_of_a_stranger_is_not_asked_for(tmp_path):
    async with house(tmp_path) as home, origin() as away:
        ada = await home.member("ada")
        bob = away.actor("bob", PAIR)
        assert not any((await ada.get(f"/api/v2/search?q={quoted(bob)}&resolve=true")).body.values())
        assert away.asked == []


async def test_hashtags_of_a_message_are_shown_to_who_has_it_and_nobody_looks_for_it_by_them(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        made = await write(home, ada, "@ben about #wages and #Loom", DIRECT)
        await write(home, ada, "For all #loom")
        (seen,) = (await ben.get("/api/v1/conversations")).body
        assert [tag["name"] for tag in seen["last_status"]["tags"]] == ["loom", "wages"]
        for client in (ada, ben):
            assert (await client.get("/api/v1/timelines/tag/wages")).body == []
            assert (await client.get("/api/v2/search?type=hashtags&q=wag")).body["hashtags"] == []
        assert [tag["name"] for tag in (await ada.get("/api/v1/featured_tags/suggestions")).body] == ["loom"]
        edited = await ada.put(f"/api/v1/statuses/{made.id}", {"status": "@ben about #hours"})
        assert [tag["name"] for tag in edited.body["tags"]] == ["hours"]
        async with home.ctx.db.read() as tx:
            names = {row["name"] for row in await tx.all("SELECT name FROM hashtags")}
        assert names == {"", "loom"}


async def test_deleted_words_are_nowhere_in_the_files(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        for number in range(30):  # enough for the index to have several segments
            await write(home, ada, f"canaryword{number} among others")
        made = await ada.write("canarykept canaryedited")
        await ada.put(f"/api/v1/statuses/{made['id']}", {"status": "canarykept"})
        gone = await ada.write("canarydeleted")
        await ada.delete(f"/api/v1/statuses/{gone['id']}")
        async with home.ctx.change() as change:
            for table in ("post_versions", "activities"):  # they keep texts for a while, for reasons of their own
                await change.tx.run(f"DELETE FROM {table}")
        await home.ctx.db.scrub()

        def held(word):
            mask = home.ctx.db.seals.mask(word).encode()
            return [file.name for file in tmp_path.iterdir() if mask in file.read_bytes()]

        assert held("canarykept")
        assert held("canaryedited") == held("canarydeleted") == []
        await profiles.delete(home.ctx, ada.account)
        await home.ctx.db.scrub()
        # The index shortens words by what they have in common, so beginnings are looked for, too.
        assert held("canarykept") == held("canary") == []
        check_index(tmp_path)


def check_index(folder):
    """Let SQLite compare the index with the words it is made of."""
    connection = sqlite3.connect(folder / DATABASE_FILE)
    try:
        connection.execute("INSERT INTO post_index (post_index) VALUES ('integrity-check')")
    finally:
        connection.close()


async def test_whatever_is_typed_is_answered(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        await write(home, ada, 'Cochineal "and" NOT near* OR from:here')

        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.one_of(st.text(max_size=60), st.text("\"*^:()-+{}NOTANDORNEARfrom:# '\\&|!<>", max_size=40)))
        def answered(text):
            typed.append(text)

        typed = []
        await asyncio.to_thread(answered)
        for text in typed:
            found = await ada.get(f"/api/v2/search?q={quoted(text)}")
            assert found.status == (200 if text.replace("\0", " ").strip() else 422), (text, found.body)
        for q in (
            '"',
            "AND",
            "NOT",
            "NEAR(a b)",
            "words:x",
            "^cochineal",
            "a*b",
            "-x",
            "{words}",
            "'",
            "\\",
            "from:",
            "%",
        ):
            assert (await ada.get(f"/api/v2/search?q={quoted(q)}")).status == 200, q


async def test_every_word_of_a_text_finds_it(tmp_path, database):
    texts = []

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.text(min_size=1, max_size=80))
    def told(text):
        texts.append(text)

    await asyncio.to_thread(told)
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        made = await write(home, ada, "x")
        async with home.ctx.change() as change:
            for text in texts:
                await word_rows.put(change.tx, made, text)
                said = words(text)
                asked = [*dict.fromkeys(said), f'"{" ".join(said[:16])}"'] if said else []
                for q in asked:
                    found = await rows.posts(change.tx, query(q), Page(), viewer_id=ada.account.id)
                    assert [post.id for post in found] == [made.id], (text, q)


@given(st.text(max_size=200))
def test_words_of_words_are_the_same_words(text):
    assert words(" ".join(words(text))) == words(text)


def test_what_is_typed_is_understood():
    assert query("") == query(' "" !!! ') == query('"')
    assert query("Red loom").phrases == (Phrase(("red",)), Phrase(("loom",), open=True))
    assert query('"Red loom" x').phrases == (Phrase(("red", "loom")), Phrase(("x",), open=True))
    assert query("e-mail").phrases == (Phrase(("e", "mail"), open=True),)
    assert query("from:Ada@mill.example Loom").author == "Ada@mill.example"
    assert len(query("a " * 1_000).phrases) <= 16
