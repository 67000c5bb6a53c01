"""One's second factor: set it up with an authenticator app, get codes for once, take it away."""

import asyncio
from collections.abc import Awaitable

from quart import Blueprint, Response, request

from moderation import second_factors as commands
from node.adapters import authenticators, codes
from node.context import Context
from node.domain.viewer import Viewer
from node.errors import AllmendeError
from node.web import session
from node.web.forms import sent
from node.web.pages import render, told, words
from node.web.session import as_oneself

second_factor = Blueprint("second_factor", __name__, url_prefix="/settings/second-factor")


@second_factor.get("")
@as_oneself
async def look(ctx: Context, viewer: Viewer) -> Response:
    """Whether one has a second factor, and how one gets one."""
    return await _page(ctx, viewer)


@second_factor.post("")
@as_oneself
async def begin(ctx: Context, viewer: Viewer) -> Response:
    """Get a key for one's app."""
    password = (await sent()).text("password")
    return await _done(ctx, viewer, commands.begin(ctx, viewer.account, password, address=request.remote_addr or ""))


@second_factor.post("/confirm")
@as_oneself
async def confirm(ctx: Context, viewer: Viewer) -> Response:
    """Show that the app has the key; the codes for once are on the page that follows, and nowhere later."""
    return await _told_once(ctx, viewer, commands.confirm(ctx, viewer.account, (await sent()).line("code")))


@second_factor.post("/codes")
@as_oneself
async def renew(ctx: Context, viewer: Viewer) -> Response:
    """Get other codes for once."""
    password, address = (await sent()).text("password"), request.remote_addr or ""
    return await _told_once(ctx, viewer, commands.renew_codes(ctx, viewer.account, password, address=address))


@second_factor.post("/end")
@as_oneself
async def end(ctx: Context, viewer: Viewer) -> Response:
    """Sign in by one's password alone again."""
    password = (await sent()).text("password")
    return await _done(ctx, viewer, commands.end(ctx, viewer.account, password, address=request.remote_addr or ""))


async def _done(ctx: Context, viewer: Viewer, doing: Awaitable[None]) -> Response:
    try:
        await doing
        return session.see("/settings/second-factor")
    except AllmendeError as error:
        return await _page(ctx, viewer, error=error)


async def _told_once(ctx: Context, viewer: Viewer, making: Awaitable[list[str]]) -> Response:
    try:
        return await _page(ctx, viewer, made=await making)
    except AllmendeError as error:
        return await _page(ctx, viewer, error=error)


async def _page(
    ctx: Context, viewer: Viewer, *, made: list[str] | None = None, error: AllmendeError | None = None
) -> Response:
    found, _ = await commands.of(ctx, viewer.account), words()
    key = found.key if found is not None else b""
    member = f"{viewer.account.username}@{ctx.settings.authority}"
    address = authenticators.address(key, member=member, node=ctx.settings.node.name) if key else ""
    return await render(
        "settings/second_factor.html",
        status=error.status if error is not None else 200,
        error=told(error) if error is not None else "",
        since=_.date(found.since) if found is not None and found.since else "",
        left=found.left if found is not None else 0,
        key=authenticators.readable(key) if key else "",
        address=address,
        squares=await asyncio.to_thread(codes.svg, address) if address else "",
        made=made or [],
    )
