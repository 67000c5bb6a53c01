"""The icons of the pages as an app. Their addresses change with what they show, so browsers keep them for ever."""

import asyncio
from hashlib import sha256

from quart import Blueprint, Response, current_app

from node.adapters import icons as drawing
from node.config import Settings
from node.context import running
from node.domain.portraits import first_letter
from node.errors import NotFound
from themes.loader import Looks

icons = Blueprint("icons", __name__)

NAMES = {f"{purpose}-{size}": (purpose, size) for purpose in ("any", "maskable") for size in (192, 512)}
"""Purpose and size of each icon by its name (W3C, Web Application Manifest)."""


@icons.get("/icons/<version>/<name>.png")
async def show(version: str, name: str) -> Response:
    """Return an icon of the app: the node's sign, or the first letter of its name."""
    settings: Settings = running().settings
    looks: Looks = current_app.config["LOOKS"]
    if name not in NAMES or version != _version(settings, looks):
        raise NotFound("There is no such file.")
    purpose, size = NAMES[name]
    drawn = await asyncio.to_thread(
        drawing.icon,
        size,
        sign=looks.sign,
        letter=_letter(settings),
        ground=_ground(looks),
        ink=looks.theme.light.on_accent,
        maskable=purpose == "maskable",
    )
    response = Response(drawn, content_type="image/png")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def icon_path(settings: Settings, looks: Looks, name: str) -> str:
    """Return where the icon of this name is."""
    return f"/icons/{_version(settings, looks)}/{name}.png"


def _version(settings: Settings, looks: Looks) -> str:
    made_of = [_letter(settings), _ground(looks), looks.theme.light.on_accent]
    return sha256(" ".join(made_of).encode() + looks.sign).hexdigest()[:12]


def _letter(settings: Settings) -> str:
    return first_letter(settings.node.name) or first_letter(settings.authority)


def _ground(looks: Looks) -> str:
    """What lies beneath: paper beneath a sign, the accent beneath a letter."""
    return looks.theme.light.paper if looks.sign else looks.theme.light.accent
