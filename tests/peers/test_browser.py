"""A web client on another site, in a real browser: what it may do is what the server's headers allow."""

import functools
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from node.fleet import PASSWORD
from tests.chromium import chromium_sync
from tests.patience import PATIENCE_SECONDS
from tests.peers.server import Server

_PAGES = Path(__file__).parent / "browser"
_FLAGS = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_MILLISECONDS = PATIENCE_SECONDS * 1000


class _Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = {".mjs": "text/javascript", ".html": "text/html"}  # noqa: RUF012 the base class has it so

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of another site, which serves the client's page."""
    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(_PAGES)))
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{serving.server_address[1]}"
    serving.shutdown()
    thread.join()
    serving.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with chromium_sync(*_FLAGS) as found:
        yield found


@pytest.fixture
def window(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile of the browser."""
    found = browser.new_context()
    found.set_default_timeout(_MILLISECONDS)
    yield found
    found.close()


@pytest.fixture(scope="module")
def client(server: Server, site: str, browser: Browser) -> Iterator[Page]:
    """The client's page, signed in as Bea by redirect."""
    found = browser.new_context()
    found.set_default_timeout(_MILLISECONDS)
    page = opened(found, server, site)
    page.click("#redirect")
    sign_in(page, "bea")
    agree(page)
    expect(page.locator("#state")).to_have_text("signed in as bea", timeout=_MILLISECONDS)
    yield page
    found.close()


def opened(window: BrowserContext, server: Server, site: str) -> Page:
    page = window.new_page()
    page.goto(f"{site}/index.html?{urlencode({'server': server.url})}")
    return page


def sign_in(page: Page, username: str) -> None:
    page.fill('input[name="username"]', username)
    page.fill('input[name="password"]', PASSWORD)
    page.click('main button, button[type="submit"]')


def agree(page: Page) -> None:
    page.click('button[value="agree"]')


def test_somebody_signs_in_in_a_window_of_its_own(window: BrowserContext, server: Server, site: str):
    page = opened(window, server, site)
    with page.expect_popup() as asked:
        page.click("#popup")
    sign_in(asked.value, "bob")
    expect(asked.value.locator("main")).to_contain_text("Shuttle")
    agree(asked.value)
    expect(page.locator("#state")).to_have_text("signed in as bob", timeout=_MILLISECONDS)


def test_somebody_signs_in_by_redirect_and_may_say_no(window: BrowserContext, server: Server, site: str):
    page = opened(window, server, site)
    page.click("#redirect")
    sign_in(page, "bob")
    page.click('button[value="refuse"]')
    expect(page.locator("#state")).to_have_text("access_denied", timeout=_MILLISECONDS)


def test_a_page_writes_and_reads_with_links_and_limits(client: Page):
    for number in range(3):
        made = call(client, "POST", "/api/v1/statuses", {"status": f"{number} #shuttle", "visibility": "public"})
        assert made["status"] == 200, made
    seen = call(client, "GET", "/api/v1/timelines/tag/shuttle?limit=2")
    assert [one["account"]["acct"] for one in seen["body"]] == ["bea", "bea"]
    following = re.search(r'<([^>]+)>; rel="next"', seen["headers"]["Link"])
    assert following is not None, seen
    path = following[1].partition("/api/")[2]
    assert len(call(client, "GET", f"/api/{path}")["body"]) == 1
    assert all(seen["headers"][f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset"))


def test_a_page_sends_headers_and_methods_that_need_leave(client: Page):
    key = {"Idempotency-Key": "one-and-the-same"}
    made = [call(client, "POST", "/api/v1/statuses", {"status": "Once"}, key)["body"]["id"] for _ in range(2)]
    assert made[0] == made[1]
    path = f"/api/v1/statuses/{made[0]}"
    assert call(client, "PUT", path, {"status": "Once, edited"})["status"] == 200
    assert call(client, "PATCH", "/api/v1/accounts/update_credentials", {"display_name": "Bea"})["status"] == 200
    assert call(client, "DELETE", path)["body"]["text"] == "Once, edited"


def test_a_page_can_read_why_it_was_refused(client: Page, window: BrowserContext, server: Server, site: str):
    unknown = call(client, "GET", "/api/v1/statuses/1")
    assert (unknown["status"], unknown["body"]) == (404, {"error": "Record not found"})
    assert call(client, "POST", "/api/v1/statuses", {"status": ""})["status"] == 422
    stranger = opened(window, server, site)
    stranger.evaluate("forget()")
    refused = call(stranger, "GET", "/api/v1/timelines/home")
    assert (refused["status"], refused["body"]) == (401, {"error": "The access token is invalid"})


def test_a_page_uploads_a_picture_and_shows_it(client: Page):
    made = client.evaluate("upload()")
    assert (made["status"], made["body"]["description"]) == (200, "Drawn in a browser")
    assert client.evaluate("url => width(url)", made["body"]["url"]) == 40


def test_a_page_hears_what_happens_on_a_socket(client: Page):
    heard = client.evaluate("stream('user', {status: 'Over the wire', visibility: 'public'})")
    assert heard["protocol"], "browsers hang up unless the server takes the protocol they offer"
    assert (heard["event"]["event"], heard["event"]["stream"]) == ("update", ["user"])
    assert "Over the wire" in heard["event"]["payload"]


def test_a_page_learns_what_the_server_is_before_anybody_signs_in(window: BrowserContext, server: Server, site: str):
    page = opened(window, server, site)
    for path in ("/api/v1/instance", "/api/v2/instance", "/.well-known/nodeinfo", "/nodeinfo/2.0"):
        assert call(page, "GET", path)["status"] == 200, path


def call(page: Page, method: str, path: str, fields: Any = None, headers: dict[str, str] | None = None) -> Any:
    """Let the page call the API; return what it could read."""
    return page.evaluate("given => call(...given)", [method, path, fields, headers or {}])
