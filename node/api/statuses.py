"""Statuses: write, read, edit, delete, favourite, boost."""

from collections.abc import Awaitable, Callable
from typing import Any

from quart import Blueprint, Response

from node.api.answers import answer, fields, number, truth
from node.api.auth import scope
from node.api.render import status as render
from node.context import Context
from node.domain.posts import Draft, Post
from node.domain.viewer import Viewer
from node.domain.visibility import Visibility
from node.effects import errands
from node.errors import Invalid, NotFound
from node.store import posts
from outbox import posts as commands
from outbox import reactions

statuses = Blueprint("statuses", __name__, url_prefix="/v1/statuses")

# Clients know four words; their widest, "public", means the organisation here, and nothing leaves it.
_AUDIENCES = {
    "public": Visibility.ORGANISATION,
    "unlisted": Visibility.UNIT,
    "private": Visibility.FOLLOWERS,
} | {visibility.value: visibility for visibility in Visibility}


async def show(ctx: Context, viewer: Viewer, post: Post) -> dict[str, Any]:
    """Return one post as a status.

    Raises:
        NotFound: the viewer may not know of it.
    """
    async with ctx.db.read() as tx:
        found = await posts.visible_to(tx, post.id, viewer_id=viewer.account.id)
        shown = await render.statuses(ctx, tx, [found] if found else [], viewer_id=viewer.account.id)
    if not shown:
        raise NotFound("There is no such post.")
    return shown[0]


@statuses.post("")
@scope("write:statuses")
async def create(ctx: Context, viewer: Viewer) -> Response:
    """Publish. Without an audience it stays in the own unit; `wall_of` puts it on somebody's wall."""
    given = await fields()
    draft = Draft(
        text=str(given.get("status") or ""),
        visibility=_audience(given.get("visibility")),
        summary=str(given.get("spoiler_text") or ""),
        sensitive=truth(given.get("sensitive")),
        language=str(given.get("language") or "")[:10],
        reply_to_id=number(given.get("in_reply_to_id"), "in_reply_to_id"),
        wall_of=number(given.get("wall_of"), "wall_of"),
    )
    return answer(await show(ctx, viewer, await commands.publish(ctx, viewer.account, draft)))


def _audience(word: Any) -> Visibility:
    found = _AUDIENCES.get(str(word or Visibility.UNIT.value))
    if found is None:
        raise Invalid("There is no audience of that name.")
    return found


@statuses.get("/<int:post_id>")
@scope("read:statuses")
async def read(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Return one status, or 404 when the viewer may not know of it."""
    async with ctx.db.read() as tx:
        post = await posts.visible_to(tx, post_id, viewer_id=viewer.account.id)
    if post is None:
        raise NotFound("There is no such post.")
    return answer(await show(ctx, viewer, post))


@statuses.get("/<int:post_id>/context")
@scope("read:statuses")
async def context(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Return what stands above and below a post in its thread."""
    viewer_id = viewer.account.id
    async with ctx.db.read() as tx:
        post = await posts.visible_to(tx, post_id, viewer_id=viewer_id)
        if post is None:
            raise NotFound("There is no such post.")
        above, below = await posts.thread(tx, post_id, viewer_id=viewer_id)
        found = {
            "ancestors": await render.statuses(ctx, tx, above, viewer_id=viewer_id),
            "descendants": await render.statuses(ctx, tx, below, viewer_id=viewer_id),
        }
    await errands.complete_thread(ctx, post)
    return answer(found)


@statuses.put("/<int:post_id>")
@scope("write:statuses")
async def edit(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Replace the text of one's own post."""
    given = await fields()
    post = await commands.edit(
        ctx,
        viewer.account,
        post_id,
        body=str(given.get("status") or ""),
        summary=str(given.get("spoiler_text") or ""),
        sensitive=truth(given.get("sensitive")),
    )
    return answer(await show(ctx, viewer, post))


@statuses.delete("/<int:post_id>")
@scope("write:statuses")
async def delete(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Delete one's own post, here and everywhere; return what it was."""
    async with ctx.db.read() as tx:
        post = await posts.visible_to(tx, post_id, viewer_id=viewer.account.id)
    if post is None:
        raise NotFound("There is no such post.")
    shown = await show(ctx, viewer, post)
    await commands.delete(ctx, viewer.account, post_id)
    return answer(shown)


def _reaction(name: str, needs: str, command: Callable[[Context, Any, int], Awaitable[Any]]) -> None:
    @statuses.post(f"/<int:post_id>/{name}", endpoint=name)
    @scope(needs)
    async def react(ctx: Context, viewer: Viewer, post_id: int) -> Response:
        await command(ctx, viewer.account, post_id)
        async with ctx.db.read() as tx:
            post = await posts.visible_to(tx, post_id, viewer_id=viewer.account.id)
        if post is None:
            raise NotFound("There is no such post.")
        return answer(await show(ctx, viewer, post))


_reaction("favourite", "write:favourites", reactions.favourite)
_reaction("unfavourite", "write:favourites", reactions.unfavourite)
_reaction("reblog", "write:statuses", reactions.boost)
_reaction("unreblog", "write:statuses", reactions.unboost)
