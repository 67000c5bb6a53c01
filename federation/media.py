"""Pictures of peers: fetched through the guard when first shown, made harmless, kept for a while, never hot-linked.

Only from servers of the organisation, hosts below theirs (`files.social.example` of `social.example`) and those
the operator lists; a picture elsewhere would tell a stranger who reads what, and when.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

from federation import hosts
from federation.errors import Refused
from node.adapters import images
from node.context import Context
from node.domain.media import Emoji, Media
from node.errors import AllmendeError, NotFound
from node.store import media as rows

log = logging.getLogger("allmende.media")

_TRIES = 5
_TOUCH_MS = 86_400_000


async def picture(ctx: Context, media: Media, *, preview: bool) -> tuple[bytes, str]:
    """Return (content, media type) of a picture of a post, fetched when it is not here.

    Raises:
        NotFound: it is no picture, or cannot be had now.
    """
    if media.kind != "image":
        raise NotFound("There is no such file.")
    if not media.file:
        await ctx.once.do(f"media {media.id}", lambda: _fetch_picture(ctx, media))
        async with ctx.db.read() as tx:
            media = await rows.by_id(tx, media.id) or media
    if ctx.clock() - media.used_at > _TOUCH_MS:
        async with ctx.change() as change:
            await rows.touch(change.tx, media.id, now=change.now)
    name = media.preview if preview and media.preview else media.file
    return await ctx.files.read(name), media.media_type


async def _fetch_picture(ctx: Context, media: Media) -> None:
    rendition = await _rendition(ctx, f"media {media.id}", media.remote_url)
    file = await ctx.files.put(rendition.data, media_type=rendition.media_type)
    preview = await ctx.files.put(rendition.preview, media_type=rendition.media_type)
    async with ctx.change() as change:
        found = await rows.by_id(change.tx, media.id)
        if found is None or found.file:
            # Deleted meanwhile, or fetched by another process: what we have belongs to nobody.
            await rows.doom(change.tx, (file, preview))
            return
        stored = replace(
            found,
            file=file,
            preview=preview,
            media_type=rendition.media_type,
            width=rendition.width,
            height=rendition.height,
            blurhash=rendition.blurhash,
            used_at=change.now,
        )
        await rows.store_files(change.tx, stored)


async def emoji(ctx: Context, emoji: Emoji) -> tuple[bytes, str]:
    """Return (content, media type) of a little picture, fetched when it is not here.

    Raises:
        NotFound: it cannot be had now.
    """
    if not emoji.file:
        await ctx.once.do(f"emoji {emoji.id}", lambda: _fetch_emoji(ctx, emoji))
        async with ctx.db.read() as tx:
            emoji = await rows.emoji_by_id(tx, emoji.id) or emoji
    content = await ctx.files.read(emoji.file)
    return content, images.sniff(content) or "image/png"


async def _fetch_emoji(ctx: Context, emoji: Emoji) -> None:
    rendition = await _rendition(ctx, f"emoji {emoji.id}", emoji.remote_url)
    file = await ctx.files.put(rendition.preview, media_type=rendition.media_type)
    async with ctx.change() as change:
        found = await rows.emoji_by_id(change.tx, emoji.id)
        if found is None or found.file:
            await rows.doom(change.tx, (file,))
        else:
            await rows.store_emoji(change.tx, emoji.id, file=file)


async def _rendition(ctx: Context, name: str, url: str) -> images.Rendition:
    try:
        # A picture that cannot be had is not asked for at every look at the page.
        ctx.rates.take(f"fetch {name}", most=_TRIES)
        allowed = await _allowed(ctx)
        if not allowed(hosts.authority(url)):
            raise Refused("That server's pictures are not fetched.")
        reply = await ctx.wire.get(
            url, accept="image/*", max_bytes=ctx.settings.limits.fetched_image, may_contact=allowed
        )
        if reply.status != 200:
            raise NotFound("There is no such file.")
        return await images.render_aside(reply.body, limits=images.ImageLimits())
    except AllmendeError as error:
        log.info("no picture of %s: %s", url, error.message)
        raise NotFound("There is no such file.") from error


async def _allowed(ctx: Context) -> Callable[[str], bool]:
    members = await ctx.policy.members()
    listed = {hosts.authority(host) for host in ctx.settings.federation.media_hosts}
    known = {host.partition(":")[0] for host in members | listed}

    def allowed(authority: str) -> bool:
        if authority in members or authority in listed:
            return True
        host = authority.partition(":")[0]
        return any(host.endswith(f".{parent}") for parent in known)

    return allowed
