"""How one writes and reads unless one says otherwise."""

from quart import Blueprint, Response

from node.api.answers import answer
from node.api.auth import scope
from node.api.render.profile import preferences as render
from node.context import Context
from node.domain.viewer import Viewer

preferences = Blueprint("preferences", __name__, url_prefix="/v1/preferences")


@preferences.get("")
@scope("read:accounts")
async def show(ctx: Context, viewer: Viewer) -> Response:
    """Return one's preferences; they are changed by update_credentials."""
    return answer(render(viewer.habits))
