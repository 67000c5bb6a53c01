"""What administrators tell everybody, as members meet it: above their home, until they have read it."""

from dataclasses import dataclass

from quart import Blueprint, Response

from node.context import Context
from node.domain.announcements import Announcement
from node.domain.viewer import Viewer
from node.effects import announcements as effects
from node.store import announcements as rows
from node.store.database import Tx
from node.web import session
from node.web.forms import LIST, enhanced
from node.web.pages import words
from node.web.session import signed_in

announcements = Blueprint("announcements", __name__)


@dataclass(frozen=True, slots=True)
class AnnouncementView:
    """An announcement; content is HTML of our own making, until '' for one without end."""

    id: int
    content: str
    when: str
    until: str

    @classmethod
    def of(cls, one: Announcement) -> "AnnouncementView":
        """Return the view of one, in the words of who looks."""
        _ = words()
        # It ends as the day after its last one begins.
        until = _.date(one.ends_at - 1) if one.ends_at else ""
        return cls(one.id, one.content, _.ago(one.published_at), until)


async def present(ctx: Context, tx: Tx) -> list[AnnouncementView]:
    """Return what is announced and not over, the latest first."""
    found = await rows.present(tx, now=ctx.clock(), limit=LIST)
    return [AnnouncementView.of(one) for one in reversed(found)]


async def unread(ctx: Context, tx: Tx, viewer: Viewer) -> list[AnnouncementView]:
    """Return what of this the one who looks has not read; two queries."""
    found = await present(ctx, tx)
    read = await rows.read_by(tx, [one.id for one in found], account_id=viewer.account.id) if found else set()
    return [one for one in found if one.id not in read]


@announcements.post("/announcements/<int:announcement_id>/read")
@signed_in
async def read(ctx: Context, viewer: Viewer, announcement_id: int) -> Response:
    """Note that one has read an announcement: it is gone from their home."""
    async with ctx.change() as change:
        await effects.dismiss(change, announcement_id, account_id=viewer.account.id)
    return Response("") if enhanced() else session.back("/home")
