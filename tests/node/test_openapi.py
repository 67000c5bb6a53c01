"""The description of the API: it is of the routes themselves, whole and well formed."""

import re

import orjson
from openapi_spec_validator import validate

from node.domain.viewer import grants
from tests.clients import house
from tests.nodes import URL
from tests.routes import BY_SHAPE, shape

HOST = {"Host": URL.removeprefix("http://")}


async def described(home):
    answer = await home.app.test_client().get("/api/openapi.json", headers=HOST)
    assert answer.status_code == 200
    return orjson.loads(await answer.get_data())


async def test_it_is_well_formed(tmp_path):
    async with house(tmp_path) as home:
        found = await described(home)
        validate(found)
        names = [way["operationId"] for ways in found["paths"].values() for way in ways.values()]
        assert len(names) == len(set(names))


async def test_every_route_is_in_it_with_its_words_and_arguments(tmp_path):
    async with house(tmp_path) as home:
        found = (await described(home))["paths"]
        rules = [rule for rule in home.app.url_map.iter_rules() if rule.rule.startswith("/api/") and not rule.websocket]
        assert len(rules) > 150
        for rule in rules:
            path = re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule.rule)
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                way = found[path][method.lower()]
                assert way["summary"].endswith((".", "?", ":")), (method, path, way["summary"])
                assert {one["name"] for one in way["parameters"]} == set(re.findall(r"{(\w+)}", path))


async def test_it_tells_the_scopes_that_the_routes_want(tmp_path):
    async with house(tmp_path) as home:
        compared = 0
        for path, ways in (await described(home))["paths"].items():
            for method, way in ways.items():
                known = BY_SHAPE.get((method.upper(), shape(path.replace("{", ":"))))
                if known is None or not known.scopes or {} in way["security"]:
                    continue
                told = frozenset(scope for one in way["security"] for scope in one["oauth"])
                assert told == known.scopes, (method, path)
                assert all(grants(told, scope) for scope in known.scopes)
                compared += 1
        assert compared > 100


async def test_people_read_it_on_a_page_that_asks_nobody_else(tmp_path):
    async with house(tmp_path) as home:
        answer = await home.app.test_client().get("/api/docs", headers=HOST)
        page = await answer.get_data(as_text=True)
        assert (answer.status_code, answer.mimetype) == (200, "text/html")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert not re.search(r"<script|style=|(?:src|href)=\"(?![/#])", page)
        for told in ("POST /api/v1/statuses", "write:statuses", "admin:read:reports", "Return one complaint."):
            assert told in page
