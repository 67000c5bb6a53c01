"""What a token opens: what its scopes say, and nothing else."""

import re
from pathlib import Path

import pytest

from moderation import members
from node.app import create_app
from tests.callers import Callers
from tests.nodes import context
from tests.routes import ROUTES, Route
from tests.seeded import PASSWORD


@pytest.mark.parametrize("way", ["without", "with"])
async def test_a_token_opens_what_its_scopes_say(tmp_path: Path, way: str):
    async with context(tmp_path) as ctx:
        callers = Callers(create_app(ctx, jobs=False))
        ada = await members.add(ctx, username="ada", password=PASSWORD)
        wrong: list[str] = []
        for route in ROUTES:
            if not route.scopes or "streaming" in route.path:
                continue
            for scopes in [_every_scope_but(route)] if way == "without" else sorted(route.scopes):
                if scopes not in callers.tokens:
                    callers.tokens[scopes] = await members.issue_token(ctx, ada, name="test", scopes=scopes)
                answer = await callers.ask(scopes, route.method, re.sub(r":\w+", "1", route.path), route=route)
                refused = answer.status == 403 and "scope" in answer.raw
                if refused == (way == "with") or answer.status == 401:
                    wrong.append(f"{route.method} {route.path} with {scopes}: {answer.status} {answer.raw[:100]}")
        assert not wrong, "\n".join(wrong)


async def test_only_who_looks_after_the_node_uses_the_routes_for_that(tmp_path: Path):
    async with context(tmp_path) as ctx:
        callers = Callers(create_app(ctx, jobs=False))
        ada = await members.add(ctx, username="ada", password=PASSWORD)
        callers.tokens["ada"] = await members.issue_token(ctx, ada, name="test", scopes="admin:read admin:write")
        routes = [route for route in ROUTES if "/admin/" in route.path]
        assert routes
        for route in routes:
            answer = await callers.ask("ada", route.method, re.sub(r":\w+", "1", route.path), route=route)
            assert (answer.status, answer.body) == (403, {"error": "This action is not allowed"}), str(answer)


def _every_scope_but(route: Route) -> str:
    """Return the leaves of all scopes, without those that open a route."""
    leaves = {scope for other in ROUTES for scope in other.scopes if ":" in scope} | {"push", "profile"}
    return " ".join(sorted(leaf for leaf in leaves if not any(_touch(leaf, scope) for scope in route.scopes)))


def _touch(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}:") or other.startswith(f"{one}:")
