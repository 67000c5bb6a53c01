"""What hangs on a status: media attachments, poll, tags, custom emojis."""

from collections.abc import Iterable
from typing import Any

from node.adapters.images import ImageLimits
from node.context import Context
from node.domain import uris
from node.domain.media import Emoji, Links, Media, Show
from node.domain.polls import Poll
from node.domain.posts import Parts
from node.domain.times import iso


def parts(ctx: Context, found: Parts) -> dict[str, Any]:
    """Return a post's parts as fields of its status."""
    links = Links(ctx.settings.url, ctx.secret, ctx.clock())
    return {
        "media_attachments": [_attachment(one, links) for one in found.media],
        "tags": [{"name": name, "url": uris.tag(ctx.settings.url, name)} for name in found.hashtags],
        "emojis": [picture(one, links) for one in found.emojis],
    }


def poll(id: int, poll: Poll, own: list[int], *, now: int) -> dict[str, Any]:
    """Return the poll of a post; `own`: the places of the answers that the viewer chose."""
    return {
        "id": str(id),
        "expires_at": iso(poll.ends_at) if poll.ends_at else None,
        "expired": poll.is_over(now),
        "multiple": poll.several,
        "votes_count": sum(option.votes for option in poll.options),
        "voters_count": poll.voters,
        "voted": bool(own),
        "own_votes": own,
        "options": [{"title": option.name, "votes_count": option.votes} for option in poll.options],
        "emojis": [],
    }


def attachments(ctx: Context, files: Iterable[Media]) -> list[dict[str, Any]]:
    """Return files as attachments."""
    links = Links(ctx.settings.url, ctx.secret, ctx.clock())
    return [_attachment(file, links) for file in files]


def attachment(ctx: Context, file: Media) -> dict[str, Any]:
    """Return a file as an attachment; until it is ready it has no address."""
    return attachments(ctx, [file])[0]


def _attachment(file: Media, links: Links) -> dict[str, Any]:
    """What is here is shown by us. What stays with a peer is a link, which nothing loads by itself."""
    here = file.ours_to_show
    ready = file.state == "ready"
    # A film without a preview is its own; of a sound or document without one there is nothing to see.
    seen = here and ready and (file.kind == "image" or bool(file.preview))
    return {
        "id": str(file.id),
        "type": file.kind if here and file.kind != "document" else "unknown",
        "url": (links.to_file(file, Show.ORIGINAL) if ready else None) if here else file.remote_url,
        "preview_url": links.to_file(file, Show.PREVIEW) if seen else None,
        "remote_url": file.remote_url or None,
        "preview_remote_url": None,
        "text_url": None,
        "meta": _meta(file),
        "description": file.description or None,
        "blurhash": file.blurhash or None,
    }


def _meta(file: Media) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if file.width and file.height:
        found["original"] = _size(file.width, file.height)
        if file.kind == "image":
            shrink = min(1.0, ImageLimits().preview_side / max(file.width, file.height))
            found["small"] = _size(max(1, round(file.width * shrink)), max(1, round(file.height * shrink)))
    if file.seconds is not None:
        found["original"] = {**found.get("original", {}), "duration": file.seconds}
        found["duration"] = file.seconds
        found["length"] = f"{int(file.seconds // 3600)}:{int(file.seconds // 60 % 60):02}:{file.seconds % 60:05.2f}"
    if file.focus:
        found["focus"] = {"x": file.focus[0], "y": file.focus[1]}
    return found


def _size(width: int, height: int) -> dict[str, Any]:
    return {"width": width, "height": height, "size": f"{width}x{height}", "aspect": width / height}


def emoji(ctx: Context, emoji: Emoji) -> dict[str, Any]:
    """Return a little picture of ours for people to choose from."""
    links = Links(ctx.settings.url, ctx.secret, ctx.clock())
    return picture(emoji, links) | {"visible_in_picker": True, "category": None}


def picture(emoji: Emoji, links: Links) -> dict[str, Any]:
    """Return a little picture that stands in a text or a name."""
    url = links.to(emoji.id, Show.EMOJI)
    return {"shortcode": emoji.shortcode, "url": url, "static_url": url, "visible_in_picker": False}
