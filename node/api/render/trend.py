"""What trends, as clients are told of it: Tag, Trends::Link, and both as moderators see them."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from node.api.render import tag as render_tag
from node.api.render.tag import Figures
from node.context import Context
from node.domain.links import number
from node.domain.times import DAY_MS
from node.domain.trends import Trend
from node.store import trends
from node.store.database import Tx


async def tags(ctx: Context, tx: Tx, found: Sequence[Trend], *, viewer_id: int) -> list[dict[str, Any]]:
    """Return hashtags with the figures that are told of them; two queries however many they are."""
    history = {one.name: _history(ctx, one) for one in found}
    return await render_tag.tags(ctx, tx, list(history), viewer_id=viewer_id, history=history)


async def tags_for_moderators(ctx: Context, tx: Tx, found: Sequence[Trend], *, viewer_id: int) -> list[dict[str, Any]]:
    """Return hashtags (Admin::Tag). Nothing waits for review: what trends is shown until a moderator refuses it."""
    return [
        tag | {"trendable": not one.refused, "usable": True, "listable": True, "requires_review": False}
        for tag, one in zip(await tags(ctx, tx, found, viewer_id=viewer_id), found, strict=True)
    ]


async def links(ctx: Context, tx: Tx, found: Sequence[Trend], *, viewer_id: int) -> list[dict[str, Any]]:
    """Return links (Trends::Link), called as those who wrote of them do, or by their host; one query.

    They are not fetched: other sites would learn what is read here. So there is neither a picture nor an excerpt.
    """
    titles = await trends.titles(tx, [one.name for one in found], viewer_id=viewer_id, now=ctx.clock())
    return [_link(one.name, titles.get(one.name, "")) | {"history": _history(ctx, one)} for one in found]


async def links_for_moderators(ctx: Context, tx: Tx, found: Sequence[Trend], *, viewer_id: int) -> list[dict[str, Any]]:
    """Return links with the number by which they are refused and allowed."""
    shown = await links(ctx, tx, found, viewer_id=viewer_id)
    return [
        link | {"id": str(number(one.name)), "trendable": not one.refused, "requires_review": False}
        for link, one in zip(shown, found, strict=True)
    ]


def _link(url: str, title: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "url": url,
        "title": title or parts.netloc,
        "description": "",
        "language": None,
        "type": "link",
        "authors": [],
        "author_name": "",
        "author_url": "",
        "provider_name": parts.netloc,
        "provider_url": f"{parts.scheme}://{parts.netloc}/",
        "html": "",
        "width": 0,
        "height": 0,
        "image": None,
        "image_description": "",
        "embed_url": "",
        "blurhash": None,
        "published_at": None,
    }


def _history(ctx: Context, trend: Trend) -> Figures:
    today = ctx.clock() // DAY_MS
    return [
        {"day": str((today - ago) * DAY_MS // 1000), "uses": str(day.times), "accounts": str(day.people)}
        for ago, day in enumerate(trend.days)
    ]
