"""The page about who belongs to the organisation: invite a node, admit a server of other software, part with one."""

from quart import Blueprint, Response, request

from federation.errors import FederationError
from node.context import Context
from node.domain.viewer import Viewer
from node.errors import AllmendeError
from node.store import nodes as rows
from node.web import session
from node.web.forms import sent
from node.web.pages import render, told, words
from node.web.session import administering
from outbox import organisation as commands

organisation = Blueprint("organisation", __name__)

_PATH = "/administration/organisation"


@organisation.route(_PATH, methods=["GET", "POST"])
@administering
async def page(ctx: Context, viewer: Viewer) -> Response:
    """Who belongs to it; at the founding node a server of other software is admitted by its `host`."""
    if request.method == "POST":
        form = await sent()
        try:
            await commands.admit(ctx, form.line("host"))
            return session.see(_PATH)
        except FederationError:
            return await _page(ctx, status=422, error=words()("This is no name of a server."), host=form.line("host"))
        except AllmendeError as caught:
            return await _page(ctx, status=caught.status, error=told(caught), host=form.line("host"))
    return await _page(ctx)


@organisation.post(f"{_PATH}/invite")
@administering
async def invite(ctx: Context, viewer: Viewer) -> Response:
    """Make a code with which one new node joins; it is shown this once."""
    try:
        return await _page(ctx, code=await commands.invite(ctx))
    except AllmendeError as caught:
        return await _page(ctx, status=caught.status, error=told(caught))


@organisation.post(f"{_PATH}/remove")
@administering
async def remove(ctx: Context, viewer: Viewer) -> Response:
    """Part with a node: nothing goes there any more, but what is to be erased."""
    try:
        await commands.remove(ctx, (await sent()).line("host"))
    except AllmendeError as caught:
        return await _page(ctx, status=caught.status, error=told(caught))
    return session.see(_PATH)


async def _page(ctx: Context, *, status: int = 200, error: str = "", host: str = "", code: str = "") -> Response:
    async with ctx.db.read() as tx:
        known, members = await rows.organisation(tx), await rows.members(tx)
    return await render(
        "administration/organisation.html",
        status=status,
        error=error,
        known=known,
        members=members,
        founded=known is not None and known.host == ctx.settings.authority,
        own=ctx.settings.authority,
        host=host,
        code=code,
    )
