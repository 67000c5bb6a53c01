"""Files for a post: uploaded where scripts run while one still writes, and described there."""

import asyncio
import base64

from playwright.async_api import expect

from node.store import media
from node.store.pages import Page
from node.store.timelines import wall
from tests.pages.scene import drawn
from tests.pages.windows import home

_GIVE = """([area, kind, name, type, data, text]) => {
  const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0)), transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  if (text) transfer.setData("text/plain", text);
  const more = { bubbles: true, cancelable: true };
  const event = kind === "paste" ? new ClipboardEvent(kind, { ...more, clipboardData: transfer })
    : new DragEvent(kind, { ...more, dataTransfer: transfer });
  return document.querySelector(area).dispatchEvent(event);
}"""


async def give(page, area, kind, *, name="loom.png", content=None, text=""):
    """Drop or paste a file somewhere; tell whether the browser would do what it does by itself."""
    data = base64.b64encode(drawn("#27408b", "#b03a2e") if content is None else content).decode()
    return await page.evaluate(_GIVE, [area, kind, name, "image/png", data, text])


def picture(name="loom.png"):
    return {"name": name, "mimeType": "image/png", "buffer": drawn("#27408b", "#b03a2e")}


async def newest(here, username):
    async with here.ctx.db.read() as tx:
        (post,) = await wall(tx, here.people[username].id, Page(limit=1), viewer_id=here.people[username].id)
        return post, (await media.of_posts(tx, [post.id])).get(post.id, [])


async def test_chosen_files_are_uploaded_shown_and_described(tmp_path):
    async with home(tmp_path) as (here, page):
        form = page.locator("form.compose")
        await form.get_by_text("Files", exact=True).click()
        await expect(form.locator(".slots")).to_be_hidden()
        await form.locator(".drop input").set_input_files([picture(), picture("cloth.png")])
        await expect(form.locator(".kept img")).to_have_count(2)
        first = form.get_by_role("textbox", name="Description of file 1")
        await expect(first).to_be_focused()
        await first.fill("A loom")
        await form.get_by_role("textbox", name="Description of file 2").fill("Cloth")
        await form.get_by_label("Take this file out").nth(1).check()
        await form.locator("textarea").fill("Look")
        await form.get_by_role("button", name="Publish").click()
        await page.wait_for_url("**/posts/*")
        post, files = await newest(here, "ada")
        assert [file.description for file in files] == ["A loom"]
        assert "Look" in post.content


async def test_a_dropped_file_is_taken_and_one_beside_the_composer_does_not_take_the_page_away(tmp_path):
    async with home(tmp_path) as (_, page):
        assert not await give(page, "article.post", "drop")
        assert not await give(page, "form.compose textarea", "dragover")
        await expect(page.locator("form.compose.over")).to_have_count(1)
        assert not await give(page, "form.compose textarea", "drop")
        await expect(page.locator("form.compose .kept img")).to_have_count(1)
        await expect(page.locator("form.compose.over")).to_have_count(0)
        await expect(page.get_by_role("textbox", name="Description of file 1")).to_be_focused()


async def test_a_pasted_file_is_taken_and_writing_goes_on_but_pasted_words_are_words(tmp_path):
    async with home(tmp_path) as (_, page):
        text = page.locator("form.compose textarea")
        await text.focus()
        assert await give(page, "form.compose textarea", "paste", text="A table, and its picture")
        assert not await give(page, "form.compose textarea", "paste")
        await expect(page.locator("form.compose .kept img")).to_have_count(1)
        await expect(text).to_be_focused()
        await expect(page.locator("#said")).to_contain_text("Describe it")


async def test_what_cannot_be_taken_is_said_in_words_and_there_are_no_more_than_so_many(tmp_path):
    async with home(tmp_path) as (_, page):
        page.expected.append("422")
        await give(page, "form.compose textarea", "drop", name="virus.exe", content=b"MZ nothing of ours")
        wrong = page.locator(".uploads [role=alert]")
        await expect(wrong).to_contain_text("Files of this kind are not taken")
        await page.locator(".drop input").set_input_files([picture(f"{number}.png") for number in range(5)])
        await expect(page.locator("form.compose .kept img")).to_have_count(4)
        await expect(wrong).to_have_text("A post takes 4 files at most.")
        await expect(page.locator(".uploads progress")).to_have_count(0)


async def test_a_bar_shows_how_far_a_file_is_and_nothing_is_sent_before_it_is_there(tmp_path):
    async with home(tmp_path) as (_, page):
        held = asyncio.Event()

        async def hold(route):
            await held.wait()
            await route.continue_()

        await page.route("**/compose/files", hold)
        await page.locator("form.compose textarea").fill("Look")
        await give(page, "form.compose textarea", "drop")
        await expect(page.get_by_role("progressbar", name="loom.png")).to_be_visible()
        await page.locator("form.compose").get_by_role("button", name="Publish").click()
        await expect(page.locator("#said")).to_contain_text("still on its way")
        assert page.url.endswith("/home")
        held.set()
        await expect(page.locator("form.compose .kept img")).to_have_count(1)
        await page.locator("form.compose").get_by_role("button", name="Publish").click()
        await page.wait_for_url("**/posts/*")


async def test_an_answer_beneath_a_post_takes_files_too(tmp_path):
    async with home(tmp_path) as (here, page):
        asked = here.posts["code"]
        await page.locator(f"#reply-{asked.id}").click()
        form = page.locator(f"form#reply-{asked.id}")
        await form.get_by_label("Your reply to Dan Petit").fill("So:")
        await give(page, f"form#reply-{asked.id} textarea", "drop")
        await form.get_by_role("textbox", name="Description of file 1").fill("How to")
        await form.get_by_role("button", name="Publish").click()
        await expect(page.locator(f"#post-{asked.id} + article.post").get_by_alt_text("How to")).to_be_visible()
