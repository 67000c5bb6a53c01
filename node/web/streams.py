"""Streams of posts: home, the unit, the organisation, a hashtag."""

from typing import Any

from quart import Blueprint, Response

from node.context import Context
from node.domain.posts import Post
from node.domain.viewer import Viewer
from node.store import timelines
from node.store.database import Tx
from node.web import session
from node.web.announcements import unread
from node.web.forms import asked, newest, older
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
        told = await unread(ctx, tx, viewer)
        return await stream(ctx, tx, viewer, found, where="home", title=words()("Home"), compose=True, announced=told)


@streams.get("/home/offline")
@signed_in
async def offline(ctx: Context, viewer: Viewer) -> Response:
    """The same, for a browser to keep and show without a network: to this member, as long as a sign-in lasts."""
    _, now = words(), ctx.clock()
    async with ctx.db.read() as tx:
        found = await timelines.home(tx, viewer.account.id, asked())
        views = await page(ctx, tx, found, viewer_id=viewer.account.id, words=_, where="home")
        response = await render("offline_stream.html", still=True, as_of=_.time(now), views=views)
    response.headers["Kept-For"] = session.tag(ctx) or ""
    response.headers["Kept-Until"] = str(now + ctx.settings.limits.session_idle_seconds * 1000)
    return response


@streams.get("/unit")
@signed_in
async def unit(ctx: Context, viewer: Viewer) -> Response:
    """What people of this node wrote for all of it."""
    async with ctx.db.read() as tx:
        found = await timelines.unit(tx, asked(), viewer_id=viewer.account.id)
        return await stream(ctx, tx, viewer, found, where="public", title=ctx.settings.node.name, compose=True)


@streams.get("/organisation")
@signed_in
async def organisation(ctx: Context, viewer: Viewer) -> Response:
    """What people of every node wrote for all."""
    async with ctx.db.read() as tx:
        found = await timelines.organisation(tx, asked(), viewer_id=viewer.account.id)
        return await stream(ctx, tx, viewer, found, where="public", title=words()("Organisation"), compose=True)


@streams.get("/tags/<name>")
@signed_in
async def tag(ctx: Context, viewer: Viewer, name: str) -> Response:
    """What was written with a hashtag, as far as one may see it."""
    async with ctx.db.read() as tx:
        found = await timelines.tag(tx, name.lower(), asked(), viewer_id=viewer.account.id)
        return await stream(ctx, tx, viewer, found, where="public", title=f"#{name}")


async def stream(
    ctx: Context, tx: Tx, viewer: Viewer, found: list[Post], *, where: str, title: str, **more: Any
) -> Response:
    """Return a page of posts; `where`: the context of filters."""
    views = await page(ctx, tx, found, viewer_id=viewer.account.id, words=words(), where=where)
    ids = [post.id for post in found]
    return await render("stream.html", title=title, views=views, newest=newest(ids), older=older(ids), **more)
