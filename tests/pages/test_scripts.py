"""Pages in a real browser, where scripts run: posts change in their place, and menus close."""

from playwright.async_api import expect

from node.domain.posts import Draft
from outbox import posts
from tests.pages.windows import home


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


async def test_a_post_is_answered_beneath_it(tmp_path):
    async with home(tmp_path) as (here, page):
        post = page.locator(f"#post-{here.posts['code'].id}")
        await page.evaluate("window.same = true")
        await post.get_by_role("link", name="Reply").click()
        text = page.get_by_label("Your reply to Dan Petit")
        await expect(text).to_be_focused()
        page.expected.append("422")
        form = page.locator(f"#reply-{here.posts['code'].id}.compose")
        await form.get_by_role("button", name="Publish").click()
        await expect(form.get_by_role("alert")).to_contain_text("empty")
        await text.fill("Ask Ben.")
        await form.get_by_role("button", name="Publish").click()
        answer = page.locator(f"#post-{here.posts['code'].id} + article.post")
        await expect(answer).to_contain_text("Ask Ben.")
        await expect(answer).to_be_focused()
        await expect(form).to_have_count(0)
        await expect(post.get_by_role("link", name="Reply").locator(".n")).to_have_text("1")
        await expect(page.locator(".fresh button")).to_be_hidden()
        assert await page.evaluate("window.same")


async def test_a_composer_beneath_a_post_is_there_once_and_can_be_closed(tmp_path):
    async with home(tmp_path) as (here, page):
        reply = page.locator(f"#post-{here.posts['code'].id}").get_by_role("link", name="Reply")
        await reply.click()
        text = page.get_by_label("Your reply to Dan Petit")
        await text.fill("Half a tho")
        await reply.click()
        await expect(text).to_be_focused()
        await expect(text).to_have_value("Half a tho")
        await page.get_by_role("button", name="Cancel").click()
        await expect(text).to_have_count(0)
        await expect(reply).to_be_focused()


async def test_the_preview_of_an_answer_is_a_page_of_its_own(tmp_path):
    async with home(tmp_path) as (here, page):
        await page.locator(f"#reply-{here.posts['code'].id}").click()
        await page.get_by_label("Your reply to Dan Petit").fill("Ask Ben, tomorrow.")
        await page.locator("form.compose .cancel").locator("..").get_by_role("button", name="Preview").click()
        await expect(page.get_by_role("heading", name="How it will look")).to_be_visible()
        assert "Ask Ben, tomorrow." in await page.content()
        assert page.url.endswith("/compose/preview")
