"""What members do with announcements: read them, react to them."""

from node.context import Change
from node.domain.announcements import MOST_REACTIONS, Announcement, is_emoji
from node.domain.events import AnnouncementReacted
from node.errors import Invalid, NotFound
from node.store import announcements, media


async def dismiss(change: Change, id: int, *, account_id: int) -> None:
    """A member has read an announcement."""
    await _present(change, id)
    await announcements.mark_read(change.tx, id, account_id=account_id)


async def react(change: Change, id: int, name: str, *, account_id: int) -> None:
    """A member reacts with an emoji, or with the shortcode of a picture of ours; twice is once.

    Raises:
        Invalid: neither of these, or there are too many kinds of reactions already.
    """
    await _present(change, id)
    known = (await announcements.reactions(change.tx, [id], account_id=account_id)).get(id, [])
    names = {reaction.name for reaction in known}
    if name not in names:
        if not is_emoji(name) and not await media.emojis(change.tx, [("", name)]):
            raise Invalid("React with an emoji.")
        if len(names) >= MOST_REACTIONS:
            raise Invalid("There are %(most)d kinds of reactions already. Use one of these.", most=MOST_REACTIONS)
    if await announcements.react(change.tx, id, name, account_id=account_id):
        await _tell(change, id, name)


async def take_back(change: Change, id: int, name: str, *, account_id: int) -> None:
    """A member reacts no more."""
    await _present(change, id)
    if await announcements.take_back(change.tx, id, name, account_id=account_id):
        await _tell(change, id, name)


async def _present(change: Change, id: int) -> Announcement:
    found = await announcements.by_id(change.tx, id, now=change.now)
    if found is None:
        raise NotFound("There is no such announcement.")
    return found


async def _tell(change: Change, id: int, name: str) -> None:
    left = (await announcements.reactions(change.tx, [id], account_id=0)).get(id, [])
    count = next((reaction.count for reaction in left if reaction.name == name), 0)
    change.tell(AnnouncementReacted(id, name, count))
