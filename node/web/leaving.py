"""What one lets stay as the unit's when one leaves."""

from dataclasses import dataclass

from quart import Blueprint, Response, request

from moderation import leavers as commands
from node.context import Context
from node.domain.bequests import names
from node.domain.text import excerpt
from node.domain.viewer import Viewer
from node.errors import AllmendeError, NotFound
from node.store import accounts, bequests, departures, media
from node.web import session, views
from node.web.forms import LIST, asked, older, sent
from node.web.pages import render, told, words
from node.web.session import as_oneself

leaving = Blueprint("leaving", __name__)


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A group with posts that can stay. fixed: an administrator says that they do."""

    id: int
    name: str
    count: int
    stays: bool
    fixed: bool


@dataclass(frozen=True, slots=True)
class OwnView:
    """A single post that can stay. named: it says who wrote it, and does not stay as it is."""

    id: int
    when: str
    text: str
    stays: bool
    named: bool


@leaving.route("/settings/leaving", methods=["GET", "POST"])
@as_oneself
async def choose(ctx: Context, viewer: Viewer) -> Response:
    """Choose it, and see what the unit keeps."""
    me, part, status, error = viewer.account.id, asked(LIST), 200, ""
    if request.method == "POST":
        form = await sent()
        try:
            await commands.let_stay(
                ctx,
                viewer.account,
                places=form.numbers("group"),
                shown=form.numbers("shown"),
                kept=form.numbers("post"),
            )
            return session.see("/settings/leaving")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    async with ctx.db.read() as tx:
        departure = await departures.of(tx, me)
        if departure is None:
            raise NotFound("There is no such page.")
        chosen = await bequests.of(tx, me)
        heir = await accounts.by_id(tx, chosen.heir) if chosen.heir is not None else None
        places = await bequests.places(tx, me)
        own = await bequests.single(tx, me, part)
        files = await media.of_posts(tx, [one.id for one in own])
        page = (await views.people(ctx, tx, [heir]))[0] if heir is not None and heir.active else None
    return await render(
        "settings/leaving.html",
        status=status,
        error=error,
        page=page,
        until=words().date(departure.until),
        wrote_in=[
            PlaceView(
                id=group.id,
                name=group.name or group.username,
                count=count,
                stays=group.id in chosen.groups | chosen.by_unit,
                fixed=group.id in chosen.by_unit,
            )
            for group, count, _ in places
        ],
        own=[
            OwnView(
                id=one.id,
                when=words().moment(one.published_at),
                text=excerpt(one.content),
                stays=one.id in chosen.posts,
                named=names(viewer.account, one, files.get(one.id, [])),
            )
            for one in own
        ],
        older=older([one.id for one in own], LIST),
    )
