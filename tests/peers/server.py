"""A node for client programs: a real process with members, and the browser in which a member lets a client in."""

import asyncio
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests

from moderation import members
from node.app import close_context
from node.domain.accounts import Role
from node.fleet import PASSWORD, Node
from tests.benchmarks.setting import opened
from tests.nodes import port
from tests.patience import PATIENCE_SECONDS

MEMBERS = ("ada", "ben", "carla", "dan", "mia", "max", "meg", "tom", "tina", "bea", "bob", "eva", "fay")
ADMINISTRATOR = "fay"
_OFTEN = "1000000"
_UNHURRIED = {
    f"ALLMENDE_LIMITS_{name}": _OFTEN
    for name in ("REQUESTS_PER_ADDRESS", "REQUESTS_PER_MEMBER", "CLIENTS_PER_ADDRESS", "LOGINS_PER_ADDRESS")
}


@dataclass(slots=True)
class Server:
    """The node. Each program has members of its own: ada to dan are Mastodon.py's, the others by their initials."""

    node: Node
    tokens: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def below(cls, folder: Path) -> "Server":
        """Return one with its files below a folder; nothing runs yet."""
        return cls(Node("lyon", folder / "lyon", port=port(), environ=dict(_UNHURRIED)))

    @property
    def url(self) -> str:
        return self.node.url

    async def start(self) -> None:
        """Start it, and add its members."""
        await self.node.start()
        ctx = await opened(self.node)
        try:
            for username in MEMBERS:
                role = Role.ADMIN if username == ADMINISTRATOR else Role.MEMBER
                account = await members.add(ctx, username=username, password=PASSWORD, name=username.title(), role=role)
                self.tokens[username] = await members.issue_token(ctx, account, name="test")
        finally:
            await close_context(ctx)

    async def stop(self) -> None:
        """End it."""
        await self.node.stop()

    def command(self, *arguments: str) -> str:
        """Run an `allmende` command on it; return what it printed."""
        return asyncio.run(self.node.command(*arguments))


def let_in(url: str, username: str) -> str:
    """Open the address to which a client sends its user, sign in there and agree; return the code for the client."""
    with requests.Session() as browser:
        page = browser.get(url, timeout=PATIENCE_SECONDS)
        if "/sign-in" in page.url:
            given = {"csrf": _token(page), "username": username, "password": PASSWORD}
            page = browser.post(page.url, data=given, timeout=PATIENCE_SECONDS)
        assert page.status_code == 200, page.text[-1000:]
        given = {"csrf": _token(page), "verdict": "agree"}
        page = browser.post(page.url, data=given, timeout=PATIENCE_SECONDS, allow_redirects=False)
        if page.is_redirect:
            return parse_qs(urlsplit(page.headers["Location"]).query)["code"][0]
        shown = re.search(r'<code class="code">([^<]+)</code>', page.text)
        assert shown is not None, page.text[-1000:]
        return shown[1]


def _token(page: requests.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]*)"', page.text)
    assert found is not None, f"{page.url} has no form: {page.text[:500]}"
    return found[1]
