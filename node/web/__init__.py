"""The door for browsers."""

from quart import Blueprint, Quart, Response

from node.context import Context
from node.errors import AllmendeError

blueprint = Blueprint("web", __name__)


def install(app: Quart, ctx: Context) -> None:
    """Prepare templates."""


async def error_page(error: AllmendeError) -> Response:
    """Return an error as a page."""
    return Response(error.message, content_type="text/plain")
