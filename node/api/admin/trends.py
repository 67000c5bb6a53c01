"""What trends, for moderators to allow: nothing is ranked here, so nothing does."""

from quart import Blueprint, Response

from node.api.admin.rights import moderators
from node.api.answers import answer
from node.context import Context
from node.domain.viewer import Viewer

trends = Blueprint("trends", __name__)


@trends.get("/v1/admin/trends/<any(links,statuses,tags):kind>")
@moderators("admin:read")
async def page(ctx: Context, viewer: Viewer, kind: str) -> Response:
    """Return an empty list."""
    return answer([])
