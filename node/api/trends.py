"""What trends: hashtags, posts and links of which at least five people took part within a week."""

from quart import Blueprint, Response

from node.api.answers import answer, number, offset_links, paging, query
from node.api.auth import scope
from node.api.render import status as render_status
from node.api.render import trend as render
from node.context import Context
from node.domain.trends import Kind, Trend
from node.domain.viewer import Viewer
from node.store import trends as rows
from node.store.database import Tx

trends = Blueprint("trends", __name__, url_prefix="/v1/trends")


async def _seen(
    ctx: Context, tx: Tx, viewer: Viewer, kind: Kind, *, usual: int = 10, most: int = 20
) -> tuple[list[Trend], str]:
    """Return the part that is asked for of what trends, and the Link header that leads further."""
    limit = paging(usual=usual, most=most).limit
    offset = number(query().get("offset"), "offset") or 0
    found = await rows.seen(tx, kind, viewer_id=viewer.account.id, now=ctx.clock(), limit=limit, offset=offset)
    return found, offset_links(offset, limit, len(found))


@trends.get("/tags")
@scope()
async def tags(ctx: Context, viewer: Viewer) -> Response:
    """Return hashtags with which at least five people wrote within a week, those of most people first.

    Of days on which fewer than five did, 0 is told. There is nothing unless the house has trends on.
    """
    return await _tags(ctx, viewer)


@trends.get("")
@scope()
async def older(ctx: Context, viewer: Viewer) -> Response:
    """Return the same, as older clients ask for it."""
    return await _tags(ctx, viewer)


async def _tags(ctx: Context, viewer: Viewer) -> Response:
    async with ctx.db.read() as tx:
        found, link = await _seen(ctx, tx, viewer, Kind.TAG)
        return answer(await render.tags(ctx, tx, found, viewer_id=viewer.account.id), link=link)


@trends.get("/statuses")
@scope()
async def statuses(ctx: Context, viewer: Viewer) -> Response:
    """Return posts that at least five people liked or passed on within a week, as far as the viewer may see them."""
    async with ctx.db.read() as tx:
        found, link = await _seen(ctx, tx, viewer, Kind.POST, usual=20, most=40)
        shown = await render_status.by_id(ctx, tx, [int(one.name) for one in found], viewer_id=viewer.account.id)
    return answer([shown[int(one.name)] for one in found if int(one.name) in shown], link=link)


@trends.get("/links")
@scope()
async def links(ctx: Context, viewer: Viewer) -> Response:
    """Return links of which at least five people wrote within a week; they are not fetched: no pictures."""
    async with ctx.db.read() as tx:
        found, link = await _seen(ctx, tx, viewer, Kind.LINK)
        return answer(await render.links(ctx, tx, found, viewer_id=viewer.account.id), link=link)
