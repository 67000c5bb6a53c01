"""A page in a real browser, where scripts run."""

import shutil
from contextlib import asynccontextmanager

from playwright.async_api import async_playwright

from tests.pages.scene import scene
from tests.pages.screenshots import sign_in


@asynccontextmanager
async def home(tmp_path):
    """Open Ada's home; what the browser complains of fails the test, but for `page.expected`."""
    path = shutil.which("chromium")
    assert path, "There is no Chromium to test with. On Debian: apt-get install chromium"
    async with scene(tmp_path) as here, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        window = await browser.new_context()
        await sign_in(here, window)
        page = await window.new_page()
        said, page.expected = [], []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        await page.goto(f"{here.url}/home")
        yield here, page
        await browser.close()
        assert [text for text in said if not any(part in text for part in page.expected)] == []
