"""Commands on announcements: tell everybody something, and take it back."""

import logging

from node.context import Context
from node.domain import text, uris
from node.domain.announcements import Announcement, check
from node.domain.events import AnnouncementChanged, AnnouncementDeleted
from node.errors import NotFound
from node.store import announcements

audit = logging.getLogger("allmende.audit")


async def publish(
    ctx: Context, typed: str, *, starts_at: int | None = None, ends_at: int | None = None, all_day: bool = False
) -> Announcement:
    """Tell every member something, in Markdown; after `ends_at` (Unix ms) it is told no more.

    Raises:
        Invalid: nothing, too much, or an end before the beginning.
    """
    check(typed, starts_at=starts_at, ends_at=ends_at)
    async with ctx.change() as change:
        content = text.render(typed, mentions={}, tag_url=lambda name: uris.tag(ctx.settings.url, name))
        made = Announcement(change.new_id(), typed, content, starts_at, ends_at, all_day, change.now, change.now)
        await announcements.insert(change.tx, made)
        change.tell(AnnouncementChanged(made.id))
    audit.warning("announcement %d", made.id)
    return made


async def withdraw(ctx: Context, id: int) -> None:
    """Take an announcement back, with all reactions to it.

    Raises:
        NotFound: there is none.
    """
    async with ctx.change() as change:
        if not await announcements.delete(change.tx, id):
            raise NotFound("There is no such announcement.")
        change.tell(AnnouncementDeleted(id))
    audit.warning("announcement %d withdrawn", id)
