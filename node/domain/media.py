"""Files that belong to posts, pictures of people, the little pictures in texts, and links to all of them."""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from re import compile as pattern

from node.domain.accounts import Account
from node.domain.times import DAY_MS
from node.errors import Invalid

SHORTCODE = pattern(r":([a-zA-Z0-9_]{1,64}):")
"""How a little picture stands in a text."""

FILMS = frozenset({"video", "gifv", "audio"})
"""Kinds of files that move or sound."""

_DAYS = 2


class Show(StrEnum):
    """What a link to a file shows."""

    ORIGINAL = "o"
    PREVIEW = "p"
    EMOJI = "e"
    PORTRAIT = "a"
    BANNER = "h"


@dataclass(frozen=True, slots=True)
class Media:
    """A file of a post, or of one to come (`post_id` is None). kind: image, gifv, video, audio or document.

    remote_url: where a peer keeps it, '' for our own. width, height: in pixels, of the file when it is here, else as
    its origin says. focus: x and y from -1 to 1. file, preview: their names in the media folder, '' when they are not
    here. used_at: last shown, Unix ms.
    account_id: who uploaded it here; scheduled_id: the planned post that will have it. state: ready, processing or
    failed, with `error` for its uploader; a peer's that is ready and not here has not been asked for. seconds: how long
    a sound or film lasts. created_at: when it was uploaded, or lost its post, Unix ms. left_of: the deleted post (its
    uri) whose file it was, while its author may write that anew; renewed: how often this has happened.
    """

    id: int
    post_id: int | None
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
    account_id: int | None = None
    scheduled_id: int | None = None
    state: str = "ready"
    error: str = ""
    seconds: float | None = None
    created_at: int = 0
    left_of: str = ""
    renewed: int = 0

    @property
    def given_as(self) -> str:
        """What the links of peers are made of: its name, which is another one once it has lost its post."""
        return f"{self.file} {self.renewed}" if self.renewed else self.file

    @property
    def ours_to_show(self) -> bool:
        """Whether we show it ourselves: all but a peer's film, sound or document that is not here."""
        return self.kind == "image" or bool(self.file) or not self.remote_url


@dataclass(frozen=True, slots=True)
class Emoji:
    """A picture that stands for `:shortcode:` in what people of a host write."""

    id: int
    host: str
    shortcode: str
    remote_url: str
    file: str = ""


def in_name(account: Account) -> list[Emoji]:
    """Return the little pictures in somebody's name."""
    return [Emoji(id, account.host, shortcode, "") for shortcode, id in account.emojis]


@dataclass(frozen=True, slots=True)
class Links:
    """Makes links to files for somebody who may see what they belong to (threat M06).

    A link is good until the day after tomorrow, whoever has it: clients ask for pictures without any token.
    Everybody has a portrait and a banner: who chose none gets one that is drawn.
    base: the node's public address. secret: signs. now: Unix ms.
    """

    base: str
    secret: bytes
    now: int

    def portrait(self, account: Account) -> str:
        """Return a link to the small picture of somebody."""
        return f"{self.to(account.id, Show.PORTRAIT)}?v={_version(account.icon, account.icon_file, account)}"

    def banner(self, account: Account) -> str:
        """Return a link to the wide picture of somebody."""
        return f"{self.to(account.id, Show.BANNER)}?v={_version(account.image, account.image_file, account)}"

    def to_file(self, file: Media, show: Show) -> str:
        """Return a link to a file, or its preview; who had one before the file lost its post has none any more."""
        return self.to(file.id, show, renewed=file.renewed)

    def to(self, id: int, show: Show, *, renewed: int = 0) -> str:
        """Return a link; the same one all day, so that browsers keep what it shows."""
        day = self.now // DAY_MS + _DAYS
        again = f".{renewed}" if renewed else ""
        return f"{self.base}/media/{id}/{show}{day}{again}-{_signature(self.secret, id, show, f'{day}{again}')}"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a link shows; renewed: how often the file had lost its post when the link was made."""

    show: Show
    renewed: int = 0


def shown_by(token: str, id: int, *, secret: bytes, now: int) -> Shown | None:
    """Return what a link's token shows of this file or picture; None: it is forged, or too old."""
    kind, rest = token[:1], token[1:]
    until, _, signature = rest.partition("-")
    day, _, renewed = until.partition(".")
    if kind not in list(Show) or not _is_number(day) or int(day) * DAY_MS < now or not _is_number(renewed or "0"):
        return None
    expected = _signature(secret, id, Show(kind), until)
    if not hmac.compare_digest(signature.encode(), expected.encode()):
        return None
    return Shown(Show(kind), int(renewed or 0))


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= 6


def _signature(secret: bytes, id: int, show: Show, until: str) -> str:
    mac = hmac.digest(secret, f"file {show} {id} {until}".encode(), "sha256")
    return urlsafe_b64encode(mac[:18]).decode()


def _version(remote_url: str, file: str, account: Account) -> str:
    """Return what changes with a person's picture, or with the drawn one: browsers keep what a link showed."""
    seen = remote_url if account.host else file or f"{account.name} {account.username}"
    return sha256(seen.encode()).hexdigest()[:8]


def for_peers(base: str, id: int, show: Show, *, file: str) -> str:
    """Return a link without end to a file of ours, as long as there is one: it stands in documents for peers only.

    `file`, what it is given as (`Media.given_as`) or its name in the media folder, is random, so that nobody finds the
    link who was not given it.
    """
    return f"{base}/media/{id}/{show}/{capability(file)}"


def capability(file: str) -> str:
    """Return what proves that somebody was given the link to a file."""
    return urlsafe_b64encode(sha256(f"for peers {file}".encode()).digest()[:18]).decode()


def parse_focus(text: str) -> tuple[float, float] | None:
    """Return the point a picture is about from `x,y`, each from -1 to 1; None when none is given.

    Raises:
        Invalid: something else.
    """
    if not text.strip():
        return None
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError as error:
        raise Invalid("A focus is two numbers from -1 to 1 with a comma between.") from error
    if not (-1 <= x <= 1 and -1 <= y <= 1):
        raise Invalid("A focus is two numbers from -1 to 1 with a comma between.")
    return (x, y)
