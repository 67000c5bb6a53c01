"""Reading without a network, in a browser: for whom, how long, and what is never kept."""

import json

from playwright.async_api import expect

from node.config import Look
from node.domain.posts import Draft
from outbox import posts
from tests.pages.app import app
from themes import loader

_ALL_KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) found.push(new URL(request.url).pathname);
  }
  return found;
}"""
_BROKEN = "[...document.images].filter((one) => one.complete && !one.naturalWidth).map((one) => one.src)"


async def test_nothing_is_kept_until_the_member_wants_it(tmp_path):
    async with app(tmp_path) as here:
        await here.open("/posts/" + str(here.here.posts["picture"].id))
        await here.open("/home")
        assert await here.kept() == []
        paths = await here.page.evaluate(_ALL_KEPT)
        assert {path for path in paths if not path.startswith("/static/")} == {"/offline"}
        await here.window.set_offline(True)
        await here.open("/home")
        await expect(here.page.get_by_role("heading", level=1)).to_have_text("You are offline")
        await expect(here.page.locator("article")).to_have_count(0)


async def test_the_last_stream_is_read_without_a_network_as_it_was_then(tmp_path):
    async with app(tmp_path) as here:
        await here.keep()
        await posts.publish(here.here.ctx, here.here.people["ben"], Draft("The looms are oiled."))
        await here.open("/home")
        await here.until("caches.match('/home').then((page) => page.text()).then((text) => text.includes('oiled'))")
        await here.window.set_offline(True)
        await here.open("/home")
        await expect(here.page.get_by_role("status").first).to_contain_text("You are offline. This is as of ")
        await expect(here.page.get_by_text("The looms are oiled.")).to_be_visible()
        assert await here.page.locator("main form, main button, input[name=csrf]").count() == 0
        await here.page.locator("article img").first.scroll_into_view_if_needed()
        assert await here.page.evaluate(_BROKEN) == []
        style = "getComputedStyle(document.querySelector('.post')).borderRadius"
        assert await here.page.evaluate(style) != "0px", "it has its style"
        await here.open("/people")
        await expect(here.page.get_by_role("heading", level=1)).to_have_text("You are offline")
        await here.window.set_offline(False)
        await here.open("/home")
        await expect(here.page.get_by_label("What do you want to share?")).to_be_visible()


async def test_the_page_without_a_network_speaks_the_members_language(tmp_path):
    async with app(tmp_path, locale="fr") as here:
        await here.here.comfort("ada", language="de")
        await here.open("/home")
        await here.until("caches.match('/offline').then((page) => page?.headers.get('Content-Language') === 'de')")
        await here.window.set_offline(True)
        await here.open("/people")
        await expect(here.page.get_by_role("heading", level=1)).to_have_text("Du bist offline")


async def test_nothing_is_left_after_the_sign_out(tmp_path):
    async with app(tmp_path) as here:
        await here.keep()
        await here.open("/home")
        await here.page.get_by_role("button", name="Sign out").click()
        await here.page.wait_for_url(f"{here.here.url}/")
        assert await here.page.evaluate("localStorage.length") == 0
        # What the worker had under way when it was sent off ends first.
        await here.until("caches.keys().then((names) => names.length)", is_so=False)
        await here.until("navigator.serviceWorker.getRegistrations().then((all) => all.length)", is_so=False)


async def test_a_sign_out_that_does_not_reach_the_node_erases_it_as_well(tmp_path):
    async with app(tmp_path) as here:
        await here.keep()
        await here.open("/home")
        await here.window.set_offline(True)
        async with here.page.expect_event("requestfailed"):
            await here.page.get_by_role("button", name="Sign out").click(no_wait_after=True)
        await here.page.wait_for_url("chrome-error://**")
        await here.open("/home")
        await here.nothing_kept()
        await here.open("/home")
        await expect(here.page.get_by_role("heading", level=1)).to_have_text("You are offline")


async def test_somebody_else_at_the_same_browser_never_sees_it(tmp_path):
    async with app(tmp_path) as here:
        await here.keep()
        (ada,) = await here.kept()
        await here.without_a_session()
        await here.open("/home")
        await here.page.wait_for_url("**/sign-in**")
        await here.nothing_kept()
        await here.signs_in("ben")
        await here.open("/home")
        assert await here.kept() == []
        await here.keep()
        (ben,) = await here.kept()
        assert ben != ada
        await here.without_a_session()
        await here.signs_in("ada")
        await here.nothing_kept()


async def test_it_is_erased_when_the_member_wants_it_no_more_and_when_it_is_old(tmp_path):
    async with app(tmp_path) as here:
        await here.keep()
        await here.page.get_by_label("Keep the last stream on this device").uncheck()
        await here.nothing_kept()
        await here.page.get_by_label("Keep the last stream on this device").check()
        await here.until("caches.match('/home').then(Boolean)")
        await here.page.evaluate("""async () => {
          for (const name of await caches.keys()) {
            if (!name.startsWith("kept-")) continue;
            const page = await caches.match("/home", { cacheName: name });
            const headers = new Headers(page.headers);
            headers.set("Kept-Until", String(Date.now() - 1));
            await (await caches.open(name)).put("/home", new Response(await page.text(), { headers }));
          }
        }""")
        await here.window.set_offline(True)
        await here.open("/home")
        await expect(here.page.get_by_role("heading", level=1)).to_have_text("You are offline")
        assert await here.kept() == []


async def test_a_new_look_takes_the_place_of_the_old_one_and_what_is_kept_has_it(tmp_path):
    async with app(tmp_path) as here:
        await here.keep()
        looks = loader.load(Look(theme="meadow"))
        here.here.node.app.config["LOOKS"] = looks
        await here.open("/home")
        version = json.loads(looks.worker.partition(b"= ")[2].partition(b";")[0])["version"]
        await here.until(
            f"caches.keys().then((all) => all.filter((one) => one.startsWith('files-')).join() === 'files-{version}')"
        )
        style = looks.path("style.css")
        await here.until(f"caches.match('/home').then((page) => page.text()).then((text) => text.includes('{style}'))")
        await here.window.set_offline(True)
        await here.open("/home")
        await expect(here.page.get_by_role("status").first).to_contain_text("You are offline. This is as of ")
        font = "getComputedStyle(document.body).fontFamily"
        assert "Figtree" in await here.page.evaluate(font)
