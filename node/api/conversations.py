"""Conversations: one's direct messages, by thread."""

from quart import Blueprint, Response

from node.api.answers import answer, links, paging
from node.api.auth import scope
from node.api.render.conversation import conversations as render
from node.context import Context
from node.domain.viewer import Viewer
from node.errors import NotFound
from node.store import conversations as rows

conversations = Blueprint("conversations", __name__, url_prefix="/v1/conversations")


@conversations.get("")
@scope("read:statuses")
async def mine(ctx: Context, viewer: Viewer) -> Response:
    """Return one's conversations, by their newest messages."""
    page = paging()
    async with ctx.db.read() as tx:
        found = await rows.page(tx, viewer.account.id, page)
        shown = await render(ctx, tx, found, viewer_id=viewer.account.id)
    return answer(shown, link=links(page, [one.last_id for one in found]))


@conversations.post("/<int:id>/read")
@scope("write:conversations")
async def read(ctx: Context, viewer: Viewer, id: int) -> Response:
    """Mark a conversation as read."""
    async with ctx.change() as change:
        if not await rows.mark_read(change.tx, id, account_id=viewer.account.id):
            raise NotFound("There is no such conversation.")
    async with ctx.db.read() as tx:
        found = await rows.by_id(tx, id, account_id=viewer.account.id)
        shown = await render(ctx, tx, [found] if found else [], viewer_id=viewer.account.id)
    if not shown:
        raise NotFound("There is no such conversation.")
    return answer(shown[0])


@conversations.delete("/<int:id>")
@scope("write:conversations")
async def remove(ctx: Context, viewer: Viewer, id: int) -> Response:
    """Take a conversation off one's list; the messages stay."""
    async with ctx.change() as change:
        if not await rows.remove(change.tx, id, account_id=viewer.account.id):
            raise NotFound("There is no such conversation.")
    return answer({})
