"""Finds a theme's templates and files; what a theme does not have, `plain` has."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from re import Match
from re import compile as pattern

import jinja2
from msgspec import json

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
_WORKER = "service-worker.js"
_SHOWN = (".css", ".js", ".svg", ".woff2")


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

    `LOGO` is the brand's own picture, or the theme's sign. sign: the same as a PNG, for what cannot draw an SVG; b''
    for a brand's SVG, and a theme that has no PNG beside its icon. worker: the script that stands in without a network.
    """

    theme: Theme
    templates: jinja2.BaseLoader
    files: dict[str, Asset]
    sign: bytes
    worker: bytes

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
    folders, theme = _folders(look), read(look)
    files: dict[str, Asset] = {}
    for folder in folders:
        for path in sorted((folder / "static").glob("*")):  # a theme may lack any of its folders
            if path.suffix in _TYPES:
                files[path.name] = _asset(path.name, path.read_bytes())
    files[LOGO] = _logo(look) if look.logo else files[theme.icon]
    files[SCRIPT] = _asset(SCRIPT, b"\n;".join(_texts(folders, "scripts", "*.js")))
    style = b"\n".join([reading.css(theme).encode(), *_texts(folders, "styles", "*.css")])
    files[STYLE] = _asset(STYLE, _URL.sub(_within(files), style.decode()).encode())
    return Looks(theme, templates(look), files, _sign(look, theme, files), _worker(folders, files))


def read(look: Look) -> Theme:
    """Read a theme in the node's colours, and nothing else of it.

    Raises:
        ConfigError: see `load`.
    """
    return reading.branded(reading.read(_folders(look)[-1]), look)


def templates(look: Look, kind: str = "templates") -> jinja2.BaseLoader:
    """Return what finds a theme's templates of a kind, and those of `plain` that it lacks."""
    return jinja2.FileSystemLoader([folder / kind for folder in reversed(_folders(look))])


def known() -> list[tuple[str, str]]:
    """Return the themes that are there: (folder, name), `plain` first."""
    found = sorted(path.parent for path in _HERE.glob(f"*/{reading.FILE}"))
    return [(folder.name, reading.read(folder).name) for folder in sorted(found, key=lambda one: one.name != _FALLBACK)]


def _folders(look: Look) -> list[Path]:
    """Return the folders of a theme, `plain` first."""
    known = sorted(path.parent.name for path in _HERE.glob(f"*/{reading.FILE}"))
    if look.theme not in known:
        raise ConfigError(f"look.theme = {look.theme!r} is not there. Known are: {', '.join(known)}.")
    return [_HERE / name for name in dict.fromkeys((_FALLBACK, look.theme))]


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


def _sign(look: Look, theme: Theme, files: dict[str, Asset]) -> bytes:
    """Return the logo as a PNG, where there is one."""
    if look.logo:
        return files[LOGO].body if files[LOGO].path.endswith(".png") else b""
    drawn = files.get(Path(theme.icon).with_suffix(".png").name)
    return drawn.body if drawn else b""


def _worker(folders: list[Path], files: dict[str, Asset]) -> bytes:
    """Return the worker's script, headed by what it needs of the look: it is another one when any of that changes."""
    shown = [files[name].path for name in sorted(files) if files[name].path.endswith(_SHOWN) or name == LOGO]
    text = next(path for folder in reversed(folders) if (path := folder / _WORKER).exists()).read_bytes()
    version = sha256(text + "".join(shown).encode()).hexdigest()[:12]
    return b"const LOOK = " + json.encode({"version": version, "files": list(dict.fromkeys(shown))}) + b";\n" + text


def _logo(look: Look) -> Asset:
    path = Path(look.logo)
    if path.suffix not in _LOGOS or not path.is_file():
        raise ConfigError(f"look.logo = {look.logo!r} is no picture. Put an .svg or .png file there.")
    return _asset(f"{LOGO}{path.suffix}", path.read_bytes())
