"""The little pictures of this node, for members to write with."""

from quart import Blueprint, Response

from node.api.answers import answer
from node.api.auth import scope
from node.api.render.parts import emoji
from node.context import Context
from node.domain.viewer import Viewer
from node.store import media

emojis = Blueprint("emojis", __name__)


@emojis.get("/v1/custom_emojis")
@scope()
async def of_node(ctx: Context, viewer: Viewer) -> Response:
    """Return them all. What colleagues laugh about is shown to colleagues: any member's token will do."""
    async with ctx.db.read() as tx:
        found = await media.own_emojis(tx)
    return answer([emoji(ctx, one) for one in found])
