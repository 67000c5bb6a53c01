"""Finds a theme's templates and files; what a theme does not have, `plain` has."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from re import Match
from re import compile as pattern

import jinja2

from node.config import ConfigError, Look
from themes import theme as reading
from themes.theme import Theme

_HERE = Path(__file__).parent
_FALLBACK = "plain"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
_LOGOS = (".svg", ".png")
_URL = pattern(r"url\(([\w.-]+)\)")
_COMPRESSED = (".css", ".js", ".svg")

STYLE = "style.css"
SCRIPT = "app.js"
LOGO = "logo"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served. path: changes with its content, so that browsers may keep it for ever."""

    path: str
    body: bytes
    packed: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Looks:
    """A node's look: the theme with the node's brand, and its files by the names that templates use.

    `LOGO` is the brand's own picture, or the theme's sign.
    """

    theme: Theme
    templates: jinja2.BaseLoader
    files: dict[str, Asset]

    def path(self, name: str) -> str:
        """Return where a file is served; KeyError for one that the theme lacks: a mistake in a template."""
        return self.files[name].path

    def by_path(self, path: str) -> Asset | None:
        """Return the file that is served there."""
        return next((asset for asset in self.files.values() if asset.path == path), None)


def load(look: Look) -> Looks:
    """Read a theme and everything that its pages need, once for all requests: one style sheet, one script, pictures.

    Raises:
        ConfigError: there is no such theme or logo, or its colours cannot be read.
    """
    known = sorted(path.parent.name for path in _HERE.glob(f"*/{reading.FILE}"))
    if look.theme not in known:
        raise ConfigError(f"look.theme = {look.theme!r} is not there. Known are: {', '.join(known)}.")
    folders = [_HERE / _FALLBACK] if look.theme == _FALLBACK else [_HERE / _FALLBACK, _HERE / look.theme]
    theme = reading.branded(reading.read(folders[-1]), look)
    files: dict[str, Asset] = {}
    for folder in folders:
        for path in sorted((folder / "static").glob("*")):  # a theme may lack any of its folders
            if path.suffix in _TYPES:
                files[path.name] = _asset(path.name, path.read_bytes())
    files[LOGO] = _logo(look) if look.logo else files[theme.icon]
    files[SCRIPT] = _asset(SCRIPT, b"\n;".join(_texts(folders, "scripts", "*.js")))
    style = b"\n".join([reading.css(theme).encode(), *_texts(folders, "styles", "*.css")])
    files[STYLE] = _asset(STYLE, _URL.sub(_within(files), style.decode()).encode())
    templates = jinja2.FileSystemLoader([folder / "templates" for folder in reversed(folders)])
    return Looks(theme, templates, files)


def _texts(folders: list[Path], kind: str, names: str) -> list[bytes]:
    """Return the texts of a kind: `base` comes first in its folder, and the theme's after those of `plain`."""
    paths = [path for folder in folders for path in sorted((folder / kind).glob(names), key=_base_first)]
    return [path.read_bytes() for path in paths]


def _base_first(path: Path) -> tuple[bool, str]:
    return not path.name.startswith("base"), path.name


def _within(files: dict[str, Asset]) -> Callable[[Match[str]], str]:
    def address(found: Match[str]) -> str:
        return f"url({files[found[1]].path})"

    return address


def _asset(name: str, body: bytes) -> Asset:
    stem, _, ending = name.rpartition(".")
    media_type = _TYPES[f".{ending}"]
    packed = gzip.compress(body, mtime=0) if f".{ending}" in _COMPRESSED else b""
    return Asset(f"/static/{stem}.{sha256(body).hexdigest()[:12]}.{ending}", body, packed, media_type)


def _logo(look: Look) -> Asset:
    path = Path(look.logo)
    if path.suffix not in _LOGOS or not path.is_file():
        raise ConfigError(f"look.logo = {look.logo!r} is no picture. Put an .svg or .png file there.")
    return _asset(f"{LOGO}{path.suffix}", path.read_bytes())
