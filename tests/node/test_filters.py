"""Filters: kept for a member, in both forms, and met by what that member reads."""

import string

from hypothesis import given
from hypothesis import strategies as st

from node.domain.events import FiltersChanged
from node.domain.filters import Keyword, met
from node.domain.polls import DraftPoll
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.domain.words import said
from outbox import posts as commands
from outbox import reactions
from outbox.relationships import follow
from tests.clients import house
from tests.entities import check
from tests.patience import PATIENCE_SECONDS

WORDS = {
    "title": "Rivals",
    "context": ["home", "public"],
    "filter_action": "hide",
    "keywords_attributes": [
        {"keyword": "silk", "whole_word": True},
        {"keyword": "#mill", "whole_word": "false"},
    ],
}


async def test_a_filter_is_made_changed_and_deleted(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada = await home.member("ada")
        made = (await ada.post("/api/v2/filters", WORDS)).body
        check("Filter", made)
        first, second = made["keywords"]
        assert (made["title"], made["context"], made["filter_action"]) == ("Rivals", ["home", "public"], "hide")
        assert (made["expires_at"], made["statuses"]) == (None, [])
        assert [(one["keyword"], one["whole_word"]) for one in (first, second)] == [("silk", True), ("#mill", False)]

        change = {
            "expires_in": 3600,
            "keywords_attributes": [
                {"id": first["id"], "_destroy": True},
                {"id": second["id"], "keyword": "#mills"},
                {"keyword": "dyes"},
            ],
        }
        changed = (await ada.put(f"/api/v2/filters/{made['id']}", change)).body
        assert (changed["title"], changed["expires_at"] is not None) == ("Rivals", True)
        assert [(one["keyword"], one["whole_word"]) for one in changed["keywords"]] == [
            ("#mills", False),
            ("dyes", True),
        ]
        assert (await ada.get(f"/api/v2/filters/{made['id']}")).body == changed
        assert (await ada.get("/api/v2/filters")).body == [changed]

        assert (await ada.delete(f"/api/v2/filters/{made['id']}")).body == {}
        assert (await ada.get("/api/v2/filters")).body == []
        assert (await ada.get(f"/api/v2/filters/{made['id']}")).status == 404


async def test_a_filter_comes_as_a_form_too(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        form = {
            "title": "Rivals",
            "context[]": "thread",
            "keywords_attributes[][keyword]": "wool",
            "keywords_attributes[][whole_word]": "false",
        }
        made = (await ada.post("/api/v2/filters", form=form)).body
        assert (made["context"], made["filter_action"]) == (["thread"], "warn")
        assert [(one["keyword"], one["whole_word"]) for one in made["keywords"]] == [("wool", False)]


async def test_keywords_and_single_posts_have_addresses_of_their_own(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        post = await commands.publish(home.ctx, ada.account, Draft("Noon"))
        made = (await ada.post("/api/v2/filters", {"title": "T", "context": ["home"]})).body
        path = f"/api/v2/filters/{made['id']}"
        word = (await ada.post(f"{path}/keywords", {"keyword": "silk", "whole_word": False})).body
        its_own = f"/api/v2/filters/keywords/{word['id']}"
        assert (await ada.get(f"{path}/keywords")).body == [word]
        assert (await ada.get(its_own)).body == word
        changed = (await ada.put(its_own, {"keyword": "wool"})).body
        assert changed == {"id": word["id"], "keyword": "wool", "whole_word": False}
        assert (await ada.delete(its_own)).body == {}
        assert (await ada.get(its_own)).status == 404

        entry = (await ada.post(f"{path}/statuses", {"status_id": str(post.id)})).body
        its_own = f"/api/v2/filters/statuses/{entry['id']}"
        assert entry["status_id"] == str(post.id)
        assert (await ada.post(f"{path}/statuses", {"status_id": str(post.id)})).body == entry
        assert (await ada.get(f"{path}/statuses")).body == [entry]
        assert (await ada.get(its_own)).body == entry
        assert (await ada.get(path)).body["statuses"] == [entry]
        assert (await ada.delete(its_own)).body == {}
        assert (await ada.get(f"{path}/statuses")).body == []


async def test_filters_are_nobody_elses(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        secret = await commands.publish(home.ctx, ada.account, Draft("For me", Visibility.DIRECT))
        made = (await ada.post("/api/v2/filters", WORDS)).body
        word = made["keywords"][0]["id"]
        for method, path in (
            ("GET", f"/api/v2/filters/{made['id']}"),
            ("PUT", f"/api/v2/filters/{made['id']}"),
            ("DELETE", f"/api/v2/filters/{made['id']}"),
            ("POST", f"/api/v2/filters/{made['id']}/keywords"),
            ("GET", f"/api/v2/filters/keywords/{word}"),
            ("DELETE", f"/api/v2/filters/keywords/{word}"),
            ("DELETE", f"/api/v1/filters/{word}"),
        ):
            assert (await ben.ask(method, path, json={"keyword": "x"})).status == 404, (method, path)
        own = (await ben.post("/api/v2/filters", WORDS)).body
        assert (await ben.post(f"/api/v2/filters/{own['id']}/statuses", {"status_id": secret.id})).status == 404
        assert (await ada.get("/api/v2/filters")).body == [made]


async def test_a_wrong_filter_is_refused_with_what_to_do(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        for wrong, why in (
            ({"title": " "}, "title"),
            ({"context": []}, "home"),
            ({"context": ["kitchen"]}, "home"),
            ({"filter_action": "burn"}, "warn"),
            ({"keywords_attributes": [{"keyword": ""}]}, "keyword"),
            ({"keywords_attributes": ["silk"]}, "keyword"),
            ({"keywords_attributes": [{"keyword": "x" * 513}]}, "keyword"),
            ({"keywords_attributes": [{"keyword": "x"}] * 101}, "100"),
            ({"expires_in": "soon"}, "expires_in"),
        ):
            told = await ada.post("/api/v2/filters", WORDS | wrong)
            assert (told.status, why in told.body["error"]) == (422, True), told
        assert (await ada.post("/api/v2/filters", WORDS | {"keywords_attributes": [{"id": "5"}]})).status == 404
        assert (await ada.get("/api/v2/filters")).body == []


async def test_each_keyword_is_a_filter_for_older_clients(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        made = (await ada.post("/api/v1/filters", {"phrase": "silk", "context": ["home"], "irreversible": True})).body
        check("V1::Filter", made)
        assert (made["phrase"], made["irreversible"], made["whole_word"]) == ("silk", True, True)
        assert (
            (await ada.get("/api/v1/filters")).body == [made] == [(await ada.get(f"/api/v1/filters/{made['id']}")).body]
        )
        changed = (await ada.put(f"/api/v1/filters/{made['id']}", {"phrase": "wool", "context": ["public"]})).body
        assert (changed["phrase"], changed["context"]) == ("wool", ["public"])
        (whole,) = (await ada.get("/api/v2/filters")).body
        await ada.post(f"/api/v2/filters/{whole['id']}/keywords", {"keyword": "dyes"})
        assert (await ada.put(f"/api/v1/filters/{made['id']}", {"irreversible": False})).status == 422
        for one in (await ada.get("/api/v1/filters")).body:
            assert (await ada.delete(f"/api/v1/filters/{one['id']}")).body == {}
        assert (await ada.get("/api/v2/filters")).body == []


async def test_open_streams_hear_that_filters_changed(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        with home.ctx.hub.listen(FiltersChanged) as heard:
            await ada.post("/api/v2/filters", WORDS)
            assert await heard.next(seconds=PATIENCE_SECONDS) == [FiltersChanged(ada.account.id)]


async def test_what_one_reads_says_which_filters_it_meets(tmp_path, database):
    async with house(tmp_path, database=database) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        await follow(home.ctx, ada.account, ben.account.id)
        told = {
            "text": Draft("All about <b>Silk</b>.", Visibility.ORGANISATION),
            "warning": Draft("Nothing", Visibility.ORGANISATION, summary="SILK again"),
            "poll": Draft("Which?", Visibility.ORGANISATION, poll=DraftPoll(("Silk", "Wool"), 3600)),
            "word": Draft("Silky", Visibility.ORGANISATION),
            "other": Draft("Wool", Visibility.ORGANISATION),
        }
        ids = {name: str((await commands.publish(home.ctx, ben.account, draft)).id) for name, draft in told.items()}
        made = (await ada.post("/api/v2/filters", WORDS)).body
        await ada.post(f"/api/v2/filters/{made['id']}/statuses", {"status_id": ids["other"]})
        home = {status["id"]: status["filtered"] for status in (await ada.get("/api/v1/timelines/home")).body}
        for name in ("text", "warning", "poll"):
            (result,) = home[ids[name]]
            check("FilterResult", result)
            assert (result["keyword_matches"], result["status_matches"]) == (["silk"], None), name
            assert result["filter"] == {
                name: made[name] for name in ("id", "title", "context", "expires_at", "filter_action")
            }
        assert home[ids["word"]] == []
        assert home[ids["other"]][0]["status_matches"] == [ids["other"]]
        assert {tuple(one["filtered"]) for one in (await ben.get("/api/v1/timelines/public")).body} == {()}


async def test_what_a_boost_passes_on_meets_filters_too(tmp_path):
    async with house(tmp_path) as home:
        ada, ben = await home.member("ada"), await home.member("ben")
        await follow(home.ctx, ada.account, ben.account.id)
        post = await commands.publish(home.ctx, ada.account, Draft("Silk", Visibility.ORGANISATION))
        await ada.post("/api/v2/filters", WORDS)
        await reactions.boost(home.ctx, ben.account, post.id)
        boost = (await ada.get("/api/v1/timelines/home")).body[0]
        assert boost["reblog"]["id"] == str(post.id)
        assert boost["filtered"] == boost["reblog"]["filtered"] != []


async def test_a_filter_ends_when_it_is_over(tmp_path):
    async with house(tmp_path) as home:
        ada = await home.member("ada")
        post = await commands.publish(home.ctx, ada.account, Draft("Silk"))
        made = (await ada.post("/api/v2/filters", WORDS | {"expires_in": 3600})).body
        assert (await ada.get(f"/api/v1/statuses/{post.id}")).body["filtered"]
        async with home.ctx.change() as change:
            await change.tx.run("UPDATE filters SET expires_at = :now", now=change.now - 1)
        assert (await ada.get(f"/api/v1/statuses/{post.id}")).body["filtered"] == []
        assert [one["id"] for one in (await ada.get("/api/v2/filters")).body] == [made["id"]]


async def test_who_has_no_filters_pays_one_query_for_them(tmp_path, monkeypatch):
    from node.store.filtered import Filters

    async with house(tmp_path) as home:
        ada = await home.member("ada")
        post = await commands.publish(home.ctx, ada.account, Draft("Silk"))
        for count in (1, 5):
            asked = []
            async with home.ctx.db.read() as tx:
                whole = tx.all

                async def counted(sql, /, *, all=whole, asked=asked, **values):
                    asked.append(sql)
                    return await all(sql, **values)

                monkeypatch.setattr(tx, "all", counted, raising=False)
                await Filters.of(tx, ada.account.id, [post] * 20, now=home.ctx.clock())
            assert len(asked) == count
            await ada.post("/api/v2/filters", WORDS)


def test_words_are_found_where_mastodon_finds_them():
    text = said(
        summary="Caution", content="<p>Café<br>de #Weaving</p><p>end</p>", options=["Yes"], descriptions=["A loom"]
    ).casefold()

    def found(word, whole=True):
        return bool(met([Keyword(1, word, whole)], text))

    assert all(found(word) for word in ("caution", "CAFÉ", "de", "#weaving", "weaving", "end", "yes", "loom"))
    assert not any(found(word) for word in ("weav", "oom", "café de end", "br", "eaving"))
    assert all(found(word, whole=False) for word in ("weav", "oom", "caf"))


@given(st.text(max_size=40), st.text(min_size=1, max_size=20), st.booleans())
def test_any_keyword_meets_any_text_or_not(text, word, whole):
    keyword = Keyword(1, word, whole)
    found = met([keyword], text.casefold())
    assert found in ([], [word])
    if not whole:
        assert bool(found) == (word.casefold() in text.casefold())


@given(st.text(string.ascii_letters + string.punctuation, min_size=1, max_size=20))
def test_a_whole_keyword_is_met_between_spaces(word):
    assert met([Keyword(1, word, True)], f"before {word} after".casefold()) == [word]
