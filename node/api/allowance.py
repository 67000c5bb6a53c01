"""Tells a client how much it may still ask, with every answer (Mastodon's X-RateLimit headers)."""

from quart import Quart, Response, g

from moderation import members
from node.context import Context
from node.domain.times import iso


def headers(ctx: Context, account_id: int) -> dict[str, str]:
    """Return the headers for a member: the limit in five minutes, what is left of it, when all of it is back."""
    left, seconds = members.requests_left(ctx, account_id)
    return {
        "X-RateLimit-Limit": str(ctx.settings.limits.requests_per_member),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": iso(ctx.clock() + int(seconds * 1000)),
    }


def install(app: Quart, ctx: Context) -> None:
    """Add them to every answer to a member's client."""

    @app.after_request
    async def tell(response: Response) -> Response:
        if "member" in g:
            response.headers.update(headers(ctx, g.member))
        return response
