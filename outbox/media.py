"""Commands on files: upload one, describe it, throw it away, hang it on a post; and the pictures of a profile."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from node.adapters import documents, films, images
from node.adapters.files import UNKNOWN
from node.context import Change, Context
from node.domain.accounts import Account
from node.domain.events import UploadQueued
from node.domain.media import FILMS, Media
from node.domain.portraits import BANNER, PORTRAIT
from node.domain.posts import Post
from node.domain.text import plain
from node.effects import files
from node.errors import Invalid, NotFound
from node.store import media
from node.store.database import Tx

_HEAD_BYTES = 512

Focus = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Said:
    """What an uploader says of a file; None leaves it as it is. thumbnail: a picture to stand for a film or sound."""

    description: str | None = None
    focus: Focus | None = None
    thumbnail: Path | None = None


async def upload(ctx: Context, account: Account, source: Path, *, name: str = "", said: Said = Said()) -> Media:
    """Take a file for a post to come; return it.

    A picture is ready at once; a film or sound is `processing`, and prepared in the background (`outbox.processing`). A
    document is kept as it is, and called by its `name` unless it is described.

    Raises:
        Invalid: too long, damaged, or of no kind that we take; too many files wait already. Throttled: too often.
    """
    limits = ctx.settings.limits
    ctx.rates.take(f"uploads {account.id}", most=limits.uploads_per_member)
    async with ctx.db.read() as tx:
        if await media.count_unattached(tx, account.id) >= limits.unattached_uploads:
            raise Invalid("Too many of your files wait for a post. Publish or discard some, or wait until tomorrow.")
    return await take(ctx, account, source, name=name, said=said)


async def take(ctx: Context, account: Account, source: Path, *, name: str = "", said: Said = Said()) -> Media:
    """Take a file as `upload` does, however many there were: for what is not typed but brought along.

    Raises:
        Invalid: see `upload`.
    """
    limits = ctx.settings.limits
    new = await _described(ctx, await _taken(ctx, _new(ctx, account), source), said)
    if new.kind == "document" and not new.description:
        new = replace(new, description=plain(name, longest=limits.name_length))
    async with ctx.change() as change:
        await files.keep(change, new.file, new.preview)
        await media.put(change.tx, [new])
        if new.state == "processing":
            change.tell(UploadQueued())
    return new


def _new(ctx: Context, account: Account) -> Media:
    now = ctx.clock()
    return Media(
        id=ctx.ids.new(now),
        post_id=None,
        place=0,
        kind="document",
        media_type=UNKNOWN,
        remote_url="",
        description="",
        width=None,
        height=None,
        blurhash="",
        focus=None,
        account_id=account.id,
        created_at=now,
        used_at=now,
    )


async def _taken(ctx: Context, new: Media, source: Path) -> Media:
    """Return the upload with what its content makes it, its files written."""
    limits = ctx.settings.limits
    head = await asyncio.to_thread(_head, source)
    if images.sniff(head):
        _check_size(source, limits.upload_picture)
        made = await images.render_aside(source, limits=images.ImageLimits())
        file, preview = await files.put(ctx, (made.data, made.media_type), (made.preview, made.media_type))
        return replace(
            new,
            kind="image",
            media_type=made.media_type,
            width=made.width,
            height=made.height,
            blurhash=made.blurhash,
            file=file,
            preview=preview,
        )
    demuxer = films.sniff(head)
    if demuxer:
        _check_size(source, limits.upload_film)
        kind = await films.kind_of(source, demuxer)
        (file,) = await files.put(ctx, (source, UNKNOWN))
        media_type = films.VIDEO if kind == "video" else films.AUDIO
        return replace(new, kind=kind, media_type=media_type, file=file, state="processing")
    document = await asyncio.to_thread(documents.sniff, source)
    if document:
        _check_size(source, limits.upload_document)
        (file,) = await files.put(ctx, (source, document))
        return replace(new, media_type=document, file=file)
    raise Invalid(
        "Files of this kind are not taken. Use a picture, film or sound, or PDF, OpenDocument or Office files."
    )


def _head(source: Path) -> bytes:
    with source.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _check_size(source: Path, most: int) -> None:
    if source.stat().st_size > most:
        raise Invalid("This file is too large. Use one of at most %(megabytes)d MB.", megabytes=most // 1_000_000)


async def _described(ctx: Context, file: Media, said: Said) -> Media:
    """Return a file with what its uploader says of it, a new preview written."""
    if said.description is not None:
        longest = ctx.settings.limits.description_length
        if len(said.description) > longest:
            raise Invalid("The description is too long. Keep it to %(longest)d characters.", longest=longest)
        file = replace(file, description=said.description.strip())
    if said.focus is not None:
        file = replace(file, focus=said.focus)
    if said.thumbnail is not None and file.kind != "image":
        _check_size(said.thumbnail, ctx.settings.limits.upload_picture)
        made = await images.render_aside(said.thumbnail, limits=images.ImageLimits())
        (preview,) = await files.put(ctx, (made.preview, made.media_type))
        file = replace(file, preview=preview, blurhash=made.blurhash)
    return file


async def describe(ctx: Context, account: Account, id: int, said: Said) -> Media:
    """Change what is said of an upload that no post has yet; return it.

    Raises:
        NotFound: no such upload of this account. Invalid: see `upload`.
    """
    async with ctx.db.read() as tx:
        known = await _own(tx, account, id)
    described = await _described(ctx, known, said)
    async with ctx.change() as change:
        current = await _own(change.tx, account, id)
        if described.preview != known.preview:
            await files.keep(change, described.preview, instead_of=current.preview)
            current = replace(current, preview=described.preview, blurhash=described.blurhash)
        current = replace(current, description=described.description, focus=described.focus)
        await media.describe(change.tx, current)
        return current


async def discard(ctx: Context, account: Account, id: int) -> None:
    """Throw away an upload that no post has.

    Raises:
        NotFound: no such upload of this account.
    """
    async with ctx.change() as change:
        await media.remove(change.tx, [await _own(change.tx, account, id)])


async def _own(tx: Tx, account: Account, id: int) -> Media:
    found = await media.unattached(tx, id, account_id=account.id)
    if found is None:
        raise NotFound("There is no such file.")
    return found


async def of_draft(
    change: Change, account: Account, ids: Sequence[int], *, post: Post | None = None, planned: int | None = None
) -> tuple[Media, ...]:
    """Return the files for a post in the wished order: uploads of this account, or those the edited `post` has.

    planned: the id of the planned post that they are reserved for, when that is being published.

    Raises:
        Invalid: another one's, in use, not ready, or too many; a film or sound that does not stand alone.
    """
    wanted = list(dict.fromkeys(ids))
    most = change.settings.limits.post_attachments
    if len(wanted) > most:
        raise Invalid("Too many files. A post has %(most)d at most.", most=most)
    own = await media.held(change.tx, wanted, account_id=account.id, post_id=post.id if post else 0) if wanted else {}
    here = (None, post.id if post else None)
    for id in wanted:
        file = own.get(id)
        if file is None or file.post_id not in here or file.scheduled_id not in (None, planned):
            raise Invalid("One of the files is not there any more. Upload it again.")
        if file.state == "failed":
            raise Invalid("One of the files cannot be read. Take it out, then try again.")
        if file.state != "ready":
            raise Invalid("One of the files is not ready yet. Wait a moment, then try again.")
    if len(wanted) > 1 and any(file.kind in FILMS for file in own.values()):
        raise Invalid("A film or sound stands alone in a post. Take the other files out.")
    return tuple(replace(own[id], place=place) for place, id in enumerate(wanted))


async def attach(change: Change, post: Post, files: Sequence[Media]) -> tuple[Media, ...]:
    """Hang these files on a post, in their order; return them as they are then."""
    hung = tuple(replace(file, post_id=post.id, scheduled_id=None) for file in files)
    await media.attach(change.tx, hung)
    return hung


async def reserve(change: Change, planned: int, files: Sequence[Media]) -> None:
    """Keep these files for a planned post."""
    await media.attach(change.tx, [replace(file, scheduled_id=planned) for file in files])


async def portrait(ctx: Context, source: bytes | Path) -> str:
    """Write the small picture of a profile, its middle cut out; return its name for `Account.icon_file`.

    In the transaction that writes it there, call `effects.files.keep(change, name, instead_of=the one before)`.

    Raises:
        Invalid: no picture that we can read, or too large.
    """
    return await _cut(ctx, source, PORTRAIT)


async def banner(ctx: Context, source: bytes | Path) -> str:
    """Write the wide picture of a profile; return its name for `Account.image_file`. See `portrait`."""
    return await _cut(ctx, source, BANNER)


async def _cut(ctx: Context, source: bytes | Path, size: tuple[int, int]) -> str:
    if isinstance(source, Path):
        _check_size(source, ctx.settings.limits.upload_picture)
    made = await images.render_aside(source, limits=images.ImageLimits(crop=size))
    (name,) = await files.put(ctx, (made.data, made.media_type))
    return name
