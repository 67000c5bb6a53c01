"""What trends, for moderators: all of it, and what is not to be shown."""

from typing import Any

import orjson
from quart import Blueprint, Response

from moderation import trends as commands
from node.api.admin.rights import moderators
from node.api.answers import answer, number, offset_links, paging, query
from node.api.render import status as render_status
from node.api.render import trend as render
from node.context import Context
from node.domain import links
from node.domain.tags import tag_name
from node.domain.trends import Kind, Trend
from node.domain.viewer import Viewer
from node.errors import NotFound
from node.store import posts
from node.store import trends as rows
from node.store.database import Tx

trends = Blueprint("trends", __name__, url_prefix="/v1/admin/trends")

_KINDS = {"tags": Kind.TAG, "statuses": Kind.POST, "links": Kind.LINK}
_ANY_KIND = "any(tags,statuses,links)"


@trends.get(f"/<{_ANY_KIND}:kind>")
@moderators("admin:read")
async def page(ctx: Context, viewer: Viewer, kind: str) -> Response:
    """Return what trends, refused or not; of posts, those that the moderator may see."""
    limit, offset = paging().limit, number(query().get("offset"), "offset") or 0
    async with ctx.db.read() as tx:
        found = await rows.every(tx, _KINDS[kind], limit=limit, offset=offset)
        shown = await _shown(ctx, tx, viewer, _KINDS[kind], found)
    return answer(shown, link=offset_links(offset, limit, len(found)))


async def _shown(ctx: Context, tx: Tx, viewer: Viewer, kind: Kind, found: list[Trend]) -> list[dict[str, Any]]:
    viewer_id = viewer.account.id
    match kind:
        case Kind.TAG:
            return await render.tags_for_moderators(ctx, tx, found, viewer_id=viewer_id)
        case Kind.LINK:
            return await render.links_for_moderators(ctx, tx, found, viewer_id=viewer_id)
        case Kind.POST:
            seen = await render_status.by_id(ctx, tx, [int(one.name) for one in found], viewer_id=viewer_id)
            return [
                orjson.loads(orjson.dumps(seen[int(one.name)]))
                | {"trendable": not one.refused, "requires_review": False}
                for one in found
                if int(one.name) in seen
            ]


@trends.post(f"/<{_ANY_KIND}:kind>/<name>/approve")
@moderators("admin:write")
async def allow(ctx: Context, viewer: Viewer, kind: str, name: str) -> Response:
    """Let something be shown again when it trends."""
    known = await _name(ctx, viewer, _KINDS[kind], name)
    return await _answer(ctx, viewer, await commands.allow(ctx, _KINDS[kind], known))


@trends.post(f"/<{_ANY_KIND}:kind>/<name>/reject")
@moderators("admin:write")
async def refuse(ctx: Context, viewer: Viewer, kind: str, name: str) -> Response:
    """Have something shown no more among what trends, though it does."""
    known = await _name(ctx, viewer, _KINDS[kind], name)
    return await _answer(ctx, viewer, await commands.refuse(ctx, _KINDS[kind], known))


async def _answer(ctx: Context, viewer: Viewer, trend: Trend) -> Response:
    async with ctx.db.read() as tx:
        (shown,) = await _shown(ctx, tx, viewer, trend.kind, [trend])
    return answer(shown)


async def _name(ctx: Context, viewer: Viewer, kind: Kind, given: str) -> str:
    """Return how what a client means is called among what trends.

    Raises:
        NotFound: there is no such hashtag, no such link, or no such post that the moderator may see.
    """
    known: str | None = None
    async with ctx.db.read() as tx:
        match kind:
            case Kind.TAG:
                known = tag_name(given)
            case Kind.LINK:
                known = {str(links.number(url)): url for url in await rows.addresses(tx)}.get(given)
            case Kind.POST:
                id = number(given, "id")
                known = str(id) if id and await posts.visible_to(tx, id, viewer_id=viewer.account.id) else None
    if known is None:
        raise NotFound("Record not found")
    return known
