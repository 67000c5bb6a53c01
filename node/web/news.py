"""News: what happened around one's own posts and person."""

from quart import Blueprint, Response

from node.context import Context
from node.domain.notifications import Kind
from node.domain.viewer import Viewer
from node.store import accounts, markers, notifications
from node.store.pages import NEWEST
from node.web import session, views
from node.web.forms import LIST, asked, older, sent
from node.web.pages import render, words
from node.web.session import signed_in
from themes.phrases import notices

news = Blueprint("news", __name__)

_TIMELINE = "notifications"


@news.get("/notifications")
@signed_in
async def show(ctx: Context, viewer: Viewer) -> Response:
    """List one's notifications."""
    said = notices(words())
    async with ctx.db.read() as tx:
        read = await markers.last_read(tx, viewer.account.id, _TIMELINE)
        found = await notifications.page(tx, viewer.account.id, asked(LIST))
        senders = await accounts.by_ids(tx, {one.from_id for one in found})
        people = {view.id: view for view in await views.people(ctx, tx, senders.values())}
    lines = [
        {
            "path": f"/posts/{one.post_id}" if one.post_id else people[one.from_id].path,
            "person": people[one.from_id],
            "text": said[one.kind],
            "when": words().ago(one.created_at),
            "unread": one.id > read,
            "asks": one.kind is Kind.FOLLOW_REQUEST,
        }
        for one in found
    ]
    unread = found[0].id if found and found[0].id > read else None
    ids = [one.id for one in found]
    return await render("notifications.html", lines=lines, unread=unread, older=older(ids, LIST))


@news.post("/notifications/read")
@signed_in
async def mark_read(ctx: Context, viewer: Viewer) -> Response:
    """Mark what the page showed, and what came before, as read: in every client."""
    newest = (await sent()).number("newest")
    if newest is not None:
        async with ctx.change() as change:
            await markers.move_on(
                change.tx, viewer.account.id, _TIMELINE, last_read_id=min(newest, NEWEST), now=change.now
            )
    return session.see("/notifications")
