"""A page in a real browser, where scripts run."""

from contextlib import asynccontextmanager

from tests.chromium import chromium
from tests.pages.scene import scene
from tests.pages.screenshots import sign_in


@asynccontextmanager
async def home(tmp_path):
    """Open Ada's home; what the browser complains of fails the test, but for `page.expected`."""
    async with scene(tmp_path) as here, chromium() as browser:
        window = await browser.new_context()
        await sign_in(here, window)
        page = await window.new_page()
        said, page.expected = [], []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        await page.goto(f"{here.url}/home")
        yield here, page
        assert [text for text in said if not any(part in text for part in page.expected)] == []
