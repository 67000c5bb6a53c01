"""The menu as a page: on phones, where the bar below has room for the most used places only."""

from quart import Blueprint, Response

from node.context import Context
from node.domain.viewer import Viewer
from node.web.pages import render
from node.web.session import signed_in

menu = Blueprint("menu", __name__)


@menu.get("/menu")
@signed_in
async def show(ctx: Context, viewer: Viewer) -> Response:
    """Everything the menu has, one below the other."""
    return await render("menu.html")
