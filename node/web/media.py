"""Files of posts, for who holds a link to one: links are made only for people who may see the post (M05, M06)."""

from quart import Blueprint, Response

from federation import media as pictures
from node.context import recognised, running
from node.domain.media import Show, shown_by
from node.errors import NotFound
from node.store import media as rows

media = Blueprint("media", __name__)

_CACHED = "private, max-age=86400, immutable"
_POLICY = "default-src 'none'; sandbox"


@media.get("/media/<int:id>/<token>")
async def show(id: int, token: str) -> Response:
    """Return a picture. What was deleted is gone, whoever has the link."""
    ctx = running()
    what = shown_by(token, id, secret=ctx.secret, now=ctx.clock())
    if what is None:
        raise NotFound("There is no such file.")
    recognised()
    async with ctx.db.read() as tx:
        emoji = await rows.emoji_by_id(tx, id) if what is Show.EMOJI else None
        file = await rows.shown(tx, id) if what is not Show.EMOJI else None
    if emoji is not None:
        body, media_type = await pictures.emoji(ctx, emoji)
    elif file is not None:
        body, media_type = await pictures.picture(ctx, file, preview=what is Show.PREVIEW)
    else:
        raise NotFound("There is no such file.")
    response = Response(body, content_type=media_type)
    response.headers["Cache-Control"] = _CACHED
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
