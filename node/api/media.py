"""Files for posts to come: upload, look how far they are, describe, throw away."""

import asyncio

from quart import Blueprint, Response

from node.api.answers import answer, text
from node.api.auth import scope
from node.api.render.parts import attachment
from node.api.uploads import Sent, sent
from node.context import Context
from node.domain.media import Media, parse_focus
from node.domain.viewer import Viewer
from node.errors import Invalid, NotFound
from node.store import media as rows
from outbox import media as commands

media = Blueprint("media", __name__)

_LOOK_SECONDS = 0.5


@media.post("/v2/media")
@scope("write:media")
async def upload(ctx: Context, viewer: Viewer) -> Response:
    """Take a file; 202 while a film or sound is being prepared."""
    return _answer(ctx, await _upload(ctx, viewer), working=202)


@media.post("/v1/media")
@scope("write:media")
async def upload_and_wait(ctx: Context, viewer: Viewer) -> Response:
    """Take a file; answer when it is ready, or its preparation takes as long as it may."""
    uploaded = await _upload(ctx, viewer)
    try:
        async with asyncio.timeout(ctx.settings.limits.film_seconds):
            while uploaded.state == "processing":
                await asyncio.sleep(_LOOK_SECONDS)  # it may be prepared by another process
                uploaded = await _own(ctx, viewer, uploaded.id)
    except TimeoutError:
        pass
    return _answer(ctx, uploaded, working=202)


async def _upload(ctx: Context, viewer: Viewer) -> Media:
    async with sent(ctx, most=ctx.settings.limits.upload_film) as given:
        file = given.files.get("file")
        if file is None or not file.size:
            raise Invalid("Validation failed: File can't be blank")
        return await commands.upload(ctx, viewer.account, file.path, name=file.name, said=_said(given))


def _said(given: Sent) -> commands.Said:
    thumbnail = given.files.get("thumbnail")
    described = given.fields.get("description")
    return commands.Said(
        description=None if described is None else text(described),
        focus=parse_focus(text(given.fields.get("focus"))),
        thumbnail=thumbnail.path if thumbnail and thumbnail.size else None,
    )


@media.get("/v1/media/<int:media_id>")
@scope("write:media")
async def show(ctx: Context, viewer: Viewer, media_id: int) -> Response:
    """Return an upload that no post has; 206 while it is being prepared."""
    return _answer(ctx, await _own(ctx, viewer, media_id), working=206)


async def _own(ctx: Context, viewer: Viewer, id: int) -> Media:
    async with ctx.db.read() as tx:
        found = await rows.unattached(tx, id, account_id=viewer.account.id)
    if found is None:
        raise NotFound("There is no such file.")
    return found


def _answer(ctx: Context, file: Media, *, working: int) -> Response:
    if file.state == "failed":
        raise Invalid(file.error)
    return answer(attachment(ctx, file), status=working if file.state == "processing" else 200)


@media.route("/v1/media/<int:media_id>", methods=["PUT", "PATCH"])
@scope("write:media")
async def describe(ctx: Context, viewer: Viewer, media_id: int) -> Response:
    """Change description, focus and thumbnail of an upload that no post has."""
    async with sent(ctx, most=ctx.settings.limits.upload_picture) as given:
        file = await commands.describe(ctx, viewer.account, media_id, _said(given))
    return answer(attachment(ctx, file))


@media.delete("/v1/media/<int:media_id>")
@scope("write:media")
async def discard(ctx: Context, viewer: Viewer, media_id: int) -> Response:
    """Throw away an upload that no post has."""
    await commands.discard(ctx, viewer.account, media_id)
    return answer({})
