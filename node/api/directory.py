"""Finding colleagues: the directory, and suggestions whom to follow."""

from quart import Blueprint, Response

from node.api.answers import answer, number, offset_links, paging, query, truth
from node.api.auth import scope
from node.api.people import shown
from node.api.render.account import account as render
from node.context import Context
from node.domain.viewer import Viewer
from node.effects import relationships as effects
from node.store import people

directory = Blueprint("directory", __name__)


@directory.get("/v1/directory")
@scope("read:accounts")
async def listed(ctx: Context, viewer: Viewer) -> Response:
    """Return who wants to be listed, by name, with `order=new` the newest first; `local`: of this node."""
    given, page = query(), paging(most=80, usual=40)
    offset = number(given.get("offset"), "offset") or 0
    async with ctx.db.read() as tx:
        found = await people.directory(
            tx,
            viewer_id=viewer.account.id,
            local=truth(given.get("local")),
            newest=given.get("order") == "new",
            limit=page.limit,
            offset=offset,
        )
    return answer([render(ctx, one) for one in found], link=offset_links(offset, page.limit, len(found)))


@directory.get("/v1/suggestions")
@scope("read")
async def accounts(ctx: Context, viewer: Viewer) -> Response:
    """Return colleagues whom one does not follow yet (deprecated in favour of version 2)."""
    page = paging(most=80, usual=40)
    async with ctx.db.read() as tx:
        found = await people.suggested(tx, viewer.account, limit=page.limit)
    return answer([render(ctx, one) for one in found])


@directory.get("/v2/suggestions")
@scope("read")
async def suggestions(ctx: Context, viewer: Viewer) -> Response:
    """Return colleagues whom one does not follow yet. They are not ranked: none of Mastodon's reasons holds."""
    page = paging(most=80, usual=40)
    async with ctx.db.read() as tx:
        found = await people.suggested(tx, viewer.account, limit=page.limit)
    return answer([{"source": "staff", "sources": [], "account": render(ctx, one)} for one in found])


@directory.delete("/v1/suggestions/<int:account_id>")
@scope("read")
async def dismiss(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Do not suggest somebody any more."""
    async with ctx.change() as change:
        await effects.dismiss(change, viewer.account, await shown(change.tx, account_id, viewer))
    return answer({})
