"""Streams: home, unit and organisation, and notifications."""

from quart import Blueprint, Response, request

from node.api.answers import answer, older, paging, truth
from node.api.auth import scope
from node.api.render import status as render
from node.api.render.account import account as render_account
from node.context import Context
from node.domain.posts import Post
from node.domain.times import iso
from node.domain.viewer import Viewer
from node.store import accounts, notifications, posts
from node.store import timelines as streams

timelines = Blueprint("timelines", __name__, url_prefix="/v1")


async def page(ctx: Context, viewer: Viewer, found: list[Post], limit: int) -> Response:
    """Answer with a page of posts."""
    async with ctx.db.read() as tx:
        shown = await render.statuses(ctx, tx, found, viewer_id=viewer.account.id)
    return answer(shown, link=older(ctx.settings.url, [post.id for post in found], limit))


@timelines.get("/timelines/home")
@scope("read:statuses")
async def home(ctx: Context, viewer: Viewer) -> Response:
    """Return what those one follows published."""
    before, limit = paging()
    async with ctx.db.read() as tx:
        found = await streams.home(tx, viewer.account.id, before=before, limit=limit)
    return await page(ctx, viewer, found, limit)


@timelines.get("/timelines/public")
@scope("read:statuses")
async def public(ctx: Context, viewer: Viewer) -> Response:
    """Return the organisation's stream, or with `local` the own unit's."""
    before, limit = paging()
    read = streams.unit if truth(request.args.get("local")) else streams.organisation
    async with ctx.db.read() as tx:
        found = await read(tx, viewer_id=viewer.account.id, before=before, limit=limit)
    return await page(ctx, viewer, found, limit)


@timelines.get("/notifications")
@scope("read:notifications")
async def notified(ctx: Context, viewer: Viewer) -> Response:
    """Return what one was told of, newest first."""
    before, limit = paging()
    viewer_id, authority = viewer.account.id, ctx.settings.authority
    async with ctx.db.read() as tx:
        found = await notifications.page(tx, viewer_id, before=before, limit=limit)
        senders = await accounts.by_ids(tx, {one.from_id for one in found})
        about = await posts.visible_ids(tx, {one.post_id for one in found if one.post_id}, viewer_id=viewer_id)
        shown = await render.statuses(ctx, tx, list(about.values()), viewer_id=viewer_id)
    by_id = {status["id"]: status for status in shown}
    body = [
        {
            "id": str(one.id),
            "type": one.kind.value,
            "created_at": iso(one.created_at),
            "account": render_account(senders[one.from_id], authority=authority),
            "status": by_id.get(str(one.post_id)),
        }
        for one in found
        if one.from_id in senders
    ]
    return answer(body, link=older(ctx.settings.url, [one.id for one in found], limit))
