"""Pages in a real browser, where scripts run: posts change in their place, and menus close."""

import shutil
from contextlib import asynccontextmanager

from playwright.async_api import async_playwright, expect

from node.domain.posts import Draft
from outbox import posts
from tests.pages.scene import scene
from tests.pages.screenshots import sign_in


@asynccontextmanager
async def home(tmp_path):
    """Open Ada's home; what the browser's console says is kept in `page.said`."""
    path = shutil.which("chromium")
    assert path, "There is no Chromium to test with. On Debian: apt-get install chromium"
    async with scene(tmp_path) as here, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        window = await browser.new_context()
        await sign_in(here, window)
        page = await window.new_page()
        said = []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        await page.goto(f"{here.url}/home")
        yield here, page
        await browser.close()
        assert said == []


async def test_a_like_changes_the_post_in_its_place_and_the_button_keeps_the_focus(tmp_path):
    async with home(tmp_path) as (here, page):
        post = page.locator(f"#post-{here.posts['code'].id}")
        button = post.get_by_role("button", name="Like")
        await page.evaluate("window.same = true")
        await button.focus()
        await page.keyboard.press("Enter")
        await expect(post.get_by_role("button", name="Take like back")).to_be_focused()
        assert await page.evaluate("window.same")


async def test_a_vote_shows_the_result_in_its_place(tmp_path):
    async with home(tmp_path) as (here, page):
        post = page.locator(f"#post-{here.posts['poll'].id}")
        await post.get_by_label("Sunday").check()
        await post.get_by_role("button", name="Vote").click()
        await expect(post).to_contain_text("your vote")


async def test_a_post_is_deleted_after_a_question_and_leaves_the_page(tmp_path):
    async with home(tmp_path) as (here, page):
        post = page.locator(f"#post-{here.posts['notice'].id}")
        page.on("dialog", lambda dialog: dialog.accept())
        await post.locator("details.menu > summary").click()
        await post.get_by_role("button", name="Delete everywhere").click()
        await expect(post).to_have_count(0)


async def test_a_menu_closes_with_escape_and_gives_the_focus_back(tmp_path):
    async with home(tmp_path) as (here, page):
        summary = page.locator(f"#post-{here.posts['code'].id} details.menu > summary")
        await summary.focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("details.menu[open]")).to_have_count(1)
        await page.keyboard.press("Escape")
        await expect(page.locator("details.menu[open]")).to_have_count(0)
        await expect(summary).to_be_focused()


async def test_older_posts_come_by_themselves_when_the_end_is_reached(tmp_path):
    async with home(tmp_path) as (here, page):
        for number in range(30):
            await posts.publish(here.ctx, here.people["ben"], Draft(f"Number {number}"))
        await page.goto(f"{here.url}/home")
        await expect(page.locator("article.post")).to_have_count(20)
        await page.keyboard.press("End")
        await expect(page.get_by_text("Number 3", exact=True)).to_have_count(1)
