"""Polls: look at one, vote in it."""

from quart import Blueprint, Response

from node.api.answers import answer, fields, numbers
from node.api.auth import scope
from node.api.render.parts import poll as render
from node.context import Context
from node.domain.viewer import Viewer
from node.errors import NotFound
from node.store import polls as rows
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
        poll = (await rows.of_posts(tx, [post.id])).get(post.id) if post else None
        chosen = (await rows.choices(tx, [post_id], account_id=viewer.account.id)).get(post_id, [])
    if poll is None:
        raise NotFound("There is no such poll.")
    return answer(render(post_id, poll, chosen, now=ctx.clock()))


@polls.post("/<int:post_id>/votes")
@scope("write:statuses")
async def vote(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Vote for `choices`, the places of answers from 0 on."""
    places = numbers((await fields()).get("choices"), "choices")
    await commands.vote(ctx, viewer.account, post_id, tuple(places))
    return await _answer(ctx, viewer, post_id)
