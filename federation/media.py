"""Files of peers: fetched through the guard when first shown, made harmless, kept for a while, never hot-linked.

Films and sounds take long: they are asked for when somebody opens their conversation, and prepared beside
(`outbox.processing`); until then, and where that cannot be done, there is a link to them.

Only from servers of the organisation, hosts below theirs (`files.social.example` of `social.example`) and those
the operator lists; a picture elsewhere would tell a stranger who reads what, and when. Members are asked with our
signature: they check that we may see the post.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from pathlib import Path

from federation import hosts, resolve
from federation.errors import Malformed, Refused
from node.adapters import films, images
from node.context import Change, Context
from node.domain.accounts import Account
from node.domain.events import UploadQueued
from node.domain.media import FILMS, Emoji, Media
from node.domain.portraits import BANNER, PORTRAIT
from node.domain.posts import Post
from node.effects import files
from node.errors import AllmendeError, Invalid, NotFound
from node.ports import Sign
from node.store import media as rows
from node.store import posts

log = logging.getLogger("allmende.media")

_TRIES = 5
_TOUCH_MS = 86_400_000


async def picture(ctx: Context, media: Media, *, preview: bool) -> str:
    """Return the name of a post's file, or of its preview; a peer's picture is fetched when it is not here.

    Raises:
        NotFound: a peer's document, which stays with the peer, or a film that is not here; or it cannot be had now.
    """
    if media.remote_url and media.kind != "image" and not media.file:
        raise NotFound("There is no such file.")
    if not media.file:
        await ctx.once.do(f"media {media.id}", lambda: _fetch_picture(ctx, media))
        async with ctx.db.read() as tx:
            media = await rows.by_id(tx, media.id) or media
    if media.remote_url and ctx.clock() - media.used_at > _TOUCH_MS:
        async with ctx.change() as change:
            await rows.touch(change.tx, media.id, now=change.now)
    return media.preview if preview and media.preview else media.file


async def _fetch_picture(ctx: Context, media: Media) -> None:
    made = await _rendition(ctx, f"media {media.id}", media.remote_url, images.ImageLimits())
    names = await files.put(ctx, (made.data, made.media_type), (made.preview, made.media_type))
    async with ctx.change() as change:
        found = await rows.by_id(change.tx, media.id)
        if found is None or found.file:
            return  # deleted meanwhile, or fetched by another process: what we have belongs to nobody
        await files.keep(change, *names)
        stored = replace(
            found,
            file=names[0],
            preview=names[1],
            media_type=made.media_type,
            width=made.width,
            height=made.height,
            blurhash=made.blurhash,
            used_at=change.now,
        )
        await rows.store_files(change.tx, stored)
        if found.post_id is not None:
            await posts.touch(change.tx, found.post_id)  # now its size is known


async def want_films(ctx: Context, seen: Iterable[Post]) -> None:
    """Have the films and sounds of posts that somebody opens fetched, where ffmpeg can make them harmless.

    What cannot be had is asked for again after a while.
    """
    theirs = [post.id for post in seen if not post.local and post.boost_of is None]
    if not theirs or films.program() is None:
        return
    async with ctx.db.read() as tx:
        hung = await rows.of_posts(tx, theirs)
    wanted = [
        file.id
        for files in hung.values()
        for file in files
        if file.kind in FILMS and not file.file and file.state == "ready"
        and ctx.keys.may_fetch(f"film {file.id}", ctx.clock())
    ]  # fmt: skip
    if wanted:
        async with ctx.change() as change:
            if await rows.want(change.tx, wanted):
                change.tell(UploadQueued())


async def film(ctx: Context, media: Media, into: Path) -> None:
    """Fetch a peer's film or sound into a file, as it is there.

    Raises:
        NotFound: it cannot be had now. Invalid: it is too large, or nothing that is served as it should be.
    """
    try:
        sign, allowed = await _way(ctx, media.remote_url)
        reply = await ctx.wire.download(
            media.remote_url,
            into,
            accept="video/*, audio/*",
            sign=sign,
            max_bytes=ctx.settings.limits.fetched_film,
            seconds=ctx.settings.limits.fetched_film_seconds,
            may_contact=allowed,
        )
    except Malformed as error:
        raise Invalid(error.message) from error
    except AllmendeError as error:
        log.info("no film for media %d: %s", media.id, error.message)
        raise NotFound("There is no such file.") from error
    if reply.status != 200:
        raise NotFound("There is no such file.")


async def portrait(ctx: Context, account: Account) -> str:
    """Return the name of somebody's small picture; a peer's is fetched when it is not here. '': they have none.

    Raises:
        NotFound: it cannot be had now.
    """
    if account.icon_file or not account.icon:
        return account.icon_file

    async def store(change: Change, file: str) -> bool:
        return await rows.store_portrait(change.tx, account.id, icon=account.icon, file=file)

    work = _fetch_of_person(ctx, f"icon {account.id}", account.icon, images.ImageLimits(crop=PORTRAIT), store)
    return await ctx.once.do(f"icon {account.id}", work)


async def banner(ctx: Context, account: Account) -> str:
    """Return the name of somebody's wide picture; see `portrait`."""
    if account.image_file or not account.image:
        return account.image_file

    async def store(change: Change, file: str) -> bool:
        return await rows.store_banner(change.tx, account.id, image=account.image, file=file)

    work = _fetch_of_person(ctx, f"image {account.id}", account.image, images.ImageLimits(crop=BANNER), store)
    return await ctx.once.do(f"image {account.id}", work)


def _fetch_of_person(
    ctx: Context, name: str, url: str, limits: images.ImageLimits, store: Callable[[Change, str], Awaitable[bool]]
) -> Callable[[], Awaitable[str]]:
    async def work() -> str:
        made = await _rendition(ctx, name, url, limits)
        (file,) = await files.put(ctx, (made.data, made.media_type))
        async with ctx.change() as change:
            if not await store(change, file):
                raise NotFound("There is no such file.")
            # It is fetched anew after a while: people change their pictures at the same address, too.
            await files.keep_until(change, file, at=change.now + ctx.settings.limits.media_cache_seconds * 1000)
        return file

    return work


async def emoji(ctx: Context, emoji: Emoji) -> str:
    """Return the name of a little picture; a peer's is fetched when it is not here.

    Raises:
        NotFound: it cannot be had now.
    """
    if not emoji.file:
        await ctx.once.do(f"emoji {emoji.id}", lambda: _fetch_emoji(ctx, emoji))
        async with ctx.db.read() as tx:
            emoji = await rows.emoji_by_id(tx, emoji.id) or emoji
    return emoji.file


async def _fetch_emoji(ctx: Context, emoji: Emoji) -> None:
    made = await _rendition(ctx, f"emoji {emoji.id}", emoji.remote_url, images.ImageLimits())
    (file,) = await files.put(ctx, (made.preview, made.media_type))
    async with ctx.change() as change:
        found = await rows.emoji_by_id(change.tx, emoji.id)
        if found is not None and not found.file:
            await files.keep(change, file)
            await rows.store_emoji(change.tx, emoji.id, file=file)


async def _rendition(ctx: Context, name: str, url: str, limits: images.ImageLimits) -> images.Rendition:
    try:
        # A picture that cannot be had is not asked for at every look at the page.
        ctx.rates.take(f"fetch {name}", most=_TRIES)
        sign, allowed = await _way(ctx, url)
        reply = await ctx.wire.get(
            url,
            accept="image/*",
            sign=sign,
            max_bytes=ctx.settings.limits.fetched_image,
            may_contact=allowed,
        )
        if reply.status != 200:
            raise NotFound("There is no such file.")
        return await images.render_aside(reply.body, limits=limits)
    except AllmendeError as error:
        log.info("no picture for %s: %s", name, error.message)  # an address may be a capability
        raise NotFound("There is no such file.") from error


async def _way(ctx: Context, url: str) -> tuple[Sign | None, Callable[[str], bool]]:
    """Return what signs the request for a file, and which hosts may be asked for it.

    Raises:
        Refused: not the one that it is at.
    """
    authority = hosts.authority(url)
    allowed = await _allowed(ctx)
    if not allowed(authority):
        raise Refused("That server's files are not fetched.")
    known = authority in await ctx.policy.speaking()
    return (await resolve.node_signature(ctx) if known else None), allowed


async def _allowed(ctx: Context) -> Callable[[str], bool]:
    speaking = await ctx.policy.speaking()
    listed = {hosts.authority(host) for host in ctx.settings.federation.media_hosts}
    known = {host.partition(":")[0] for host in speaking | listed}

    def allowed(authority: str) -> bool:
        if authority in speaking or authority in listed:
            return True
        host = authority.partition(":")[0]
        return any(host.endswith(f".{parent}") for parent in known)

    return allowed
