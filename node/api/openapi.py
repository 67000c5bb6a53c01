"""The description of the client API (OpenAPI 3.1), made of the routes themselves: their words, arguments and scopes.

It says nothing about this node that the program's own text would not, so everybody may read it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import getdoc
from re import Match
from re import compile as pattern
from typing import Any

from quart import Blueprint, Quart, Response, current_app, render_template

from node import __version__
from node.api.answers import answer
from node.context import Context, running
from node.domain.clients import SCOPES

openapi = Blueprint("openapi", __name__)

_ARGUMENT = pattern(r"<(?:(?P<kind>\w+)(?:\((?P<given>[^)]*)\))?:)?(?P<name>\w+)>")
_BODIES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
_REFUSALS = {
    "401": "There is no such token, or it has ended.",
    "403": "The token lacks the scope, or the member may not do this.",
    "404": "There is no such thing, or the member may not know of it.",
    "422": "The request is understood and wrong; the text says what to change.",
    "429": "Too many requests; Retry-After says when to come again.",
}


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path. scopes: of which a token needs one, () for any token, None for what needs no member's."""

    method: str
    path: str
    name: str
    group: str
    arguments: tuple[dict[str, Any], ...]
    scopes: tuple[str, ...] | None
    open: bool
    summary: str
    more: str


@openapi.get("/openapi.json")
async def describe() -> Response:
    """Return the description of this API."""
    return answer(document(running(), current_app))


@openapi.get("/docs")
async def read() -> Response:
    """Show the same to people."""
    groups: dict[str, list[Route]] = {}
    for route in routes(current_app):
        groups.setdefault(route.group, []).append(route)
    asset = current_app.config["LOOKS"].path
    body = await render_template("api.html", node=running().settings.node, asset=asset, groups=groups)
    return Response(body, content_type="text/html; charset=utf-8")


def document(ctx: Context, app: Quart) -> dict[str, Any]:
    """Return the whole description."""
    base = ctx.settings.url
    paths: dict[str, dict[str, Any]] = {}
    for route in routes(app):
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{ctx.settings.node.name}: client API",
            "version": __version__,
            "description": "Mastodon's client API, as far as this server has it. Entities: docs.joinmastodon.org.",
        },
        "servers": [{"url": base}],
        "paths": paths,
        "components": {
            "schemas": {
                "Error": {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
            },
            "securitySchemes": {
                "oauth": {
                    "type": "oauth2",
                    "flows": {
                        "authorizationCode": {
                            "authorizationUrl": f"{base}/oauth/authorize",
                            "tokenUrl": f"{base}/oauth/token",
                            "scopes": {scope: scope for scope in SCOPES},
                        }
                    },
                }
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": f"{route.method.lower()} {route.name}",
        "tags": [route.group],
        "summary": route.summary,
        "parameters": list(route.arguments),
        "security": _security(route),
        "responses": {"200": {"description": "It worked."}}
        | {
            status: {
                "description": why,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            }
            for status, why in _REFUSALS.items()
        },
    }
    if route.more:
        found["description"] = route.more
    if route.method != "GET":
        found["requestBody"] = {"content": {kind: {"schema": {"type": "object"}} for kind in _BODIES}}
    return found


def _security(route: Route) -> list[dict[str, list[str]]]:
    if route.scopes is None:
        return [{}]
    needed = [{"oauth": [scope]} for scope in route.scopes] or [{"oauth": []}]
    return [{}, *needed] if route.open else needed


def routes(app: Quart) -> Iterator[Route]:
    """Return every route of the client API by its path; what a route needs, its decorator tells (`node.api.auth`)."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/") and not rule.websocket]
    for rule in sorted(rules, key=lambda rule: rule.rule):
        view: Callable[..., Any] = app.view_functions[rule.endpoint]
        summary, _, more = (getdoc(view) or "").partition("\n\n")
        group, _, name = rule.endpoint.removeprefix("api.").rpartition(".")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(
                method=method,
                path=_ARGUMENT.sub(lambda found: f"{{{found['name']}}}", rule.rule),
                name=f"{group}.{name}",
                group=group.replace(".", " ").replace("_", " "),
                arguments=tuple(_argument(found) for found in _ARGUMENT.finditer(rule.rule)),
                scopes=getattr(view, "scopes", None),
                open=getattr(view, "open", False),
                summary=" ".join(summary.split()),
                more=" ".join(more.partition("Raises:")[0].split()),
            )


def _argument(found: Match[str]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if found["kind"] == "int":
        schema["pattern"] = "^[0-9]+$"
    if found["kind"] == "any":
        schema["enum"] = [word.strip().strip("'\"") for word in found["given"].split(",")]
    return {"name": found["name"], "in": "path", "required": True, "schema": schema}
