"""The pages as an app: what a browser reads before it installs them, and what stands in without a network."""

import orjson
from quart import Blueprint, Response

from node.context import running
from node.web.icons import NAMES, icon_path
from node.web.pages import looks, render, words

install = Blueprint("install", __name__)

_SHORT = 12


@install.get("/manifest.webmanifest")
async def manifest() -> Response:
    """Return how the pages are called and look as an app (W3C, Web Application Manifest), in the language of `lang`."""
    settings, found, _ = running().settings, looks(), words()
    body = {
        "id": "/",
        "name": settings.node.name,
        "short_name": settings.node.name[:_SHORT].strip(),
        "lang": _.language,
        "dir": "ltr",
        "start_url": "/home",
        "scope": "/",
        "display": "standalone",
        "theme_color": found.theme.light.paper,
        "background_color": found.theme.light.ground,
        "icons": [
            {"src": icon_path(settings, found, name), "type": "image/png", "sizes": f"{px}x{px}", "purpose": purpose}
            for name, (purpose, px) in NAMES.items()
        ],
        "shortcuts": [
            {"name": _("New post"), "url": "/compose"},
            {"name": _("News for you"), "url": "/notifications"},
        ],
        "share_target": {
            "action": "/compose",
            "method": "GET",
            "params": {"title": "title", "text": "text", "url": "url"},
        },
    }
    response = Response(orjson.dumps(body), content_type="application/manifest+json")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@install.get("/service-worker.js")
async def worker() -> Response:
    """Return the script that browsers run beside the pages (W3C, Service Workers). It may ask nobody but this node."""
    response = Response(looks().worker, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Security-Policy"] = "default-src 'none'; connect-src 'self'"
    return response


@install.get("/offline")
async def offline() -> Response:
    """Return the page that a browser shows without a network, in the language of `lang`: it is about nobody."""
    response = await render("offline.html")
    response.headers["Content-Language"] = words().language
    return response
