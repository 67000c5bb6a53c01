"""What axe-core finds on every page, in every theme, by day and by night: nothing against the WCAG 2.2, level AA."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page

from node.config import Look
from tests.chromium import chromium
from tests.pages.scene import Scene, scene
from tests.pages.screenshots import OPEN, PAGES, WIDTHS, Address, address, sign_in
from tests.peers import javascript

_CLIENTS = Path(__file__).parents[1] / "peers" / "clients"
_AXE = _CLIENTS / "node_modules" / "axe-core" / "axe.min.js"
_NARROWEST = 320
_PARTS = 3
"""So many tests share the pages, each of them within its time."""
_TABS = 2
"""So many pages are looked at at once: while one is drawn, the other is asked for."""
_LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules that colours can break: by night nothing else is different."""
_RUN = """async (only) => {
  const found = await axe.run({ runOnly: only, resultTypes: ["violations"] });
  return [found.passes.length, found.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 160)} | ${node.failureSummary.slice(0, 300)}`))];
}"""


@pytest.fixture(scope="module", autouse=True)
def axe():
    """Set axe-core up, before the time of any test begins."""
    javascript.install(_CLIENTS)


@pytest.mark.parametrize("part", range(_PARTS))
@pytest.mark.parametrize(("theme", "simple"), [("plain", False), ("meadow", False), ("plain", True)])
async def test_no_page_breaks_a_rule_of_accessibility(tmp_path, theme, simple, part):
    broken: dict[str, list[str]] = {}
    async with scene(tmp_path, look=Look(theme=theme)) as here, chromium() as browser:
        await here.comfort("ada", simple=simple)
        for pages, member in ((OPEN, False), (PAGES, True)):
            # Colours that are still on their way from one scheme to the other would be measured.
            window = await browser.new_context(
                viewport={"width": WIDTHS["desk"], "height": 900}, reduced_motion="reduce", service_workers="block"
            )
            await window.add_init_script(path=_AXE)
            if member:
                await sign_in(here, window)
            waiting = list(pages.items())[part::_PARTS]
            await asyncio.gather(*[look_at(waiting, here, window, broken) for _ in range(_TABS)])
            await window.close()
    assert broken == {}


async def look_at(
    waiting: list[tuple[str, Address]], here: Scene, window: BrowserContext, broken: dict[str, list[str]]
) -> None:
    """Look at the pages that wait, in one tab, until none does."""
    page = await window.new_page()
    while waiting:
        title, where = waiting.pop(0)
        answer = await page.goto(address(here, where))
        assert answer is not None
        assert answer.status == (404 if title == "not-there" else 200), title
        if found := await violations(page):
            broken[title] = found


async def violations(page: Page) -> list[str]:
    """Return what axe-core finds on a page, by day and by night, and whether it scrolls sideways where it is narrow."""
    found: list[str] = []
    for scheme, rules in (("dark", _COLOURS), ("light", _LEVELS)):
        await page.emulate_media(color_scheme=scheme)
        passed, broken = await page.evaluate(_RUN, rules)
        assert passed, "axe-core has looked at nothing"
        found += [f"{scheme}: {one}" for one in broken]
    size = page.viewport_size
    assert size is not None
    await page.set_viewport_size({"width": _NARROWEST, "height": 900})
    width = await page.evaluate("document.documentElement.scrollWidth")
    await page.set_viewport_size(size)
    return [*found, *([f"scrolls sideways: {width} px wide"] if width > _NARROWEST else [])]
