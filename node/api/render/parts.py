"""What hangs on a status: media attachments, poll, tags, custom emojis."""

from typing import Any

from node.context import Context
from node.domain import uris
from node.domain.media import Emoji, Links, Media, Show
from node.domain.polls import Poll
from node.domain.posts import Post
from node.domain.times import iso
from node.store.parts import PageParts


def parts(ctx: Context, post: Post, found: PageParts) -> dict[str, Any]:
    """Return one post's parts as fields of its status."""
    links = Links(ctx.settings.url, ctx.secret, ctx.clock())
    poll = found.polls.get(post.id)
    own = found.choices.get(post.id, [])
    return {
        "media_attachments": [_attachment(one, links) for one in found.files.get(post.id, [])],
        "poll": _poll(post.id, poll, own, now=ctx.clock()) if poll else None,
        "tags": [{"name": name, "url": uris.tag(ctx.settings.url, name)} for name in found.hashtags.get(post.id, [])],
        "emojis": [_emoji(one, links) for one in found.emojis.get(post.id, [])],
    }


def _poll(id: int, poll: Poll, own: list[int], *, now: int) -> dict[str, Any]:
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


def _attachment(file: Media, links: Links) -> dict[str, Any]:
    """A picture is shown by us. Anything else stays where it is: a link, which nothing loads by itself."""
    shown = file.kind == "image"
    original: dict[str, Any] = {}
    if file.width and file.height:
        size = f"{file.width}x{file.height}"
        original = {"width": file.width, "height": file.height, "size": size, "aspect": file.width / file.height}
    return {
        "id": str(file.id),
        "type": "image" if shown else "unknown",
        "url": links.to(file.id, Show.ORIGINAL) if shown else file.remote_url,
        "preview_url": links.to(file.id, Show.PREVIEW) if shown else None,
        "remote_url": file.remote_url or None,
        "text_url": None,
        "meta": {
            **({"original": original} if original else {}),
            **({"focus": {"x": file.focus[0], "y": file.focus[1]}} if file.focus else {}),
        },
        "description": file.description or None,
        "blurhash": file.blurhash or None,
    }


def _emoji(emoji: Emoji, links: Links) -> dict[str, Any]:
    url = links.to(emoji.id, Show.EMOJI)
    return {"shortcode": emoji.shortcode, "url": url, "static_url": url, "visible_in_picker": False}
