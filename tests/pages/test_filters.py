"""Filters on pages: made, changed and removed there, and met by what one reads there, as a browser meets it."""

import json
import re
from urllib.parse import urlencode

import pytest

from node.domain.filters import Filter, Keyword
from node.domain.lists import List
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from node.effects import filters as effects
from node.effects import lists
from node.store import filters
from outbox import posts, reactions
from outbox.relationships import follow
from tests.node.test_web import BROWSER, token
from tests.pages.test_finding import desk

EVERYBODY = Visibility.ORGANISATION
FORM = {"title": "Rivals", "does": "warn", "until": "", "word-1": "Silk", "whole-1": "on"}
CONTEXTS = ("home", "notifications", "public", "thread", "account")


async def send(browser, path, **fields):
    """Send a form with several values of a name, too; return status, place and text."""
    body = urlencode({"csrf": token(await browser.page("/settings")), **fields}, doseq=True)
    headers = BROWSER | {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await browser.client.post(path, data=body, headers=headers)
    return answer.status_code, answer.headers.get("Location", ""), await answer.get_data(as_text=True)


async def of(here, username="ada"):
    async with here.ctx.db.read() as tx:
        return await filters.of_member(tx, here.people[username].id)


async def filtering(here, action="warn", contexts=CONTEXTS, word="silk"):
    """Let Ada filter a word."""
    async with here.ctx.change() as change:
        keyword = Keyword(change.new_id(), word, True)
        made = Filter(change.new_id(), here.people["ada"].id, "Rivals", contexts, action, None, (keyword,))
        await effects.add(change, made)
    return made


async def test_a_filter_is_made_changed_and_removed(tmp_path, database):
    async with desk(tmp_path, database=database) as here:
        ada = await here.browser("ada")
        new = "/settings/filters/new"
        form = FORM | {
            "where": ["home", "thread"],
            "until": "3600",
            "word-2": "#mill",
            "word-3": "",
            "word-4": " wool ",
        }
        assert (await send(ada, new, **form))[:2] == (303, "/settings/filters")
        (made,) = await of(here)
        assert (made.title, made.action, made.contexts) == ("Rivals", "warn", ("home", "thread"))
        words = [(one.text, one.whole_word) for one in made.keywords]
        assert words == [("Silk", True), ("#mill", False), ("wool", False)]
        assert 3_590_000 < made.expires_at - here.ctx.clock() <= 3_600_000
        page = await ada.main("/settings/filters")
        assert all(said in page for said in ("Rivals", "#mill", "Home and lists", "until "))

        edit = f"/settings/filters/{made.id}"
        page = await ada.main(edit)
        assert '<option value="keep" selected>' in page
        ids = {f"id-{n}": str(one.id) for n, one in enumerate(made.keywords, start=1)}
        changed = ids | {"title": "Mills", "does": "hide", "where": "public", "until": "keep"}
        changed |= {"word-1": "silk", "word-2": "", "word-3": "Wool", "whole-3": "on", "word-4": "loom"}
        assert await ada.send(edit, **changed) == (303, "/settings/filters")
        (now,) = await of(here)
        assert (now.title, now.action, now.contexts, now.expires_at) == ("Mills", "hide", ("public",), made.expires_at)
        assert [(one.text, one.whole_word) for one in now.keywords] == [
            ("silk", False),
            ("Wool", True),
            ("loom", False),
        ]
        assert [one.id for one in now.keywords][:2] == [made.keywords[0].id, made.keywords[2].id]

        assert await ada.send(f"{edit}/delete", page=edit) == (303, "/settings/filters")
        assert await of(here) == []
        await ada.page(edit, status=404)


async def test_what_was_typed_stays_when_it_is_no_filter_yet(tmp_path):
    async with desk(tmp_path) as here:
        ada = await here.browser("ada")
        form = FORM | {f"word-{n}": f"word{n}" for n in range(1, 9)} | {"until": "86400"}
        status, _, page = await send(ada, "/settings/filters/new", **form)
        assert (status, "Say where the filter applies" in page) == (422, True)
        assert all(f'value="word{n}"' in page for n in range(1, 9))
        assert '<option value="86400" selected>' in page
        assert await of(here) == []


async def test_a_filter_is_its_owners_alone(tmp_path):
    async with desk(tmp_path) as here:
        made, ben = await filtering(here), await here.browser("ben")
        await ben.page(f"/settings/filters/{made.id}", status=404)
        for path in (f"/settings/filters/{made.id}", f"/settings/filters/{made.id}/delete"):
            assert (await ben.send(path, page="/settings", **FORM, where="home"))[0] == 404
        assert await of(here) == [made]


async def places(here, post):
    """Where Ada meets a post of Ben's → the context of filters there."""
    ada, ben = here.people["ada"], here.people["ben"]
    async with here.ctx.change() as change:
        kept = await lists.create(change, List(change.new_id(), ada.id, "Production"))
        await lists.add(change, ada, kept, [ben.id])
    asking = await here.writes("carla", "Which thread?", EVERYBODY)
    answer = await here.writes("ben", "Silk, of course.", EVERYBODY, reply_to_id=asking.id)
    return {
        "/home": "home",
        f"/lists/{kept.id}": "home",
        "/unit": "public",
        "/organisation": "public",
        "/tags/loom": "public",
        "/@ben": "account",
        f"/posts/{asking.id}": "thread",
        f"/posts/{answer.id}": "",
    }


async def silk(here):
    """Ada follows Ben, who writes of silk."""
    await follow(here.ctx, here.people["ada"], here.people["ben"].id)
    return await here.writes("ben", "All about Silk, and a #loom", EVERYBODY)


@pytest.mark.parametrize("context", CONTEXTS)
async def test_a_post_is_folded_where_its_filter_warns_and_nowhere_else(tmp_path, context):
    async with desk(tmp_path) as here:
        found = await places(here, await silk(here))
        await filtering(here, contexts=(context,))
        ada = await here.browser("ada")
        for path, where in found.items():
            page = await ada.main(path)
            assert "Silk" in page, path
            folded = re.search(r"Filtered: Rivals</summary>(?:(?!</details>).)*Silk", page, re.DOTALL)
            assert bool(folded) == (where == context or (not where and context == "thread")), path


@pytest.mark.parametrize("context", CONTEXTS)
async def test_a_post_is_left_out_where_its_filter_hides_it_and_nowhere_else(tmp_path, context):
    async with desk(tmp_path) as here:
        found = await places(here, await silk(here))
        await filtering(here, action="hide", contexts=(context,))
        ada = await here.browser("ada")
        for path, where in found.items():
            assert ("Silk" in await ada.main(path)) == (where != context), path


async def test_a_folded_post_stays_folded_when_a_script_shows_it_anew(tmp_path):
    async with desk(tmp_path) as here:
        post = await silk(here)
        await filtering(here, contexts=("home",))
        ada = await here.browser("ada")
        (where,) = set(re.findall(r"hx-vals='(.*?)'", await ada.main("/home")))
        assert "hx-vals" not in await ada.main("/organisation")
        form = {"csrf": token(await ada.page("/home")), **json.loads(where)}
        path = f"/posts/{post.id}/favourite"
        answer = await ada.client.post(path, form=form, headers=BROWSER | {"HX-Request": "true"})
        article = await answer.get_data(as_text=True)
        assert "Take like back" in article
        assert "Filtered: Rivals" in article
        form["where"] = "organisation"
        answer = await ada.client.post(path, form=form, headers=BROWSER | {"HX-Request": "true"})
        assert "Filtered" not in await answer.get_data(as_text=True)


async def test_a_hidden_post_that_is_asked_for_is_folded(tmp_path):
    async with desk(tmp_path) as here:
        post = await silk(here)
        await filtering(here, action="hide")
        page = await (await here.browser("ada")).page(f"/posts/{post.id}")
        assert "Filtered: Rivals" in page
        assert "Silk" not in re.search(r"<title>(.*?)</title>", page)[1]


async def test_ones_own_posts_and_what_one_keeps_are_shown(tmp_path):
    async with desk(tmp_path) as here:
        post = await silk(here)
        await reactions.bookmark(here.ctx, here.people["ada"], post.id)
        await here.writes("ada", "My own silk", EVERYBODY)
        await filtering(here, action="hide")
        ada = await here.browser("ada")
        assert "My own silk" in await ada.main("/organisation")
        assert "All about Silk" in await ada.main("/bookmarks")
        assert "All about Silk" in await (await here.browser("carla")).main("/organisation")


async def test_what_is_passed_on_and_quoted_meets_filters_too(tmp_path):
    async with desk(tmp_path) as here:
        await follow(here.ctx, here.people["ada"], here.people["carla"].id)
        post = await here.writes("ben", "All about Silk", EVERYBODY, quote_policy="public")
        await here.writes("carla", "Look at this", EVERYBODY, quote_of=post.id)
        await reactions.boost(here.ctx, here.people["carla"], post.id)
        ada = await here.browser("ada")
        assert (await ada.main("/home")).count("All about Silk") == 2
        await filtering(here, action="hide")
        page = await ada.main("/home")
        assert page.count("All about Silk") == page.count("Filtered: Rivals") == 1
        assert "passed on by" not in page


async def test_pictures_alone_are_folded_when_the_filter_says_so(tmp_path):
    async with desk(tmp_path) as here:
        await silk(here)
        await filtering(here, action="blur")
        page = await (await here.browser("ada")).main("/home")
        assert "All about Silk" in page
        assert "Filtered" not in page


async def test_news_of_a_hidden_post_are_left_out_and_warned_of_otherwise(tmp_path):
    async with desk(tmp_path) as here:
        await here.writes("ben", "@ada about silk", EVERYBODY)
        await here.writes("ben", "@ada about wool", EVERYBODY)
        ada = await here.browser("ada")
        assert (await ada.main("/notifications")).count("names you") == 2
        warns = await filtering(here, contexts=("notifications",))
        page = await ada.main("/notifications")
        assert (page.count("names you"), page.count("Filtered: Rivals")) == (2, 1)
        async with here.ctx.change() as change:
            await effects.delete(change, warns)
        await filtering(here, action="hide", contexts=("notifications",))
        assert (await ada.main("/notifications")).count("names you") == 1


async def test_hidden_news_are_read_with_the_others(tmp_path):
    async with desk(tmp_path) as here:
        await here.writes("ben", "@ada about silk", EVERYBODY)
        await filtering(here, action="hide")
        ada = await here.browser("ada")
        until = re.search(r'name="until" value="(\d+)"', await ada.main("/notifications"))[1]
        await ada.send("/notifications/read", page="/notifications", until=until)
        assert 'class="count"' not in await ada.page("/notifications")


async def test_a_single_post_is_put_into_a_filter_from_its_menu_and_taken_out(tmp_path):
    async with desk(tmp_path) as here:
        post = await silk(here)
        ada = await here.browser("ada")
        path = f"/posts/{post.id}/filter"
        assert path in await ada.main("/home")
        assert (await ada.send(path))[0] == 422, "a new filter needs a title"
        status, place = await ada.send(path, title="Enough")
        assert status == 303
        assert "All about Silk" in await ada.main(place)
        assert "Filtered: Enough" in await ada.main("/home")
        (made,) = await of(here)
        assert (made.contexts, made.posts[0].post_id) == (CONTEXTS, post.id)
        other = await here.writes("ben", "And another")
        assert await ada.send(f"/posts/{other.id}/filter", filter=str(made.id)) == (303, place)
        assert (await ada.main("/home")).count("Filtered: Enough") == 2
        form = {"title": "Enough", "does": "warn", "where": "home", "without": str(made.posts[0].id)}
        await ada.send(place, **form)
        assert [one.post_id for one in (await of(here))[0].posts] == [other.id]


async def test_nobody_filters_a_post_they_may_not_see(tmp_path):
    async with desk(tmp_path) as here:
        post = await posts.publish(here.ctx, here.people["ben"], Draft("@carla a secret", Visibility.DIRECT))
        ada = await here.browser("ada")
        await ada.page(f"/posts/{post.id}/filter", status=404)
        made = await filtering(here)
        assert (await ada.send(f"/posts/{post.id}/filter", page="/settings", filter=str(made.id)))[0] == 404
