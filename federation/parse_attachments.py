"""JSON to typed attachments: pictures, films, sounds and files that belong to a note. Nothing is fetched."""

from re import compile as pattern
from typing import Any

from federation import hosts
from federation.documents import Json, kind, link, listed, text
from federation.errors import FederationError
from federation.objects import Attachment
from node.domain.text import plain
from node.limits import Limits

_DEFAULTS = Limits()
_MEDIA_KINDS = frozenset({"Document", "Image", "Video", "Audio"})
_BLURHASH = pattern(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,100}")
_LONGEST_SIDE = 100_000
_LONGEST_DESCRIPTION = 1_500
_ENDINGS = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
}


def attachments(document: Json, what: str) -> tuple[Attachment, ...]:
    """Return what is attached to a note, each file once; `what` is the note's own kind.

    A note that is a picture, film or sound itself is its own attachment (PeerTube, Pixelfed's elder forms).
    """
    found: dict[str, Attachment] = {}
    if what in _MEDIA_KINDS:
        _keep(found, _own(document, what))
    for item in listed(document.get("attachment")):
        if isinstance(item, dict) and len(found) < _DEFAULTS.attachments:
            _keep(found, _attached(item, document))
    return tuple(found.values())


def _keep(found: dict[str, Attachment], attachment: Attachment | None) -> None:
    if attachment is not None:
        found.setdefault(attachment.url, attachment)


def _attached(item: Json, document: Json) -> Attachment | None:
    url = link(item.get("url")) or link(item.get("href"))
    if kind(item) in _MEDIA_KINDS:
        return _attachment(item, url, kind(item))
    # Lemmy attaches a picture as a Link; any other Link is a preview of a page, not a file.
    own = hosts.same(url, text(document.get("id")))
    if kind(item) == "Link" and own and _guessed(url).startswith("image/"):
        return _attachment(item, url, "Image")
    return None


def _own(document: Json, what: str) -> Attachment | None:
    """The file of a note that is one: the first link of the right type, also inside a playlist's tags (PeerTube)."""
    wanted = f"{what.lower()}/"
    for item in _links(document.get("url")):
        if text(item.get("mediaType")).startswith(wanted) and text(item.get("href")):
            return _attachment({**document, **item, "name": document.get("name")}, text(item.get("href")), what)
    url = link(document.get("url"))
    return _attachment(document, url, what) if _guessed(url).startswith(wanted) else None


def _links(value: Any) -> list[Json]:
    found = [item for item in listed(value) if isinstance(item, dict)]
    return found + [inner for item in found for inner in listed(item.get("tag")) if isinstance(inner, dict)]


def _attachment(item: Json, url: str, what: str) -> Attachment | None:
    try:
        hosts.parse(url)
    except FederationError:
        return None
    media_type = text(item.get("mediaType")).partition(";")[0].strip().lower() or _guessed(url)
    blurhash = text(item.get("blurhash"))
    return Attachment(
        url=url,
        kind=_kind(media_type, what),
        media_type=media_type[:100],
        # Mastodon describes a picture by its name, GoToSocial by its summary.
        description=plain(text(item.get("name")) or text(item.get("summary")), longest=_LONGEST_DESCRIPTION),
        width=_side(item.get("width")),
        height=_side(item.get("height")),
        blurhash=blurhash if _BLURHASH.fullmatch(blurhash) else "",
        focus=_focus(item.get("focalPoint")),
    )


def _kind(media_type: str, what: str) -> str:
    family = media_type.partition("/")[0]
    if family in ("image", "video", "audio"):
        return family
    return what.lower() if not media_type and what != "Document" else "document"


def _guessed(url: str) -> str:
    path = url.partition("?")[0].lower()
    return next((media_type for ending, media_type in _ENDINGS.items() if path.endswith(ending)), "")


def _side(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LONGEST_SIDE else None


def _focus(value: Any) -> tuple[float, float] | None:
    """Mastodon's focal point: two numbers from -1 to 1."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    numbers = [float(part) for part in value if isinstance(part, int | float) and not isinstance(part, bool)]
    if len(numbers) != 2 or not all(-1 <= number <= 1 for number in numbers):
        return None
    return numbers[0], numbers[1]
