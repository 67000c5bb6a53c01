"""What trends. Nothing is ranked here, so nothing does; clients ask all the same."""

from quart import Blueprint, Response

from node.api.answers import answer
from node.api.auth import scope
from node.context import Context
from node.domain.viewer import Viewer

trends = Blueprint("trends", __name__, url_prefix="/v1/trends")


@trends.get("")
@scope()
async def older(ctx: Context, viewer: Viewer) -> Response:
    """Return an empty list: of hashtags, as older clients ask for them."""
    return answer([])


@trends.get("/<any(tags,statuses,links):kind>")
@scope()
async def page(ctx: Context, viewer: Viewer, kind: str) -> Response:
    """Return an empty list."""
    return answer([])
