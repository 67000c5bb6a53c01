"""A request as somebody captured it: read from its file, and handed to the node's own doors."""

import asyncio
import json
from collections.abc import Mapping
from re import IGNORECASE
from re import compile as pattern
from typing import Any
from urllib.parse import unquote

from federation.errors import Malformed
from federation.signatures import SignedRequest
from node.app import create_app
from node.context import Context

_HEAD_END = pattern(rb"\r?\n\r?\n")
_LINE_END = pattern(r"\r?\n")
_FIRST_LINE = pattern(r"([A-Za-z]+) (\S+) HTTP/[0-9.]+")
_ABSOLUTE = pattern(r"https?://[^/?#]*", IGNORECASE)


def is_request(raw: bytes) -> bool:
    """Tell whether a file holds a request, rather than JSON alone."""
    return raw.lstrip()[:1] not in (b"{", b"[")


def read(raw: bytes) -> SignedRequest:
    """Return the request in a file: first line, headers, an empty line, then the body to the byte.

    Blanks that an editor left behind the body, beyond the Content-Length, are none of it.

    Raises:
        Malformed: it is no such request, or its body is cut off.
    """
    parts = _HEAD_END.split(raw.lstrip(), maxsplit=1)
    first, *lines = _LINE_END.split(parts[0].decode("latin-1"))
    match = _FIRST_LINE.fullmatch(first.strip())
    if match is None:
        raise Malformed("The first line is no 'POST /inbox HTTP/1.1'.")
    headers: list[tuple[str, str]] = []
    for number, line in enumerate(lines, start=2):
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise Malformed(f"Line {number} is no header. The body begins behind an empty line.")
        headers.append((name, value.strip()))
    body = _body(parts[1] if len(parts) > 1 else b"", {name.lower(): value for name, value in headers})
    method = match[1].upper()
    target = _ABSOLUTE.sub("", match[2]) or "/"
    return SignedRequest(method, target, headers, body if body or method == "POST" else None)


def _body(rest: bytes, headers: Mapping[str, str]) -> bytes:
    length = headers.get("content-length", "")
    if not length.isdecimal():
        return rest
    if len(rest) < int(length):
        raise Malformed(f"The body has {len(rest)} bytes, and {length} by its Content-Length: it is cut off.")
    return rest[: int(length)] if not rest[int(length) :].strip() else rest


async def answer(ctx: Context, request: SignedRequest) -> tuple[int, str]:
    """Let the node's doors take a request; return the status of the answer and what it says went wrong."""
    path, _, query = request.target.partition("?")
    body = request.body or b""
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": ctx.settings.url.partition("://")[0],
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers],
    }
    coming = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Mapping[str, Any]] = []

    async def receive() -> Mapping[str, Any]:
        if not coming:
            await asyncio.Event().wait()  # nobody hangs up
        return coming.pop()

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    await create_app(ctx, jobs=False)(scope, receive, send)  # type: ignore[arg-type]
    status = next(int(message["status"]) for message in sent if message["type"] == "http.response.start")
    text = b"".join(message.get("body", b"") for message in sent)
    return status, _error(text) if status >= 400 else ""


def _error(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return ""
