"""toot, the command line client, as somebody at a terminal uses it: every command is a process of its own."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from tests.patience import PATIENCE_SECONDS
from tests.peers.server import Server, let_in


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal of Tom's, with settings of its own, and Tina's answers from elsewhere."""

    server: Server
    folder: Path

    def start(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "toot", *words],
            env={**os.environ, "XDG_CONFIG_HOME": str(self.folder), "COLUMNS": "200", "NO_COLOR": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def toot(self, *words: str, given: str = "") -> str:
        """Run a command; return what it printed."""
        process = self.start(*words)
        said, _ = process.communicate(given, timeout=PATIENCE_SECONDS)
        assert process.returncode == 0, f"toot {' '.join(words)}: {said}"
        return said

    def together(self, *commands: tuple[str, ...]) -> list[str]:
        """Run commands that do not depend on each other at the same time; return what each printed."""
        with ThreadPoolExecutor(len(commands)) as pool:
            return list(pool.map(lambda words: self.toot(*words), commands))

    def refused(self, *words: str) -> str:
        """Run a command that must fail; return what it printed."""
        process = self.start(*words)
        said, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode != 0, said
        return said

    def read(self, *words: str) -> Any:
        """Run a command with --json; return what it read."""
        return json.loads(self.toot(*words, "--json"))

    def tina(self, method: str, path: str, **fields: Any) -> Any:
        """Let Tina do something with the same server."""
        answer = requests.request(
            method,
            f"{self.server.url}/api/v1{path}",
            json=fields,
            headers={"Authorization": f"Bearer {self.server.tokens['tina']}"},
            timeout=PATIENCE_SECONDS,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def terminal(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """The terminal, with Tom signed in by the code that a page shows him."""
    found = Terminal(server, tmp_path_factory.mktemp("toot"))
    process = found.start("login", "--instance", server.url)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("n\n")
    process.stdin.flush()
    address = next(line for line in process.stdout if line.startswith(f"{server.url}/oauth/authorize")).strip()
    said, _ = process.communicate(f"{let_in(address, 'tom')}\n", timeout=PATIENCE_SECONDS)
    assert "Successfully logged in" in said, said
    return found


def test_it_knows_who_and_where_it_is(terminal: Terminal):
    own, accounts, instance = terminal.together(("whoami",), ("auth",), ("instance",))
    assert "@tom" in own
    assert f"tom@{terminal.server.node.host}" in accounts
    assert "lyon" in instance
    assert "Account updated" in terminal.toot("update-account", "--display-name", "Tom T.", "--note", "Weaves at night")
    assert "Weaves at night" in terminal.toot("whoami")


def test_a_post_has_a_picture_an_audience_and_answers(terminal: Terminal):
    path = terminal.folder / "picture.png"
    Image.new("RGB", (60, 40), "teal").save(path)
    made = terminal.read(
        "post", "Look at this #toot", "--media", str(path), "--description", "Teal", "--visibility", "public",
        "--spoiler-text", "Colour", "--language", "en",
    )  # fmt: skip
    assert [one["description"] for one in made["media_attachments"]] == ["Teal"]
    assert (made["visibility"], made["spoiler_text"], made["language"]) == ("public", "Colour", "en")
    answer = terminal.read("post", "And another thing", "--reply-to", made["id"], "--visibility", "private")
    assert answer["in_reply_to_id"] == made["id"]
    thread = terminal.toot("thread", answer["id"])
    assert thread.index("Look at this") < thread.index("And another thing")
    assert made["media_attachments"][0]["url"] in terminal.toot("status", made["id"])
    terminal.together(*[(deed, made["url"]) for deed in ("favourite", "reblog", "bookmark", "pin")])
    assert "Look at this" in terminal.toot("bookmarks", "--once")
    assert [one["acct"] for one in terminal.read("reblogged-by", made["id"])] == ["tom"]
    terminal.together(*[(deed, made["id"]) for deed in ("unfavourite", "unreblog", "unbookmark", "unpin")])
    streams = (("home",), ("public", "--local"), ("tag", "toot"), ("account", "tom"))
    for shown in terminal.together(*[("timelines", *stream, "--no-pager") for stream in streams]):
        assert "Look at this" in shown
    terminal.toot("delete", made["id"])
    assert "not found" in terminal.refused("status", made["id"]).lower()


def test_a_poll_is_asked_and_answered(terminal: Terminal):
    words = ("post", "Tea?", "--poll-option", "Yes", "--poll-option", "No", "--poll-expires-in", "1h", "-v", "public")
    asked = terminal.read(*words)
    terminal.tina("POST", f"/polls/{asked['poll']['id']}/votes", choices=[1])
    assert [one["votes_count"] for one in terminal.read("polls", "show", asked["poll"]["id"])["options"]] == [0, 1]
    hers = terminal.tina(
        "POST", "/statuses", status="Coffee?", visibility="public", poll={"options": ["Yes", "No"], "expires_in": 600}
    )
    assert "You voted!" in terminal.toot("polls", "vote", hers["poll"]["id"], "1")


def test_a_planned_post_waits(terminal: Terminal):
    planned = terminal.read("post", "Later", "--scheduled-in", "2h")
    assert planned["params"]["text"] == "Later"


def test_people_are_followed_muted_and_blocked(terminal: Terminal):
    assert terminal.read("whois", "tina")["acct"] == "tina"
    terminal.toot("follow", "tina")
    assert [one["acct"] for one in terminal.read("following")] == ["tina"]
    made = terminal.tina("POST", "/statuses", status="Hello @tom", visibility="public")
    assert "Hello" in terminal.toot("timelines", "home", "--no-pager")
    assert "tina" in terminal.toot("notifications")
    assert terminal.tina("GET", f"/statuses/{made['id']}")["mentions"][0]["acct"] == "tom"
    for deed, shown, undo in (("mute", "muted", "unmute"), ("block", "blocked", "unblock")):
        terminal.toot(deed, "tina")
        assert [one["acct"] for one in terminal.read(shown)] == ["tina"]
        terminal.toot(undo, f"tina@{terminal.server.node.host}")
        assert terminal.read(shown) == []
    terminal.toot("unfollow", "tina")
    assert terminal.read("following") == []
    terminal.toot("notifications", "--clear")
    assert "no notifications" in terminal.toot("notifications")


def test_lists_and_tags_are_kept(terminal: Terminal):
    terminal.toot("follow", "tina")
    terminal.toot("lists", "create", "Weavers")
    terminal.toot("lists", "add", "Weavers", "tina")
    assert "tina" in terminal.toot("lists", "accounts", "Weavers")
    terminal.tina("POST", "/statuses", status="For the list", visibility="public")
    assert "For the list" in terminal.toot("timelines", "list", "Weavers", "--no-pager")
    terminal.toot("lists", "remove", "Weavers", "tina")
    terminal.toot("lists", "delete", "Weavers")
    assert "no lists" in terminal.toot("lists", "list")
    terminal.toot("tags", "follow", "yarn")
    assert [one["name"] for one in terminal.read("tags", "followed")] == ["yarn"]
    terminal.toot("tags", "unfollow", "yarn")
    terminal.toot("tags", "feature", "yarn")
    assert [one["name"] for one in terminal.read("tags", "featured")] == ["yarn"]
    terminal.toot("tags", "unfeature", "yarn")


def test_search_finds_people_and_tags(terminal: Terminal):
    terminal.tina("POST", "/statuses", status="Wool #merino", visibility="public")
    person, tag = terminal.together(("search", "tina"), ("search", "merino"))
    assert "tina" in person
    assert "merino" in tag


def test_it_signs_out(terminal: Terminal):
    terminal.toot("logout", f"tom@{terminal.server.node.host}")
    assert "not logged in" in terminal.toot("auth")
