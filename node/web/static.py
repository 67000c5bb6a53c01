"""The theme's files; their addresses change with their content, so browsers keep them for ever."""

from quart import Blueprint, Response, request

from node.errors import NotFound
from node.web.pages import looks

static = Blueprint("static", __name__)


@static.get("/static/<name>")
async def show(name: str) -> Response:
    """Return a file of the theme."""
    asset = looks().by_path(f"/static/{name}")
    if asset is None:
        raise NotFound("There is no such file.")
    packed = asset.packed and "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(asset.packed if packed else asset.body, content_type=asset.media_type)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    if asset.packed:
        response.headers["Vary"] = "Accept-Encoding"
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response
