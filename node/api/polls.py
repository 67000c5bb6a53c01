"""Polls: look at one, vote in it."""

from quart import Blueprint, Response

from node.api.answers import answer, fields, number
from node.api.auth import scope
from node.api.render import status as render
from node.context import Context
from node.domain.viewer import Viewer
from node.errors import Invalid, NotFound
from node.store import posts
from outbox import polls as commands

polls = Blueprint("polls", __name__, url_prefix="/v1/polls")


@polls.get("/<int:post_id>")
@scope("read:statuses")
async def show(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Return a poll; its number is its post's."""
    return await _answer(ctx, viewer, post_id)


async def _answer(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    async with ctx.db.read() as tx:
        post = await posts.visible_to(tx, post_id, viewer_id=viewer.account.id)
        shown = await render.statuses(ctx, tx, [post] if post else [], viewer_id=viewer.account.id)
    if not shown or shown[0]["poll"] is None:
        raise NotFound("There is no such poll.")
    return answer(shown[0]["poll"])


@polls.post("/<int:post_id>/votes")
@scope("write:statuses")
async def vote(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Vote for `choices`, the places of answers from 0 on."""
    given = (await fields()).get("choices")
    places = [number(one, "choices") for one in (given if isinstance(given, list) else [given])]
    if not places or None in places:
        raise Invalid("Choose one of the answers.")
    await commands.vote(ctx, viewer.account, post_id, tuple(place for place in places if place is not None))
    return await _answer(ctx, viewer, post_id)
