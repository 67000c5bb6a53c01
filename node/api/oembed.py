"""OEmbed: how other sites would show posts of this one, if there were posts for everybody."""

from quart import Blueprint, Response

from node.api.auth import anyone
from node.context import Context
from node.domain.viewer import Viewer
from node.errors import NotFound

oembed = Blueprint("oembed", __name__, url_prefix="/oembed")


@oembed.get("")
@anyone()
async def embed(ctx: Context, viewer: Viewer | None) -> Response:
    """Refuse: what is written here is for members and colleagues, and is not shown elsewhere."""
    raise NotFound("Record not found")
