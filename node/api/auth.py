"""Access tokens: who asks through a client, and what the client may do. A cookie never counts here."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from quart import Response, request

from moderation import members
from node.context import Context, recognised, running
from node.domain.viewer import Viewer
from node.errors import Forbidden, Unauthenticated

Route = Callable[..., Awaitable[Response]]


def scope(name: str) -> Callable[[Route], Route]:
    """Let a route in only with a token of this scope, and hand it the context and the viewer first."""

    def declare(route: Route) -> Route:
        @wraps(route)
        async def guarded(**arguments: Any) -> Response:
            ctx = running()
            viewer = await _viewer(ctx)
            if not viewer.may(name):
                raise Forbidden(f"This needs the scope {name}.")
            return await route(ctx, viewer, **arguments)

        return guarded

    return declare


async def _viewer(ctx: Context) -> Viewer:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    viewer = await members.viewer_of_token(ctx, secret.strip()) if kind.lower() == "bearer" else None
    if viewer is None:
        raise Unauthenticated("The access token is invalid.")
    recognised()
    members.count_request(ctx, viewer)
    return viewer
