"""What one keeps: the posts one bookmarked, and those one liked."""

from collections.abc import Awaitable, Callable

from quart import Blueprint, Response

from node.context import Context
from node.domain.viewer import Viewer
from node.store import posts, reactions
from node.store.database import Tx
from node.store.pages import Page
from node.web import views
from node.web.forms import asked, older
from node.web.pages import render, words
from node.web.session import signed_in

kept = Blueprint("kept", __name__)


@kept.get("/bookmarks")
@signed_in
async def bookmarks(ctx: Context, viewer: Viewer) -> Response:
    """What one bookmarked, the latest first. Nobody else knows of it."""
    return await _show(ctx, viewer, reactions.bookmarked)


@kept.get("/favourites")
@signed_in
async def favourites(ctx: Context, viewer: Viewer) -> Response:
    """What one liked, the latest first."""
    return await _show(ctx, viewer, reactions.favourited)


async def _show(
    ctx: Context, viewer: Viewer, read: Callable[[Tx, int, Page], Awaitable[list[tuple[int, int]]]]
) -> Response:
    me = viewer.account.id
    async with ctx.db.read() as tx:
        found = await read(tx, me, asked())
        visible = await posts.visible_ids(tx, [post_id for _, post_id in found], viewer_id=me)
        shown = [visible[post_id] for _, post_id in found if post_id in visible]
        post_views = await views.page(ctx, tx, shown, viewer_id=me, words=words())
    return await render("kept.html", views=post_views, older=older([row_id for row_id, _ in found]))
