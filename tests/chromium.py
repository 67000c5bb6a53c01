"""Debian's Chromium, driven by Playwright: for coroutines, and for tests that are none."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from playwright.async_api import Browser, async_playwright
from playwright.sync_api import Browser as SyncBrowser
from playwright.sync_api import sync_playwright


def _options(*flags: str) -> dict[str, Any]:
    path = shutil.which("chromium")
    assert path, "There is no Chromium to look with. On Debian: apt-get install chromium"
    return {"executable_path": path, "args": ["--no-sandbox", *flags]}  # tests may run as root


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Open a browser, and close it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**_options())
        yield browser
        await browser.close()


@contextmanager
def chromium_sync(*flags: str) -> Iterator[SyncBrowser]:
    """Do the same where nothing is awaited. flags: of its command line."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**_options(*flags))
        yield browser
        browser.close()
