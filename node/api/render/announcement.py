"""The Announcement entity."""

from collections.abc import Sequence
from typing import Any

from node.api.render.parts import emoji as render_emoji
from node.context import Context
from node.domain import text, uris
from node.domain.announcements import Announcement, Reaction
from node.domain.media import SHORTCODE, Emoji
from node.domain.times import iso
from node.store import announcements as rows
from node.store import media
from node.store.database import Tx


async def announcements(ctx: Context, tx: Tx, found: Sequence[Announcement], *, viewer_id: int) -> list[dict[str, Any]]:
    """Return announcements as a member sees them (`viewer_id` 0: as everybody does); three queries."""
    ids = [one.id for one in found]
    read = await rows.read_by(tx, ids, account_id=viewer_id)
    reactions = await rows.reactions(tx, ids, account_id=viewer_id)
    shortcodes = {name for one in found for name in SHORTCODE.findall(one.text)}
    shortcodes |= {reaction.name for some in reactions.values() for reaction in some if reaction.name.isascii()}
    pictures = {name: one for (_, name), one in (await media.emojis(tx, [("", name) for name in shortcodes])).items()}
    return [
        {
            "id": str(one.id),
            "content": one.content,
            "starts_at": iso(one.starts_at) if one.starts_at else None,
            "ends_at": iso(one.ends_at) if one.ends_at else None,
            "all_day": one.all_day,
            "published_at": iso(one.published_at),
            "updated_at": iso(one.updated_at),
            "read": one.id in read,
            "mentions": [],
            "statuses": [],
            "tags": [
                {"name": name, "url": uris.tag(ctx.settings.url, name)} for name in sorted(text.tags_in(one.text))
            ],
            "emojis": [render_emoji(ctx, pictures[name]) for name in _named(one, pictures)],
            "reactions": [_reaction(ctx, reaction, pictures) for reaction in reactions.get(one.id, [])],
        }
        for one in found
    ]


def _named(announcement: Announcement, pictures: dict[str, Emoji]) -> list[str]:
    return [name for name in dict.fromkeys(SHORTCODE.findall(announcement.text)) if name in pictures]


def _reaction(ctx: Context, reaction: Reaction, pictures: dict[str, Emoji]) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": reaction.name, "count": reaction.count, "me": reaction.mine}
    if reaction.name in pictures:
        picture = render_emoji(ctx, pictures[reaction.name])
        shown |= {"url": picture["url"], "static_url": picture["static_url"]}
    return shown
