"""News: what happened around one's own posts and person."""

from dataclasses import dataclass

from quart import Blueprint, Response

from node.context import Context
from node.domain.filters import Filter
from node.domain.notifications import Kind, Notification
from node.domain.viewer import Viewer
from node.store import accounts, markers, notifications, posts
from node.store.database import Tx
from node.store.filtered import Filters
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
    """One piece of news. path: what it is about; asks: somebody wants to follow, and waits for an answer.

    filtered: the title of the filter that warns of the post, '' for none.
    """

    id: int
    path: str
    person: PersonView
    text: str
    when: str
    asks: bool
    unread: bool
    filtered: str


@news.get("/notifications")
@signed_in
async def show(ctx: Context, viewer: Viewer) -> Response:
    """List one's notifications; those that came since one marked them as read stand out.

    What is about a post that a filter hides is left out.
    """
    said, me = notices(words()), viewer.account.id
    async with ctx.db.read() as tx:
        found = await notifications.page(tx, me, asked(LIST))
        read = await markers.last_read(tx, me, _TIMELINE)
        met = await _met(ctx, tx, found, viewer_id=me)
        senders = await accounts.by_ids(tx, {one.from_id for one in found})
        people = {view.id: view for view in await views.people(ctx, tx, senders.values())}
    lines = [
        NewsView(
            id=one.id,
            path=_path(one, people[one.from_id]),
            person=people[one.from_id],
            text=said[one.kind],
            when=words().ago(one.created_at),
            asks=one.kind is Kind.FOLLOW_REQUEST,
            unread=one.id > read,
            filtered=met[one.post_id].title if one.post_id in met else "",
        )
        for one in found
        if one.post_id not in met or met[one.post_id].action != "hide"
    ]
    ids = [one.id for one in found]
    return await render("notifications.html", lines=lines, until=max(ids, default=None), older=older(ids, LIST))


async def _met(ctx: Context, tx: Tx, found: list[Notification], *, viewer_id: int) -> dict[int, Filter]:
    """Return post id → the filter that says how it is shown, of the posts that these notifications are about."""
    about = await posts.visible_ids(tx, {one.post_id for one in found if one.post_id}, viewer_id=viewer_id)
    met = await Filters.of(tx, viewer_id, list(about.values()), now=ctx.clock())
    verdicts = {id: met.verdict(post, "notifications", viewer_id=viewer_id) for id, post in about.items()}
    return {id: filter for id, filter in verdicts.items() if filter is not None and filter.action != "blur"}


def _path(one: Notification, sender: PersonView) -> str:
    if one.kind is Kind.GROUP_REQUEST:
        return f"/groups/{one.from_id}/requests"
    return f"/posts/{one.post_id}" if one.post_id else sender.path


@news.post("/notifications/read")
@signed_in
async def read(ctx: Context, viewer: Viewer) -> Response:
    """Mark all news as read, up to the newest that stood on the page (`until`): what came since stays new."""
    until, me = (await sent()).number("until"), viewer.account.id
    async with ctx.change() as change:
        newest = await notifications.page(change.tx, me, Page(limit=1))
        if newest:
            last = min(newest[0].id, until or newest[0].id)
            await markers.move_on(change.tx, me, _TIMELINE, last_read_id=last, now=change.now)
    return session.see("/notifications")
