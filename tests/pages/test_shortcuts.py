"""Single keys that do things, where scripts run."""

from playwright.async_api import expect

from tests.pages.windows import home


async def settled(page):
    """Wait until what has just come into the page is live: for a moment its links are links only."""
    # Not with `wait_for_function`: where it has to ask twice, the page's own policy lets no text be run.
    await expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)


async def test_keys_lead_from_post_to_post_and_act_on_the_one_in_focus(tmp_path):
    async with home(tmp_path) as (here, page):
        posts = page.locator("main article.post")
        press = page.keyboard.press
        await press("f")  # nothing is in focus yet
        await press("j")
        await expect(posts.nth(0)).to_be_focused()
        await press("j")
        await press("j")
        await expect(posts.nth(2)).to_be_focused()
        await press("k")
        await expect(posts.nth(1)).to_be_focused()
        outline = await posts.nth(1).evaluate("(post) => getComputedStyle(post).outlineStyle")
        assert outline == "solid"
        post = page.locator(f"#post-{here.posts['code'].id}")
        await post.focus()
        await press("f")
        await expect(post.get_by_role("button", name="Take like back")).to_be_visible()
        await expect(post).to_be_focused()
        await settled(page)
        await press("b")
        await expect(post.get_by_role("button", name="Take back")).to_be_visible()
        await expect(post).to_be_focused()
        await settled(page)
        await press("r")
        text = page.get_by_label("Your reply to Dan Petit")
        await expect(text).to_be_focused()
        await page.keyboard.type("?jfnb/gh")
        await expect(text).to_have_value("?jfnb/gh")
        await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_keys_lead_to_places(tmp_path):
    async with home(tmp_path) as (_, page):
        press = page.keyboard.press
        await press("n")
        await expect(page.get_by_label("What do you want to share?")).to_be_focused()
        await page.locator("h1").evaluate("() => document.activeElement.blur()")
        await press("/")
        await expect(page.get_by_label("Search people, posts and hashtags")).to_be_focused()
        await page.locator("h1").evaluate("() => document.activeElement.blur()")
        await press("g")
        await press("n")
        await page.wait_for_url("**/notifications")
        await press("n")
        await page.wait_for_url("**/compose")
        await press("g")
        await press("h")
        await page.wait_for_url("**/home")


async def test_a_dialog_lists_them_and_gives_the_focus_back(tmp_path):
    async with home(tmp_path) as (_, page):
        await page.keyboard.press("j")
        await page.keyboard.press("?")
        dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
        await expect(dialog.get_by_role("row", name="j Next post")).to_be_visible()
        await page.keyboard.press("j")
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        await expect(page.locator("main article.post").first).to_be_focused()


async def test_who_does_not_want_them_switches_them_off(tmp_path):
    async with home(tmp_path) as (here, page):
        await page.goto(f"{here.url}/settings/appearance")
        await page.get_by_label("Keyboard shortcuts", exact=True).uncheck()
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
        await page.goto(f"{here.url}/home")
        await page.keyboard.press("j")
        await page.keyboard.press("?")
        await expect(page.locator("article.post:focus")).to_have_count(0)
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.goto(f"{here.url}/shortcuts")
        await expect(page.get_by_text("They are switched off.")).to_be_visible()
