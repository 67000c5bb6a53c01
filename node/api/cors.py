"""Lets web clients from anywhere use the client API: they come with a token of their own, never with our cookie."""

from quart import Quart, Response, request

_OPEN = ("/api/", "/oauth/token", "/oauth/revoke", "/oauth/userinfo", "/.well-known/", "/nodeinfo/", "/media/")
_METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
_HEADERS = "Authorization, Content-Type, Idempotency-Key"
_EXPOSED = "Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, Idempotency-Key"
_KEPT_SECONDS = "86400"

HEADERS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": _EXPOSED}
"""What every answer carries."""


def install(app: Quart) -> None:
    """Answer preflights, and mark every answer of the API, errors too."""

    @app.before_request
    async def preflight() -> Response | None:
        asked = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        return Response(status=204) if asked and _is_open() else None

    @app.after_request
    async def mark(response: Response) -> Response:
        if _is_open():
            response.headers.update(HEADERS)
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = _METHODS
                response.headers["Access-Control-Allow-Headers"] = _HEADERS
                response.headers["Access-Control-Max-Age"] = _KEPT_SECONDS
        return response


def _is_open() -> bool:
    return request.path.startswith(_OPEN)
