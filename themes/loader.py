"""Finds a theme's templates and files; what a theme does not have, `plain` has."""

from pathlib import Path

import jinja2

from node.config import ConfigError
from node.errors import NotFound

_HERE = Path(__file__).parent
_FALLBACK = "plain"
_TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


def templates(theme: str) -> jinja2.BaseLoader:
    """Return a loader for a theme's pages.

    Raises:
        ConfigError: there is no such theme.
    """
    known = sorted(path.parent.name for path in _HERE.glob("*/theme.toml"))
    if theme not in known:
        raise ConfigError(f"node.theme = {theme!r} is not there. Known are: {', '.join(known)}.")
    return jinja2.FileSystemLoader([_HERE / theme / "templates", _HERE / _FALLBACK / "templates"])


def static(theme: str, name: str) -> tuple[bytes, str]:
    """Return (content, media type) of a theme's file.

    Raises:
        NotFound: there is no such file, or it is of no type a page needs.
    """
    for folder in (theme, _FALLBACK):
        path = _HERE / folder / "static" / Path(name).name
        if path.suffix in _TYPES and path.is_file():
            return path.read_bytes(), _TYPES[path.suffix]
    raise NotFound("There is no such file.")
