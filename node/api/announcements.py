"""Announcements: what administrators tell everybody."""

from quart import Blueprint, Response

from node.api.answers import answer
from node.api.auth import scope
from node.api.render.announcement import announcements as render
from node.context import Context
from node.domain.viewer import Viewer
from node.effects import announcements as effects
from node.store import announcements as rows

announcements = Blueprint("announcements", __name__, url_prefix="/v1/announcements")


@announcements.get("")
@scope()
async def present(ctx: Context, viewer: Viewer) -> Response:
    """Return what is announced and not over yet, also what one has read."""
    async with ctx.db.read() as tx:
        found = await rows.present(tx, now=ctx.clock())
        return answer(await render(ctx, tx, found, viewer_id=viewer.account.id))


@announcements.post("/<int:announcement_id>/dismiss")
@scope("write:accounts")
async def dismiss(ctx: Context, viewer: Viewer, announcement_id: int) -> Response:
    """Note that one has read an announcement."""
    async with ctx.change() as change:
        await effects.dismiss(change, announcement_id, account_id=viewer.account.id)
    return answer({})


@announcements.put("/<int:announcement_id>/reactions/<name>")
@scope("write:favourites")
async def react(ctx: Context, viewer: Viewer, announcement_id: int, name: str) -> Response:
    """React to an announcement with an emoji, or the shortcode of a picture of this node."""
    async with ctx.change() as change:
        await effects.react(change, announcement_id, name, account_id=viewer.account.id)
    return answer({})


@announcements.delete("/<int:announcement_id>/reactions/<name>")
@scope("write:favourites")
async def take_back(ctx: Context, viewer: Viewer, announcement_id: int, name: str) -> Response:
    """Take a reaction back."""
    async with ctx.change() as change:
        await effects.take_back(change, announcement_id, name, account_id=viewer.account.id)
    return answer({})
