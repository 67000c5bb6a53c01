"""Planned posts, one's own and those of a page: what there is, moved to another time, published now, or taken back."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from quart import Blueprint, Response

from node.context import Context
from node.domain.boards import NOTHING
from node.domain.media import Links
from node.domain.viewer import Viewer
from node.errors import AllmendeError, Invalid, NotFound
from node.store.pages import Page
from node.web import session, unit_page_views
from node.web.forms import sent
from node.web.pages import render, told, words
from node.web.session import for_members, signed_in
from node.web.views import AUDIENCE_ICONS, audience_words
from node.web.writing import FileTyped, due, file_typed
from outbox import scheduled as commands

planned = Blueprint("planned", __name__)


@dataclass(frozen=True, slots=True)
class PlannedView:
    """A planned post. when: in words; due: as a field for times has it; options: the answers of its poll.

    category, until: of a notice, the last day in words; '' for none.
    """

    id: int
    text: str
    summary: str
    audience: str
    audience_icon: str
    answers: bool
    options: tuple[str, ...]
    files: tuple[FileTyped, ...]
    when: str
    due: str
    category: str
    until: str


@planned.get("/planned")
@signed_in
async def mine(ctx: Context, viewer: Viewer) -> Response:
    """What one has planned, the soonest first: all of it, for it cannot be much (`outbox.scheduled.MOST`)."""
    return await _show(ctx, viewer)


@planned.get("/pages/<int:page_id>/planned")
@for_members
async def of_page(ctx: Context, viewer: Viewer, page_id: int) -> Response:
    """What is planned in the name of a page, for its editors."""
    return await _show(ctx, viewer, page_id)


@planned.post("/planned/<int:id>/move")
@signed_in
async def move(ctx: Context, viewer: Viewer, id: int) -> Response:
    """Plan a post for another time, `due`."""
    page_id = await _page(ctx, viewer, id)
    try:
        wanted = due(ctx, await sent())
        if wanted is None:
            raise Invalid("Choose a day and a time for your post.")
        await commands.move(ctx, viewer.account, id, due=wanted)
    except AllmendeError as error:
        return await _show(ctx, viewer, page_id, error=error)
    return session.see(_place(page_id))


@planned.post("/planned/<int:id>/publish")
@signed_in
async def publish(ctx: Context, viewer: Viewer, id: int) -> Response:
    """Publish a planned post now."""
    page_id = await _page(ctx, viewer, id)
    try:
        made = await commands.publish_now(ctx, viewer.account, id)
    except AllmendeError as error:
        return await _show(ctx, viewer, page_id, error=error)
    return session.see(f"/posts/{made.id}")


@planned.post("/planned/<int:id>/cancel")
@signed_in
async def cancel(ctx: Context, viewer: Viewer, id: int) -> Response:
    """Take a planned post back."""
    page_id = await _page(ctx, viewer, id)
    try:
        await commands.cancel(ctx, viewer.account, id)
    except AllmendeError as error:
        return await _show(ctx, viewer, page_id, error=error)
    return session.see(_place(page_id))


async def _page(ctx: Context, viewer: Viewer, id: int) -> int | None:
    """Return the page in whose name a post is planned, None for one's own."""
    try:
        account_id = (await commands.one(ctx, viewer.account, id)).account_id
    except NotFound:
        return None
    return None if account_id == viewer.account.id else account_id


def _place(page_id: int | None) -> str:
    return "/planned" if page_id is None else f"/pages/{page_id}/planned"


async def _show(
    ctx: Context, viewer: Viewer, page_id: int | None = None, *, error: AllmendeError | None = None
) -> Response:
    author, of = viewer.account, None
    if page_id is not None:
        async with ctx.db.read() as tx:
            of = await unit_page_views.found(ctx, tx, viewer, page_id)
        if not of.edits:
            raise NotFound("There is no such page.")
        author = of.account
    found = await commands.of(ctx, author, Page(limit=commands.MOST))
    return await render(
        "planned.html",
        status=error.status if error else 200,
        error=told(error) if error else "",
        planned=[_view(ctx, one) for one in sorted(found, key=lambda one: one.due_at)],
        view=of,
        tabs=unit_page_views.tabs(of, words()) if of else [],
        tab="planned",
    )


def _view(ctx: Context, one: commands.Planned) -> PlannedView:
    _, draft = words(), one.draft
    links = Links(ctx.settings.url, ctx.secret, ctx.clock())
    moment = datetime.fromtimestamp(one.due_at / 1000, ZoneInfo(ctx.settings.node.timezone))
    notice = draft.notice or NOTHING
    return PlannedView(
        id=one.id,
        text=draft.text,
        summary=draft.summary,
        audience=audience_words(_)[draft.visibility],
        audience_icon=AUDIENCE_ICONS[draft.visibility],
        answers=draft.reply_to_id is not None,
        options=draft.poll.options if draft.poll else (),
        files=tuple(file_typed(file, links) for file in one.files),
        when=_.moment(one.due_at),
        due=moment.strftime("%Y-%m-%dT%H:%M"),
        category=notice.category,
        until=_.date(notice.ends_at - 1) if notice.ends_at is not None else "",
    )
