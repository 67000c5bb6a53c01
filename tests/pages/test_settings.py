"""Settings and the menu, as a browser without JavaScript meets them."""

import re

from moderation import members
from node.domain.posts import Draft
from node.domain.visibility import Visibility
from outbox import posts, reactions
from tests.node.browser import BROWSER, browser


async def test_a_member_chooses_language_and_appearance(tmp_path, database):
    async with browser(tmp_path, database=database) as ada:
        form = {"csrf": await ada.csrf("/settings/appearance"), "language": "de", "appearance": "dark"}
        assert (await ada.client.post("/settings/appearance", form=form, headers=BROWSER)).status_code == 303
        _, page = await ada.page("/settings/appearance")
        assert '<html lang="de" data-look="dark">' in page
        assert "Aussehen und Sprache" in page
        form = {"csrf": await ada.csrf("/home"), "language": "xx", "appearance": "pink"}
        await ada.client.post("/settings/appearance", form=form, headers=BROWSER)
        assert '<html lang="de" data-look="dark">' in (await ada.page("/home"))[1]


async def test_simple_pages_are_switched_on_and_off_from_the_foot_of_any_page(tmp_path):
    async with browser(tmp_path) as ada:
        for wanted, is_simple in (("on", True), ("off", False)):
            form = {"csrf": await ada.csrf("/people"), "simple": wanted}
            headers = {**BROWSER, "Referer": f"{ada.ctx.settings.url}/people"}
            answer = await ada.client.post("/settings/simple", form=form, headers=headers)
            assert answer.headers["Location"] == "/people"
            assert ("data-simple" in (await ada.page("/home"))[1]) == is_simple


async def test_a_simple_page_has_three_ways_to_go(tmp_path):
    async with browser(tmp_path) as ada:
        form = {"csrf": await ada.csrf("/home"), "simple": "on"}
        await ada.client.post("/settings/simple", form=form, headers=BROWSER)
        _, page = await ada.page("/home")
        menu = page[page.index('<nav class="side"') : page.index("</nav>")]
        assert re.findall(r'<a href="([^"]+)"', menu) == ["/home", "/compose", "/notifications"]


async def test_a_form_from_elsewhere_leads_back_to_a_page_of_ours(tmp_path):
    async with browser(tmp_path) as ada:
        form = {"csrf": await ada.csrf("/home"), "simple": "off"}
        headers = {**BROWSER, "Referer": "https://evil.example/home"}
        answer = await ada.client.post("/settings/simple", form=form, headers=headers)
        assert answer.headers["Location"] == "/home"


async def test_every_entry_of_the_menu_leads_somewhere(tmp_path):
    async with browser(tmp_path) as ada:
        _, menu = await ada.page("/menu")
        _, settings = await ada.page("/settings")
        for path in set(re.findall(r'href="(/[a-z/@-]*)"', menu + settings)):
            answer, page = await ada.page(path)
            assert answer.status_code in (200, 303), path
            assert page.count("<h1") <= 1, path


async def test_bookmarked_posts_are_found_again(tmp_path):
    async with browser(tmp_path) as ada:
        account = await members.named(ada.ctx, "ada")
        kept = await posts.publish(ada.ctx, account, Draft("Kept for later"))
        await posts.publish(ada.ctx, account, Draft("Not kept"))
        await reactions.bookmark(ada.ctx, account, kept.id)
        _, page = await ada.page("/bookmarks")
        assert ("Kept for later" in page, "Not kept" in page) == (True, False)


async def test_news_are_new_until_they_are_read(tmp_path, database):
    async with browser(tmp_path, database=database) as ada:
        ben = await members.add(ada.ctx, username="ben", password="correct horse battery")
        await posts.publish(ada.ctx, ben, Draft("Hello @ada", Visibility.UNIT))
        _, page = await ada.page("/notifications")
        assert ('<b class="count">' in page, "unread" in page) == (True, True)
        newest = re.search(r'name="newest" value="(\d+)"', page)[1]
        form = {"csrf": await ada.csrf("/home"), "newest": newest}
        assert (await ada.client.post("/notifications/read", form=form, headers=BROWSER)).status_code == 303
        _, page = await ada.page("/notifications")
        assert ('<b class="count">' in page, "unread" in page) == (False, False)
        form = {"csrf": await ada.csrf("/home"), "newest": "1"}
        await ada.client.post("/notifications/read", form=form, headers=BROWSER)
        assert '<b class="count">' not in (await ada.page("/home"))[1]
