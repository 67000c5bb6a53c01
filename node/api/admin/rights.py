"""Who may look after the node: a moderator or an administrator, with a client that was let in for that."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from quart import Response

from moderation.rights import may_act_on
from node.api.auth import scope
from node.context import Context
from node.domain.accounts import MODERATING, Role
from node.domain.viewer import Viewer
from node.errors import Forbidden
from node.store.administration import Person

Route = Callable[..., Awaitable[Response]]

NOT_ALLOWED = "This action is not allowed"


def moderators(name: str) -> Callable[[Route], Route]:
    """Let a route in only with a token of this scope, and only for moderators and administrators."""

    def declare(route: Route) -> Route:
        @scope(name)
        @wraps(route)
        async def guarded(ctx: Context, viewer: Viewer, **arguments: Any) -> Response:
            if viewer.role not in MODERATING:
                raise Forbidden(NOT_ALLOWED)
            return await route(ctx, viewer, **arguments)

        return guarded

    return declare


def check_may_act_on(viewer: Viewer, person: Person, *, erase: bool = False) -> None:
    """Check that somebody may act on a person: an administrator on everybody, a moderator on those without a role.

    Raises:
        Forbidden: they may not; nor does anybody but an administrator erase, and nobody themselves.
    """
    if not may_act_on(viewer, person) or (erase and viewer.role is not Role.ADMIN):
        raise Forbidden(NOT_ALLOWED)
