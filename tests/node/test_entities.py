"""Every route of the client API is called with something to tell, and answers what clients expect.

One story touches all of them; then each route is judged by itself, so that a fault names the route it is in.
"""

import asyncio
import json
import re
import traceback
from dataclasses import dataclass
from pathlib import Path

import pytest

from node.app import create_app
from tests.callers import Answer
from tests.entities import check, faults
from tests.entity_fields import ENTITIES
from tests.node.everything import CHAPTERS
from tests.nodes import URL, context
from tests.routes import BY_SHAPE, ROUTES, Route, served
from tests.seeded import seeded

HOST = URL.removeprefix("http://")
JUDGED = [route for route in ROUTES if route.answer != "-"]


def test_the_checker_finds_what_is_wrong_and_says_where():
    poll = {"id": "1", "expires_at": None, "expired": False, "multiple": False, "votes_count": 1, "voters_count": None}
    poll |= {"options": [{"title": "Tea", "votes_count": 1}], "emojis": [], "voted": True, "own_votes": [0]}
    assert not list(faults("Poll", poll))
    assert not list(faults("[Poll]?", None))
    wrong = {
        "Poll.id: 1, wants Id": {"id": 1},
        "Poll.expires_at: '2026-01-01', wants Time": {"expires_at": "2026-01-01"},
        "Poll.expired: None, wants Truth": {"expired": None},
        "Poll.votes_count: True, wants Count": {"votes_count": True},
        "Poll.options[0].title: missing, wants Text": {"options": [{"votes_count": 1}]},
        "Poll.options: {}, wants a list": {"options": {}},
        "Poll.colour: nobody knows this field": {"colour": "red"},
        "Poll.own_votes: names an answer that is not there": {"own_votes": [1]},
    }
    for said, change in wrong.items():
        assert list(faults("Poll", poll | change)) == [said]
    with pytest.raises(AssertionError, match=r"Poll\.id: missing, wants Id"):
        check("Poll", {})


def test_the_checker_knows_every_entity_it_names():
    kinds = {kind for fields in ENTITIES.values() for kind in fields.values()} | {route.answer for route in JUDGED}
    for kind in kinds:
        list(faults(kind, {}))
        list(faults(kind, [{}]))


async def test_every_route_is_in_the_table_and_every_line_of_it_is_served(tmp_path):
    async with context(tmp_path) as ctx:
        found = served(create_app(ctx, jobs=False))
    assert found - set(BY_SHAPE) == set(), "routes that nobody judges: add them to tests/routes.py"
    assert set(BY_SHAPE) - found == set(), "routes that are promised but not there"


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that was answered, and which chapters broke off, with the reason."""

    answers: list[Answer]
    broken: dict[str, str]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The story, told once."""

    async def told(folder: Path) -> Story:
        broken: dict[str, str] = {}
        async with seeded(folder) as node:
            for chapter in CHAPTERS:
                try:
                    await chapter(node)
                except Exception:
                    broken[chapter.__name__] = traceback.format_exc(limit=-1)
            return Story(node.callers.answers, broken)

    return asyncio.run(told(tmp_path_factory.mktemp("entities")))


@pytest.fixture(scope="module")
def answers(story: Story) -> list[Answer]:
    return story.answers


def test_every_chapter_is_told_to_its_end(story: Story):
    assert not story.broken, "\n".join(f"{chapter}:\n{why}" for chapter, why in story.broken.items())


@pytest.mark.parametrize("route", JUDGED, ids=lambda route: f"{route.method} {route.path}")
def test_a_route_answers_what_clients_expect(answers: list[Answer], route: Route):
    mine = [answer for answer in answers if answer.route is route]
    good = [answer for answer in mine if answer.ok]
    assert good, "\n".join(map(str, mine)) or "nobody called it"
    for answer in good:
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8", str(answer)
        found = list(faults(route.answer, answer.body))
        assert not found, "\n".join([str(answer), *found])
    if route.answer.startswith("[") and not EMPTY_HERE.fullmatch(route.path):
        assert any(answer.body for answer in good), "it had nothing to tell: the story leaves it empty"


# By design: nobody is blocked by name or address, nobody proves who they are elsewhere.
EMPTY_HERE = re.compile(
    r"/api/v1/instance/domain_blocks"
    r"|/api/v1/accounts/:id/identity_proofs|/api/v1/admin/\w+_blocks(/test)?|/api/v1/admin/retention"
)


@pytest.mark.parametrize("who", ["ada", "nobody"])
def test_what_is_refused_is_said_in_json(answers: list[Answer], who: str):
    refused = [answer for answer in answers if answer.who == who and answer.status >= 400]
    assert refused
    for answer in refused:
        assert answer.status < 500, str(answer)
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8", str(answer)
        check("Error", answer.body)


async def test_streams_carry_what_routes_answer(tmp_path: Path):
    async with seeded(tmp_path) as node, node.callers.app.test_app():
        do, heard = node.callers.do, {}
        address = f"/api/v1/streaming?access_token={node.callers.tokens['ada']}"
        async with node.callers.client.websocket(address, headers={"Host": HOST}) as socket:
            for stream in ("user", "direct"):
                await socket.send(json.dumps({"type": "subscribe", "stream": stream}))
            made = await node.post("streamed", "ben", "@ada look", "public")
            await do("ben", "PUT", f"/api/v1/statuses/{made['id']}", {"status": "@ada look here"})
            await node.post("direct", "ben", "@ada between us", "direct")
            await do("ada", "POST", "/api/v2/filters", {"title": "x", "context": ["home"], "filter_action": "warn"})
            await do("ben", "DELETE", f"/api/v1/statuses/{made['id']}")
            while "delete" not in heard:
                event = json.loads(await socket.receive())
                heard[event["event"]] = event
        check("Status", json.loads(heard["update"]["payload"]))
        check("Status", json.loads(heard["status.update"]["payload"]))
        check("Notification", json.loads(heard["notification"]["payload"]))
        check("Conversation", json.loads(heard["conversation"]["payload"]))
        assert heard["conversation"]["stream"] == ["direct"]
        assert heard["delete"]["payload"] == made["id"]
        assert "payload" not in heard["filters_changed"]
