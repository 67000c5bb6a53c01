"""Somebody at a browser, who goes through pages with scripts, without them, or by keyboard alone.

What they do is said once: how they do it is the way they go. On every page they come to, nothing stands beside the
window, and whoever goes by keyboard sees at each stop where they are (WCAG 2.4.7, 2.4.11).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from playwright.sync_api import Browser, Error, Locator, Page, expect

from tests.patience import PATIENCE_SECONDS

PATIENCE_MS = PATIENCE_SECONDS * 1000
_MOST_STOPS = 200
_LOOK_AGAIN_MS = 200

_STOP = """(target) => {
  const at = document.activeElement;
  if (!at || at === document.body) return { where: "ahead", said: "" };
  const style = getComputedStyle(at), box = at.getBoundingClientRect();
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const seen = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.15], [0.5, 0.85]].some(([x, y]) => {
    const top = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
    return top && (at.contains(top) || top.contains(at) && top !== document.documentElement && top !== document.body);
  });
  const wrong = at.tabIndex < 0 ? "" : !ring ? "has no visible focus" : !seen ? "is hidden while it has the focus" : "";
  const here = at === target, radios = at.type === "radio" && target.type === "radio" && at.name === target.name;
  const before = at.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING;
  return {
    where: here ? "here" : radios ? (before ? "up" : "down") : before ? "behind" : "ahead",
    said: wrong && `${at.outerHTML.slice(0, 200)} ${wrong}`,
  };
}"""
_KEYS = {"ahead": "Tab", "behind": "Shift+Tab", "down": "ArrowDown", "up": "ArrowUp"}

_LEADS_AWAY = """(element, scripts) => {
  const form = element.form, quiet = scripts && [element, form].some((one) => one?.matches("[hx-get], [hx-post]"));
  return !quiet && (element.matches("a[href]") || Boolean(form) && element.type === "submit");
}"""
_BESIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Way(StrEnum):
    """How somebody goes through the pages."""

    SCRIPTS = "scripts"
    PLAIN = "plain"
    KEYS = "keys"


@contextmanager
def step(told: str) -> Iterator[None]:
    """One step of a story: what fails in it says so."""
    try:
        yield
    except (AssertionError, Error) as error:
        error.add_note(f"This was when {told}.")
        raise


@dataclass
class Visitor:
    """Somebody's browser at one node; `complaints`: what it said was wrong."""

    page: Page
    url: str
    way: Way
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def at(cls, browser: Browser, url: str, way: Way, *, width: int = 1280, height: int = 900) -> "Visitor":
        """Open a browser of one's own."""
        window = browser.new_context(
            java_script_enabled=way is not Way.PLAIN,
            viewport={"width": width, "height": height},
            locale="en",
            reduced_motion="reduce",
        )
        window.set_default_timeout(PATIENCE_MS)
        found = cls(window.new_page(), url, way)
        found.page.on("console", lambda one: found.complaints.append(one.text) if one.type == "error" else None)
        found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
        found.page.on("dialog", lambda dialog: dialog.accept())
        return found

    def close(self) -> None:
        """Go; whatever the browser complained of fails the story."""
        self.page.context.close()
        assert self.complaints == []

    # What they see

    def button(self, name: str, within: Locator | None = None) -> Locator:
        return (within or self.page.locator("main")).get_by_role("button", name=name, exact=True)

    def link(self, name: str, within: Locator | None = None) -> Locator:
        return (within or self.page.locator("main")).get_by_role("link", name=name, exact=True)

    def field(self, label: str, within: Locator | None = None) -> Locator:
        found = (within or self.page.locator("main")).get_by_label(label, exact=True)
        return found.and_(self.page.locator("input, textarea, select"))

    def menu(self, name: str) -> Locator:
        """An entry of the main menu, whatever number stands beside it."""
        entries = self.page.get_by_role("navigation", name="Main").locator("a:visible")
        return entries.filter(has=self.page.get_by_text(name, exact=True))

    def post(self, text: str) -> Locator:
        return self.page.locator("article.post").filter(has_text=text)

    def sees(self, what: str | Locator) -> None:
        found = self.page.locator("main").get_by_text(what).first if isinstance(what, str) else what
        expect(found).to_be_visible(timeout=PATIENCE_MS)

    def is_at(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", level=1, name=heading, exact=True)).to_be_attached(timeout=PATIENCE_MS)

    def scrolls_to(self, what: Locator) -> None:
        """Go to the end of the page, which grows meanwhile, until something is there."""
        until = time.monotonic() + PATIENCE_MS / 1000
        while not what.count() and time.monotonic() < until:
            self.page.keyboard.press("End")
            self.page.wait_for_timeout(_LOOK_AGAIN_MS)

    def waits_for(self, what: Locator, *, gone: bool = False) -> None:
        """Load the page again until something is there, or is there no more: it comes from another node."""
        until = time.monotonic() + PATIENCE_MS / 1000
        while bool(what.count()) is gone:
            assert time.monotonic() < until, f"{what} {'stays' if gone else 'does not come'}:\n{self._text()}"
            self.page.wait_for_timeout(_LOOK_AGAIN_MS)
            self.page.reload()

    # What they do

    def opens(self, path: str) -> None:
        """Type an address into the browser."""
        self.page.goto(path if path.startswith("http") else self.url + path)
        self._arrived()

    def signs_in(self, username: str, password: str) -> None:
        self.opens("/sign-in")
        self.writes(self.field("User name"), username)
        self.writes(self.field("Password"), password)
        self.presses(self.button("Sign in"))
        self.is_at("Home")

    def presses(self, what: Locator) -> None:
        """Press a button or follow a link, and wait for the page it leads to."""
        expect(what).to_be_visible(timeout=PATIENCE_MS)
        leads_away = what.evaluate(_LEADS_AWAY, self.way is not Way.PLAIN)
        if self.way is Way.KEYS:
            self._reach(what)
        if leads_away:
            with self.page.expect_navigation():
                self._press(what, "Enter")
            self._arrived()
        else:
            self._press(what, "Enter")

    def ticks(self, what: Locator) -> None:
        """Choose one of several, or tick a box."""
        self._press(what, "Space")
        expect(what).to_be_checked()

    def unfolds(self, what: Locator) -> None:
        """Open what is folded away."""
        self._press(what.locator("summary"), "Space")
        expect(what).to_have_attribute("open", "")

    def writes(self, what: Locator, text: str) -> None:
        """Write into a field, in place of what stands there."""
        if self.way is Way.KEYS:
            self._reach(what)
            self.page.keyboard.press("Control+A")
            self.page.keyboard.type(text)
        else:
            what.fill(text)
        expect(what).to_have_value(text)

    def chooses(self, what: Locator, option: str) -> None:
        """Choose from a list what begins so, by keyboard with these very words."""
        if self.way is Way.KEYS:
            self._reach(what)
            self.page.keyboard.type(option)
        else:
            what.select_option(label=what.locator("option", has_text=option).first.text_content())
        assert what.evaluate("(list) => list.selectedOptions[0].label").startswith(option)

    def _press(self, what: Locator, key: str) -> None:
        if self.way is Way.KEYS:
            self._reach(what)
            if not (key == "Space" and what.evaluate("(box) => Boolean(box.checked)")):  # an arrow has chosen it
                self.page.keyboard.press(key)
        else:
            what.click()

    def _reach(self, what: Locator) -> None:
        """Go to something by the keys that everybody has, past the menu where the page lets one."""
        expect(what).to_be_visible(timeout=PATIENCE_MS)
        target = what.element_handle()
        if what.evaluate("(it) => document.activeElement === document.body && Boolean(it.closest('main'))"):
            self.page.keyboard.press("Tab")
            expect(self.page.locator(".skip")).to_be_focused()
            self.page.keyboard.press("Enter")
            expect(self.page.locator("main")).to_be_focused()
        for _ in range(_MOST_STOPS):
            stop = self.page.evaluate(_STOP, target)
            assert not stop["said"], stop["said"]
            if stop["where"] == "here":
                return
            self.page.keyboard.press(_KEYS[stop["where"]])
        raise AssertionError(f"no key leads to {what}")

    def _arrived(self) -> None:
        beside = self.page.evaluate(_BESIDE)
        assert beside <= 0, f"{self.page.url} scrolls sideways by {beside} px"
        alert = self.page.locator("main [role=alert]")
        assert not alert.count(), f"{self.page.url} says: {alert.first.inner_text()}"

    def _text(self) -> str:
        return f"{self.page.url}\n{self.page.locator('main').inner_text()[:1500]}"
