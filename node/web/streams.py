"""Streams of posts: home, the unit, the organisation, a hashtag."""

from typing import Any

from quart import Blueprint, Response

from node.context import Context
from node.domain.posts import Post
from node.domain.viewer import Viewer
from node.store import timelines
from node.store.database import Tx
from node.web.forms import asked, older
from node.web.pages import render, words
from node.web.session import signed_in
from node.web.views import page

streams = Blueprint("streams", __name__)


@streams.get("/home")
@signed_in
async def home(ctx: Context, viewer: Viewer) -> Response:
    """What those one follows wrote."""
    async with ctx.db.read() as tx:
        found = await timelines.home(tx, viewer.account.id, asked())
        return await stream(ctx, tx, viewer, found, title=words()("Home"), compose=True)


@streams.get("/unit")
@signed_in
async def unit(ctx: Context, viewer: Viewer) -> Response:
    """What people of this node wrote for all of it."""
    async with ctx.db.read() as tx:
        found = await timelines.unit(tx, asked(), viewer_id=viewer.account.id)
        return await stream(ctx, tx, viewer, found, title=ctx.settings.node.name, compose=True)


@streams.get("/organisation")
@signed_in
async def organisation(ctx: Context, viewer: Viewer) -> Response:
    """What people of every node wrote for all."""
    async with ctx.db.read() as tx:
        found = await timelines.organisation(tx, asked(), viewer_id=viewer.account.id)
        return await stream(ctx, tx, viewer, found, title=words()("Organisation"), compose=True)


@streams.get("/tags/<name>")
@signed_in
async def tag(ctx: Context, viewer: Viewer, name: str) -> Response:
    """What was written with a hashtag, as far as one may see it."""
    async with ctx.db.read() as tx:
        found = await timelines.tag(tx, name.lower(), asked(), viewer_id=viewer.account.id)
        return await stream(ctx, tx, viewer, found, title=f"#{name}")


async def stream(ctx: Context, tx: Tx, viewer: Viewer, found: list[Post], *, title: str, **more: Any) -> Response:
    """Return a page of posts."""
    views = await page(ctx, tx, found, viewer_id=viewer.account.id, words=words())
    return await render("stream.html", title=title, views=views, older=older([post.id for post in found]), **more)
