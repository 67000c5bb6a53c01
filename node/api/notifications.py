"""Notifications: what one was told of."""

from typing import Any

from quart import Blueprint, Response

from node.api.answers import answer, fields, links, listed, number, paging, query, text, truth
from node.api.auth import scope
from node.api.render.notification import notifications as render
from node.context import Context
from node.domain.notifications import KINDS
from node.domain.viewer import Viewer
from node.errors import NotFound
from node.store import markers
from node.store import notifications as rows
from node.store.notifications import Choice

notifications = Blueprint("notifications", __name__, url_prefix="/v1/notifications")

MARKER = "notifications"


def choice() -> Choice:
    """Return which notifications are asked for; those of one account include what its policy holds back."""
    given = query()
    wanted = {text(one) for one in listed(given.get("types"))} or set(KINDS)
    unwanted = {text(one) for one in listed(given.get("exclude_types"))}
    sender = number(given.get("account_id"), "account_id")
    return Choice(
        kinds=[kind for kind in KINDS if kind in wanted - unwanted],
        sender_id=sender or 0,
        filtered=sender is not None or truth(given.get("include_filtered")),
    )


@notifications.get("")
@scope("read:notifications")
async def told(ctx: Context, viewer: Viewer) -> Response:
    """Return what one was told of, newest first."""
    page = paging(most=80, usual=40)
    async with ctx.db.read() as tx:
        found = await rows.page(tx, viewer.account.id, page, choice())
        shown = await render(ctx, tx, found, viewer_id=viewer.account.id)
    return answer(shown, link=links(page, [one.id for one in found]))


@notifications.get("/<int:id>")
@scope("read:notifications")
async def one(ctx: Context, viewer: Viewer, id: int) -> Response:
    """Return one notification."""
    async with ctx.db.read() as tx:
        found = await rows.one(tx, id, account_id=viewer.account.id)
        shown = await render(ctx, tx, [found] if found else [], viewer_id=viewer.account.id)
    if not shown:
        raise NotFound("There is no such notification.")
    return answer(shown[0])


@notifications.get("/unread_count")
@scope("read:notifications")
async def unread(ctx: Context, viewer: Viewer) -> Response:
    """Return how many notifications are newer than one's marker."""
    most = paging(most=1000, usual=100).limit
    async with ctx.db.read() as tx:
        after = await markers.last_read(tx, viewer.account.id, MARKER)
        count = await rows.count(tx, viewer.account.id, choice(), after=after, most=most)
    return answer({"count": count})


@notifications.post("/clear")
@scope("write:notifications")
async def clear(ctx: Context, viewer: Viewer) -> Response:
    """Forget all of them."""
    async with ctx.change() as change:
        await rows.clear(change.tx, viewer.account.id)
    return answer({})


@notifications.post("/<int:id>/dismiss")
@scope("write:notifications")
async def dismiss(ctx: Context, viewer: Viewer, id: int) -> Response:
    """Forget one."""
    return await _dismiss(ctx, viewer, id)


@notifications.post("/dismiss")
@scope("write:notifications")
async def dismiss_given(ctx: Context, viewer: Viewer) -> Response:
    """Forget the one whose `id` is sent (deprecated)."""
    return await _dismiss(ctx, viewer, number((await fields()).get("id"), "id"))


async def _dismiss(ctx: Context, viewer: Viewer, id: Any) -> Response:
    async with ctx.change() as change:
        if id is None or not await rows.remove(change.tx, id, account_id=viewer.account.id):
            raise NotFound("There is no such notification.")
    return answer({})
