"""JSON to the little pictures that stand in texts and names (Mastodon's `Emoji` tags). Nothing is fetched."""

from collections.abc import Iterable

from federation.documents import Json, kind, link, text
from federation.objects import Emoji
from node.domain.media import SHORTCODE


def emojis(tags: Iterable[Json]) -> tuple[Emoji, ...]:
    """Return the pictures among the tags of a note or an actor, each once."""
    found = {}
    for tag in tags:
        name = SHORTCODE.fullmatch(text(tag.get("name")))
        icon = tag.get("icon")
        url = link(icon.get("url")) if isinstance(icon, dict) else ""
        if kind(tag) == "Emoji" and name is not None and url:
            found[name[1]] = Emoji(name[1], url)
    return tuple(found.values())
