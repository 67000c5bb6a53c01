"""What one does to a status, and who did: favourite, boost, bookmark, mute, pin."""

from collections.abc import Awaitable, Callable
from typing import Any

from quart import Blueprint, Response

from node.api.answers import answer, fields, links, paging
from node.api.auth import scope
from node.api.render import status as render
from node.api.render.account import account as render_account
from node.api.statuses import audience, show, visible
from node.context import Context
from node.domain.viewer import Viewer
from node.store import accounts
from node.store import reactions as rows
from node.store.database import Tx
from node.store.pages import Page
from outbox import reactions as commands

reactions = Blueprint("reactions", __name__, url_prefix="/v1")

Who = Callable[..., Awaitable[list[tuple[int, int]]]]


def _reaction(name: str, needs: str, command: Callable[[Context, Any, int], Awaitable[Any]]) -> None:
    @reactions.post(f"/statuses/<int:post_id>/{name}", endpoint=name)
    @scope(needs)
    async def react(ctx: Context, viewer: Viewer, post_id: int) -> Response:
        await command(ctx, viewer.account, post_id)
        return answer(await show(ctx, viewer, post_id))

    react.__doc__ = command.__doc__


_reaction("favourite", "write:favourites", commands.favourite)
_reaction("unfavourite", "write:favourites", commands.unfavourite)
_reaction("bookmark", "write:bookmarks", commands.bookmark)
_reaction("unbookmark", "write:bookmarks", commands.unbookmark)
_reaction("mute", "write:mutes", commands.mute)
_reaction("unmute", "write:mutes", commands.unmute)
_reaction("pin", "write:accounts", commands.pin)
_reaction("unpin", "write:accounts", commands.unpin)
_reaction("unreblog", "write:statuses", commands.unboost)


@reactions.post("/statuses/<int:post_id>/reblog")
@scope("write:statuses")
async def reblog(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Pass a post on; return the boost, with the post in it. `visibility` may name a narrower circle."""
    word = (await fields()).get("visibility")
    boost = await commands.boost(ctx, viewer.account, post_id, visibility=audience(word) if word else None)
    return answer(await show(ctx, viewer, boost.id))


@reactions.get("/favourites")
@scope("read:favourites")
async def favourites(ctx: Context, viewer: Viewer) -> Response:
    """Return what one favourited, the latest first."""
    return await _kept(ctx, viewer, rows.favourited)


@reactions.get("/bookmarks")
@scope("read:bookmarks")
async def bookmarks(ctx: Context, viewer: Viewer) -> Response:
    """Return what one bookmarked, the latest first."""
    return await _kept(ctx, viewer, rows.bookmarked)


async def _kept(
    ctx: Context, viewer: Viewer, read: Callable[[Tx, int, Page], Awaitable[list[tuple[int, int]]]]
) -> Response:
    page = paging()
    async with ctx.db.read() as tx:
        found = await read(tx, viewer.account.id, page)
        shown = await render.by_id(ctx, tx, [post_id for _, post_id in found], viewer_id=viewer.account.id)
    return answer([shown[id] for _, id in found if id in shown], link=links(page, [row_id for row_id, _ in found]))


@reactions.get("/statuses/<int:post_id>/favourited_by")
@scope("read:statuses")
async def favourited_by(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Return who favourited a post."""
    return await _who(ctx, viewer, post_id, rows.who_favourited)


@reactions.get("/statuses/<int:post_id>/reblogged_by")
@scope("read:statuses")
async def reblogged_by(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Return who passed a post on."""
    return await _who(ctx, viewer, post_id, rows.who_boosted)


async def _who(ctx: Context, viewer: Viewer, post_id: int, read: Who) -> Response:
    page = paging(most=80, usual=40)
    async with ctx.db.read() as tx:
        post = await visible(tx, viewer, post_id)
        found = await read(tx, post.id, page, viewer_id=viewer.account.id)
        people = await accounts.by_ids(tx, [account_id for _, account_id in found])
    shown = [render_account(ctx, people[id]) for _, id in found]
    return answer(shown, link=links(page, [row_id for row_id, _ in found]))
