"""Planned posts: list, look at, move, cancel."""

from quart import Blueprint, Response

from node.api.answers import answer, fields, links, paging, text
from node.api.auth import scope
from node.api.statuses import scheduled_entity
from node.context import Context
from node.domain.times import moment
from node.domain.viewer import Viewer
from outbox import scheduled as commands

scheduled = Blueprint("scheduled", __name__, url_prefix="/v1/scheduled_statuses")


@scheduled.get("")
@scope("read:statuses")
async def planned(ctx: Context, viewer: Viewer) -> Response:
    """Return what one has planned."""
    page = paging()
    found = await commands.of(ctx, viewer.account, page)
    return answer([await scheduled_entity(ctx, one) for one in found], link=links(page, [one.id for one in found]))


@scheduled.get("/<int:id>")
@scope("read:statuses")
async def show(ctx: Context, viewer: Viewer, id: int) -> Response:
    """Return one of one's planned posts."""
    return answer(await scheduled_entity(ctx, await commands.one(ctx, viewer.account, id)))


@scheduled.route("/<int:id>", methods=["PUT", "PATCH"])
@scope("write:statuses")
async def move(ctx: Context, viewer: Viewer, id: int) -> Response:
    """Plan a post for another moment, `scheduled_at`."""
    due = moment(text((await fields()).get("scheduled_at")))
    return answer(await scheduled_entity(ctx, await commands.move(ctx, viewer.account, id, due=due)))


@scheduled.delete("/<int:id>")
@scope("write:statuses")
async def cancel(ctx: Context, viewer: Viewer, id: int) -> Response:
    """Forget a planned post."""
    await commands.cancel(ctx, viewer.account, id)
    return answer({})
