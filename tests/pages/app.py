"""The pages in a real browser with its worker: who looks, what is kept, and when."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import BrowserContext, Page

from tests.chromium import chromium
from tests.pages.scene import Scene, scene
from tests.pages.screenshots import sign_in
from tests.patience import PATIENCE_SECONDS

_KEPT = "caches.keys().then((names) => names.filter((name) => name.startsWith('kept-')))"
_HAS_PAGE = """async () => {
  for (const name of await caches.keys()) {
    if (name.startsWith("kept-") && await caches.match("/home", { cacheName: name })) return true;
  }
  return false;
}"""


@dataclass
class App:
    """A browser in which Ada is signed in."""

    here: Scene
    window: BrowserContext
    page: Page

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self.here.url}{path}")

    async def keep(self) -> None:
        """Let the last stream stay on this device, and wait until it does."""
        await self.open("/settings/device")
        await self.page.get_by_label("Keep the last stream on this device").check()
        await self.until(_HAS_PAGE)

    async def kept(self) -> list[str]:
        """Return the names of what is kept for somebody."""
        found: list[str] = await self.page.evaluate(_KEPT)
        return found

    async def until(self, told: str, *, is_so: bool = True) -> None:
        """Wait until the page tells so."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while bool(await self.page.evaluate(told)) is not is_so:
                await asyncio.sleep(0.05)

    async def nothing_kept(self) -> None:
        await self.until(f"{_KEPT}.then((names) => names.length)", is_so=False)

    async def signs_in(self, username: str) -> None:
        await sign_in(self.here, self.window, username)

    async def without_a_session(self) -> None:
        """As when the session has ended without a sign-out."""
        await self.window.clear_cookies()


@asynccontextmanager
async def app(tmp_path, **options):
    """Open the node in a browser whose worker runs."""
    async with scene(tmp_path) as here, chromium() as browser:
        window = await browser.new_context(**options)
        await sign_in(here, window)
        page = await window.new_page()
        said = []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        await page.goto(f"{here.url}/home")
        await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        yield App(here, window, page)
        assert [line for line in said if "ERR_INTERNET_DISCONNECTED" not in line] == []
