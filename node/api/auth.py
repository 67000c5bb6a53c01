"""Access tokens: who asks through a client, and what the client may do. A cookie never counts here."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from quart import Response, request

from moderation import clients, members
from node.context import Context, recognised, running
from node.domain.guests import check_member
from node.domain.viewer import Viewer, grants
from node.errors import Forbidden, Invalid, Unauthenticated

Route = Callable[..., Awaitable[Response]]


def scope(*names: str, guests: bool = True) -> Callable[[Route], Route]:
    """Let a route in only with a member's token of one of these scopes; hand it the context and the viewer first.

    guests: theirs too. What is shown to them is decided further down; what shows nothing of their groups is shut here.
    """

    def declare(route: Route) -> Route:
        @wraps(route)
        async def guarded(**arguments: Any) -> Response:
            ctx = running()
            viewer = await admit(ctx, bearer(), *names)
            if not guests:
                check_member(viewer.account)
            return await route(ctx, viewer, **arguments)

        # What a route needs stands with it, for the description of the API.
        guarded.scopes = names  # type: ignore[attr-defined]
        return guarded

    return declare


def anyone(*names: str) -> Callable[[Route], Route]:
    """Let everybody into a route; hand it the context and the viewer, None for who shows no token of a member.

    A member's token needs one of these scopes, when there are some. One that has ended is no token: what everybody
    may read, a client reads that does not know yet.
    """

    def declare(route: Route) -> Route:
        @wraps(route)
        async def guarded(**arguments: Any) -> Response:
            ctx = running()
            viewer = await _viewer(ctx, bearer())
            if viewer is not None:
                _check(viewer.scopes, names)
            return await route(ctx, viewer, **arguments)

        guarded.scopes, guarded.open = names, True  # type: ignore[attr-defined]
        return guarded

    return declare


async def admit(ctx: Context, secret: str, *names: str) -> Viewer:
    """Return the member a token acts for, if it has one of these scopes (any, when none is named); count the request.

    Raises:
        Unauthenticated: there is no such token. Forbidden: it has none of the scopes. Invalid: it is a client's own.
        Throttled: the member asked too often.
    """
    viewer = await _viewer(ctx, secret)
    if viewer is None:
        _check(await _own_scopes(ctx, secret), names)
        raise Invalid("This method requires an authenticated user")
    _check(viewer.scopes, names)
    return viewer


async def any_token(ctx: Context, secret: str, *names: str) -> None:
    """Check that a token, a member's or a client's own, has one of these scopes.

    Raises:
        Unauthenticated: there is no such token. Forbidden: it has none of the scopes.
    """
    viewer = await _viewer(ctx, secret)
    _check(await _own_scopes(ctx, secret) if viewer is None else viewer.scopes, names)


def bearer() -> str:
    """Return the token a request shows, '' for none."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""


async def _viewer(ctx: Context, secret: str) -> Viewer | None:
    viewer = await members.viewer_of_token(ctx, secret) if secret else None
    if viewer is not None:
        recognised(viewer.account.id)
        members.count_request(ctx, viewer.account.id)
    return viewer


async def _own_scopes(ctx: Context, secret: str) -> frozenset[str]:
    scopes = await clients.own_scopes(ctx, secret) if secret else None
    if scopes is None:
        raise Unauthenticated("The access token is invalid")
    return scopes


def _check(scopes: frozenset[str] | None, names: tuple[str, ...]) -> None:
    if scopes is not None and names and not any(grants(scopes, name) for name in names):
        raise Forbidden("This action is outside the authorized scopes")
