"""The way in for new posts: what the route (`node.api.statuses.create`) does, without Quart's part of it.

That would be a third of what a post costs.
"""

import asyncio
from typing import Any

import orjson

from moderation import members
from node.api import doors
from node.api.answers import json_fields
from node.api.doors import Headers, Receive, Scope, Send
from node.api.statuses import written
from node.context import Context
from node.domain.viewer import Viewer
from node.errors import Invalid

_PATH = "/api/v1/statuses"
_BODY_SECONDS = 60


class PostDoor:
    """Stands before the application, as ASGI."""

    def __init__(self, app: Any, ctx: Context) -> None:
        self._app = app
        self._ctx = ctx

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if doors.is_for(scope, "POST", _PATH):
            asked = dict(scope["headers"])
            try:
                viewer = await self._writer(asked)
            except Exception as error:
                await doors.refuse(self._ctx, send, error)
                return
            if viewer is not None:
                await self._answer(viewer, asked, receive, send)
                return
        await self._app(scope, receive, send)

    async def _writer(self, asked: Headers) -> Viewer | None:
        """Return who wants to publish, if they may and the request is as most are."""
        length = asked.get(b"content-length", b"")
        short = length.isdigit() and int(length) <= self._ctx.settings.limits.form_body
        if not short or asked.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"application/json":
            return None
        secret = doors.token(asked, self._ctx)
        viewer = await members.viewer_of_token(self._ctx, secret) if secret else None
        return viewer if viewer is not None and viewer.may("write:statuses") else None

    async def _answer(self, viewer: Viewer, asked: Headers, receive: Receive, send: Send) -> None:
        ctx, id = self._ctx, viewer.account.id
        try:
            members.count_request(ctx, id)
            body = await _whole(receive)
            if body is None:
                return
            attempt = asked.get(b"idempotency-key", b"").decode("latin-1")
            made = await written(ctx, viewer, json_fields(body), attempt=attempt)
            told = orjson.dumps(made)
        except Exception as error:
            await doors.refuse(ctx, send, error, account_id=id)
        else:
            await doors.answer(ctx, send, told, account_id=id)


async def _whole(receive: Receive) -> bytes | None:
    """Return a body when all of it is here; None: the client went away.

    Raises:
        Invalid: it does not come.
    """
    parts = []
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while (message := await receive())["type"] == "http.request":
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError as error:
        raise Invalid("The body did not come. Send it again.") from error
    return None
