"""Prepares films and sounds, uploaded ones and, beside them, those of peers that somebody wants to see.

Of each kind one after the other. What a killed process had begun, the next one does anew.
"""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from federation import media as pictures
from node.adapters import films, images
from node.context import Context
from node.domain.events import PostEdited, UploadQueued
from node.domain.media import Media
from node.effects import files
from node.errors import Invalid, NotFound, Unavailable
from node.store import media, posts

log = logging.getLogger("allmende.uploads")

_IDLE_SECONDS = 2.0
_GRACE_MS = 60_000
_TRIES = 3
_HEAD_BYTES = 16


async def run(ctx: Context) -> None:
    """Prepare what is uploaded, until cancelled."""
    while True:
        if not await work(ctx):
            await ctx.hub.wait(UploadQueued, seconds=_IDLE_SECONDS)


async def run_theirs(ctx: Context) -> None:
    """Fetch and prepare what peers have, until cancelled."""
    while True:
        if not await work(ctx, theirs=True):
            await ctx.hub.wait(UploadQueued, seconds=_IDLE_SECONDS)


async def work(ctx: Context, *, theirs: bool = False) -> bool:
    """Prepare the oldest upload, or film of `theirs`, that waits; False: none does."""
    limits = ctx.settings.limits
    seconds = limits.film_seconds + (limits.fetched_film_seconds if theirs else 0)
    async with ctx.db.write() as tx:
        claimed = await media.claim(tx, now=ctx.clock(), lease=int(seconds * 1000) + _GRACE_MS, theirs=theirs)
    if claimed is None:
        return False
    upload, attempt = claimed
    if attempt > _TRIES:
        log.warning("an upload ended this process %d times and is given up", _TRIES)
        await _fail(ctx, upload, "This film takes too much work to read. Make it shorter or smaller, then try again.")
        return True
    try:
        await _prepare(ctx, upload)
    except NotFound as error:
        # A peer may have it another time; what was uploaded here does not come back.
        await (_leave if theirs else _fail)(ctx, upload, error.message)
    except Invalid as error:
        await _fail(ctx, upload, error.message)
    except Unavailable as error:
        log.warning("an upload is prepared later: %s", error.message)
        async with ctx.db.write() as tx:
            await media.postpone(tx, upload.id, until=ctx.clock() + _GRACE_MS)
    return True


async def _prepare(ctx: Context, upload: Media) -> None:
    folder = ctx.settings.incoming
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as own:
        source = Path(own) / "source"
        demuxer = await (_fetch_theirs(ctx, upload, source) if upload.remote_url else _fetch(ctx, upload.file, source))
        film = await films.convert(source, demuxer, into=Path(own), limits=_limits(ctx))
        still = await images.render_aside(film.still, limits=images.ImageLimits()) if film.still else None
        names = await files.put(
            ctx, (film.path, film.media_type), *([(still.preview, still.media_type)] if still else [])
        )
    prepared = replace(
        upload, kind=film.kind, media_type=film.media_type, seconds=film.seconds, state="ready", file=names[0]
    )
    if still is not None:
        prepared = replace(prepared, width=still.width, height=still.height)
    if upload.remote_url:
        prepared = replace(prepared, used_at=ctx.clock())
    async with ctx.change() as change:
        current = await media.by_id(change.tx, upload.id)
        if current is None or current.file != upload.file:
            return  # thrown away meanwhile, or prepared by another process: what was written here is erased
        if current.preview or still is None:
            prepared = replace(prepared, preview=current.preview, blurhash=current.blurhash)
            await files.keep(change, names[0], instead_of=upload.file)
        else:
            prepared = replace(prepared, preview=names[1], blurhash=still.blurhash)
            await files.keep(change, *names, instead_of=upload.file)
        await media.store_files(change.tx, prepared)
        if upload.remote_url and current.post_id is not None:
            await posts.touch(change.tx, current.post_id)
            change.tell(PostEdited(current.post_id))  # the link becomes what it leads to


async def _fetch_theirs(ctx: Context, film: Media, path: Path) -> str:
    """Write a peer's film or sound into a file for ffmpeg; return how it is to be read, by its first bytes alone."""
    await pictures.film(ctx, film, path)
    with path.open("rb") as file:
        demuxer = films.sniff(file.read(_HEAD_BYTES))
    if demuxer is None:
        raise Invalid("That is neither a film nor a sound.")
    return demuxer


async def _fetch(ctx: Context, name: str, path: Path) -> str:
    """Write what was uploaded into a file for ffmpeg; return how it is to be read."""
    content = await ctx.files.get(name)
    with path.open("wb") as file:
        async for chunk in content.chunks:
            await asyncio.to_thread(file.write, chunk)
    with path.open("rb") as file:
        demuxer = films.sniff(file.read(_HEAD_BYTES))
    assert demuxer is not None, "it was looked at when it came"
    return demuxer


def _limits(ctx: Context) -> films.FilmLimits:
    limits = ctx.settings.limits
    return films.FilmLimits(seconds=limits.film_seconds, size=limits.upload_film)


async def _leave(ctx: Context, film: Media, why: str) -> None:
    """Leave a peer's film where it is, for now: it stays a link."""
    log.info("a film of a peer stays there: %s", why)
    async with ctx.change() as change:
        current = await media.by_id(change.tx, film.id)
        if current is not None and current.state == "processing":
            await media.store_files(change.tx, replace(current, state="ready"))


async def _fail(ctx: Context, upload: Media, why: str) -> None:
    async with ctx.change() as change:
        current = await media.by_id(change.tx, upload.id)
        if current is not None and current.file == upload.file:
            await media.doom(change.tx, [current.file])
            await media.store_files(change.tx, replace(current, file="", state="failed", error=why))
