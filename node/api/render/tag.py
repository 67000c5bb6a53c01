"""The Tag and FeaturedTag entities."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from node.api.render.account import day
from node.context import Context
from node.domain import uris
from node.domain.tags import FeaturedTag
from node.store import tags as rows
from node.store.database import Tx
from node.store.tags import Use

Figures = list[dict[str, str]]
"""The last seven days of a hashtag or link, today first."""


async def tags(
    ctx: Context, tx: Tx, names: Sequence[str], *, viewer_id: int, history: Mapping[str, Figures] | None = None
) -> list[dict[str, Any]]:
    """Return hashtags, how they were used this week as far as the viewer sees it, and whether they follow or show each.

    Three queries however many they are. history: other figures that are told instead.
    """
    followed = await rows.followed_among(tx, viewer_id, names)
    shown = {tag.name for tag in await rows.featured(tx, viewer_id)}
    figures = await _history(ctx, tx, names, viewer_id=viewer_id) if history is None else history
    return [
        {
            "id": name,
            "name": name,
            "url": uris.tag(ctx.settings.url, name),
            "history": figures[name],
            "following": name in followed,
            "featuring": name in shown,
        }
        for name in names
    ]


async def _history(ctx: Context, tx: Tx, names: Sequence[str], *, viewer_id: int) -> dict[str, Figures]:
    history = await rows.history(tx, names, viewer_id=viewer_id, now=ctx.clock())
    return {
        name: [{"day": str(one.at // 1000), "uses": str(one.posts), "accounts": str(one.people)} for one in days]
        for name, days in history.items()
    }


def featured(ctx: Context, tag: FeaturedTag, use: Use) -> dict[str, Any]:
    """Return a hashtag of somebody's profile."""
    return {
        "id": str(tag.id),
        "name": tag.name,
        "url": uris.tag(ctx.settings.url, tag.name),
        "statuses_count": str(use.posts),
        "last_status_at": day(use.last_at),
    }


async def all_featured(
    ctx: Context, tx: Tx, found: Iterable[FeaturedTag], *, account_id: int, viewer_id: int
) -> list[dict[str, Any]]:
    """Return the hashtags of somebody's profile; the viewer's eyes count the posts."""
    shown = list(found)
    use = await rows.use(tx, account_id, [tag.name for tag in shown], viewer_id=viewer_id)
    return [featured(ctx, tag, use[tag.name]) for tag in shown]
