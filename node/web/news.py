"""News: what happened around one's own posts and person."""

from dataclasses import dataclass

from quart import Blueprint, Response

from node.context import Context
from node.domain.notifications import Kind
from node.domain.viewer import Viewer
from node.store import accounts, markers, notifications
from node.store.markers import Marker
from node.store.pages import Page
from node.web import session, views
from node.web.forms import LIST, asked, older, sent
from node.web.pages import render, words
from node.web.session import signed_in
from node.web.views import PersonView
from themes.phrases import notices

news = Blueprint("news", __name__)

_TIMELINE = "notifications"


@dataclass(frozen=True, slots=True)
class NewsView:
    """One piece of news. path: what it is about; asks: somebody wants to follow, and waits for an answer."""

    id: int
    path: str
    person: PersonView
    text: str
    when: str
    asks: bool
    unread: bool


@news.get("/notifications")
@signed_in
async def show(ctx: Context, viewer: Viewer) -> Response:
    """List one's notifications; those that came since one marked them as read stand out."""
    said = notices(words())
    async with ctx.db.read() as tx:
        found = await notifications.page(tx, viewer.account.id, asked(LIST))
        read = await markers.last_read(tx, viewer.account.id, _TIMELINE)
        senders = await accounts.by_ids(tx, {one.from_id for one in found})
        people = {view.id: view for view in await views.people(ctx, tx, senders.values())}
    lines = [
        NewsView(
            id=one.id,
            path=f"/posts/{one.post_id}" if one.post_id else people[one.from_id].path,
            person=people[one.from_id],
            text=said[one.kind],
            when=words().ago(one.created_at),
            asks=one.kind is Kind.FOLLOW_REQUEST,
            unread=one.id > read,
        )
        for one in found
    ]
    return await render("notifications.html", lines=lines, older=older([one.id for one in found], LIST))


@news.post("/notifications/read")
@signed_in
async def read(ctx: Context, viewer: Viewer) -> Response:
    """Mark all news as read, up to the newest that stood on the page (`until`): what came since stays new."""
    until, me = (await sent()).number("until"), viewer.account.id
    async with ctx.change() as change:
        newest = await notifications.page(change.tx, me, Page(limit=1))
        before = (await markers.of(change.tx, me, [_TIMELINE])).get(_TIMELINE, Marker(0, 0, 0))
        last = min(newest[0].id, until or newest[0].id) if newest else 0
        if last > before.last_read_id:
            # Should another client move it at the same moment, its word stands.
            await markers.put(change.tx, me, _TIMELINE, Marker(last, before.version + 1, change.now))
    return session.see("/notifications")
