"""Calls a node's client API in this process, as a client would, and remembers every answer for the tests to judge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from quart import Quart
from werkzeug.datastructures import FileStorage, Headers

from tests.nodes import URL
from tests.routes import BY_SHAPE, Route, shape

_HOST = URL.removeprefix("http://")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked and what came back. `body` is the JSON, None when there was none."""

    who: str
    method: str
    path: str
    status: int
    headers: Headers = field(repr=False)
    raw: str = field(repr=False)
    route: Route | None = None

    @property
    def body(self) -> Any:
        return orjson.loads(self.raw) if self.raw else None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def __str__(self) -> str:
        return f"{self.method} {self.path} by {self.who}: {self.status} {self.raw[:300]}"


@dataclass
class Callers:
    """People with their tokens, by name, and the answers they got, in order."""

    app: Quart
    tokens: dict[str, str] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    client: Any = None

    def __post_init__(self) -> None:
        # One that keeps no cookies: nobody is known by anything but the token.
        self.client = self.app.test_client(use_cookies=False)

    async def ask(
        self,
        who: str,
        method: str,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        files: Mapping[str, FileStorage] | None = None,
        route: Route | None = None,
    ) -> Answer:
        """Call a route, with fields in the address for GET and as JSON, or beside files as a form, otherwise."""
        headers = {"Host": _HOST}
        if token := self.tokens.get(who, ""):
            headers["Authorization"] = f"Bearer {token}"
        given = dict(fields or {})
        sent: dict[str, Any]
        if method == "GET":
            sent = {"query_string": given}
        elif files is not None:
            sent = {"form": given, "files": files}
        else:
            sent = {"json": given}
        answer = await self.client.open(path, method=method, headers=headers, **sent)
        kept = Answer(
            who,
            method,
            path,
            answer.status_code,
            answer.headers,
            await answer.get_data(as_text=True),
            route or BY_SHAPE.get((method, _known_shape(method, path))),
        )
        self.answers.append(kept)
        return kept

    async def do(self, who: str, method: str, path: str, fields: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """The same, and return the JSON.

        Raises:
            AssertionError: it was refused.
        """
        answer = await self.ask(who, method, path, fields, **more)
        assert answer.ok, str(answer)
        return answer.body


def _known_shape(method: str, path: str) -> str:
    """Return the shape of the route that a filled-in path belongs to: literal words win over arguments."""
    steps = path.rstrip("/").split("/")
    found = [one for way, one in BY_SHAPE if way == method and _fits(one.split("/"), steps)]
    return min(found, key=lambda one: one.count("*"), default=shape(path))


def _fits(pattern: list[str], steps: list[str]) -> bool:
    return len(pattern) == len(steps) and all(
        wanted in ("*", step) for wanted, step in zip(pattern, steps, strict=True)
    )
