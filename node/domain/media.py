"""Files that belong to posts, and the little pictures in texts."""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from enum import StrEnum
from re import compile as pattern

SHORTCODE = pattern(r":([a-zA-Z0-9_]{1,64}):")
"""How a little picture stands in a text."""

_DAY_MS = 86_400_000
_DAYS = 2


class Show(StrEnum):
    """What a link to a file shows."""

    ORIGINAL = "o"
    PREVIEW = "p"
    EMOJI = "e"


@dataclass(frozen=True, slots=True)
class Media:
    """A file of a post. kind: image, video, audio or document. remote_url: where a peer keeps it, '' for our own.

    width, height: in pixels, of the file when it is here, else as its origin says. focus: x and y from -1 to 1.
    file, preview: their names in the media folder, '' when they are not here. used_at: last shown, Unix ms.
    """

    id: int
    post_id: int
    place: int
    kind: str
    media_type: str
    remote_url: str
    description: str
    width: int | None
    height: int | None
    blurhash: str
    focus: tuple[float, float] | None
    file: str = ""
    preview: str = ""
    used_at: int = 0


@dataclass(frozen=True, slots=True)
class Emoji:
    """A picture that stands for `:shortcode:` in what people of a host write."""

    id: int
    host: str
    shortcode: str
    remote_url: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """Makes links to files for somebody who may see what they belong to (threat M06).

    A link is good until the day after tomorrow, whoever has it: clients ask for pictures without any token.
    base: the node's public address. secret: signs. now: Unix ms.
    """

    base: str
    secret: bytes
    now: int

    def to(self, id: int, show: Show) -> str:
        """Return a link; the same one all day, so that browsers keep what it shows."""
        day = self.now // _DAY_MS + _DAYS
        return f"{self.base}/media/{id}/{show}{day}-{_signature(self.secret, id, show, day)}"


def shown_by(token: str, id: int, *, secret: bytes, now: int) -> Show | None:
    """Return what a link's token shows of this file or picture; None: it is forged, or too old."""
    kind, rest = token[:1], token[1:]
    day, _, signature = rest.partition("-")
    if kind not in list(Show) or not day.isdecimal() or len(day) > 6 or int(day) * _DAY_MS < now:
        return None
    expected = _signature(secret, id, Show(kind), int(day))
    return Show(kind) if hmac.compare_digest(signature.encode(), expected.encode()) else None


def _signature(secret: bytes, id: int, show: Show, day: int) -> str:
    mac = hmac.digest(secret, f"file {show} {id} {day}".encode(), "sha256")
    return urlsafe_b64encode(mac[:18]).decode()
