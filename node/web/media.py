"""Files and pictures, for who holds a link to one (threats M05, M06).

Links with an end are made for people who may see what the file belongs to. Links without stand in the documents that
peers get; whoever signs a request for one is checked like a reader of the post, and has a copy from then on.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from re import compile as pattern
from urllib.parse import quote

from quart import Blueprint, Response, request

from federation import media as pictures
from federation.routes import Handed, handed, is_member, reader
from node.adapters import portraits
from node.adapters.files import Unsatisfiable, type_of
from node.context import Context, recognised, running
from node.domain.accounts import Account
from node.domain.media import Media, Show, Shown, capability, shown_by
from node.domain.portraits import colour, initials, pale
from node.errors import NotFound
from node.ports import Span
from node.store import accounts, posts
from node.store import media as rows
from node.store.database import Tx

media = Blueprint("media", __name__)

_CACHED = "private, max-age=86400, immutable"
_FOR_NOW = "private, max-age=300"
_POLICY = "default-src 'none'; sandbox"
_RANGE = pattern(r"bytes=(\d{0,18})-(\d{0,18})")
_ANY_SHOW = "any(o,e,a,h)"


@dataclass(frozen=True, slots=True)
class _Found:
    """A file by its name, or a picture that was drawn. saved_as: how a document is called, '' for what is shown."""

    file: str = ""
    drawn: bytes = b""
    saved_as: str = ""
    cached: str = _CACHED


@media.get("/media/<int:id>/<token>")
async def show(id: int, token: str) -> Response:
    """Return a file or picture. What was deleted is gone, whoever has the link."""
    ctx = running()
    what = shown_by(token, id, secret=ctx.secret, now=ctx.clock())
    if what is None:
        raise NotFound("There is no such file.")
    recognised()
    return await _answer(ctx, await _shown(ctx, id, what))


async def _shown(ctx: Context, id: int, link: Shown) -> _Found:
    what = link.show
    async with ctx.db.read() as tx:
        emoji = await rows.emoji_by_id(tx, id) if what is Show.EMOJI else None
        account = await accounts.by_id(tx, id) if what in (Show.PORTRAIT, Show.BANNER) else None
        file = await rows.shown(tx, id) if what in (Show.ORIGINAL, Show.PREVIEW) else None
    if emoji is not None:
        return _Found(await pictures.emoji(ctx, emoji))
    if account is not None:
        return await _of_person(ctx, account, what)
    if file is not None and file.renewed == link.renewed:
        name = await pictures.picture(ctx, file, preview=what is Show.PREVIEW)
        return _Found(name, saved_as=_saved_as(file, name))
    raise NotFound("There is no such file.")


@media.get(f"/media/<int:id>/<{_ANY_SHOW}:kind>/<key>")
async def show_to_peer(id: int, kind: str, key: str) -> Response:
    """Return a file of a post of ours, an emoji, or a picture of a member, for who has it from a document of ours."""
    ctx = running()
    async with ctx.db.read() as tx:
        found, post_id, owner, given_as = _Found(), None, None, ""
        match Show(kind):
            case Show.ORIGINAL if file := await rows.shown_to_peers(tx, id):
                found, post_id = _Found(file.file, saved_as=_saved_as(file, file.file)), file.post_id
                given_as = file.given_as
            case Show.EMOJI if (emoji := await rows.emoji_by_id(tx, id)) and not emoji.host:
                found = _Found(emoji.file)
            case Show.PORTRAIT if (owner := await accounts.by_id(tx, id)) and owner.local and owner.active:
                found = _Found(owner.icon_file)
            case Show.BANNER if (owner := await accounts.by_id(tx, id)) and owner.local and owner.active:
                found = _Found(owner.image_file)
    known = capability(given_as or found.file)
    if not found.file or not compare_digest(known.encode(), key.encode()):
        raise NotFound("There is no such file.")
    recognised()
    if "Signature" in request.headers:
        await _note_holder(ctx, post_id, owner)
    return await _answer(ctx, found)


async def _note_holder(ctx: Context, post_id: int | None, owner: Account | None) -> None:
    """Note that whoever signed the request has a copy of a post, or of its `owner`, from now on.

    Raises:
        NotFound: it may not see that post. BadSignature, Malformed, Refused: see `reader`.
    """
    peer = await reader(ctx, partners=True)
    member = await is_member(ctx, peer)

    async def read(tx: Tx) -> Handed:
        if owner is not None:
            return Handed({}, carries=(owner.uri,), owner=owner.uri)
        post = await posts.by_id(tx, post_id) if post_id else None
        author = await accounts.by_id(tx, post.author_id) if post else None
        if post_id and not await _may_have(tx, post_id, host=peer.host, member=member):
            raise NotFound("There is no such file.")
        return Handed({}, carries=(post.uri,), owner=author.uri) if post and author else Handed({})

    await handed(ctx, peer, read)


async def _may_have(tx: Tx, post_id: int, *, host: str, member: bool) -> bool:
    """Tell whether a peer that was given a file's address may have the file.

    Of a post in a group at home elsewhere only that home knows whose nodes it gave the post to, and the links in it.
    """
    if await posts.visible_to_peer(tx, post_id, host=host, organisation=member) is not None:
        return True
    return member and await posts.stands_in_peers_group(tx, post_id)


def _saved_as(file: Media, name: str) -> str:
    """Return how a document is called where it is saved: by its description, with the ending of its type."""
    if file.kind != "document":
        return ""
    ending = name.rpartition(".")[2]
    called = file.description.replace("/", "-").removesuffix(f".{ending}") or "document"
    return f"{called[:100]}.{ending}"


async def _of_person(ctx: Context, account: Account, what: Show) -> _Found:
    """Return somebody's picture, one that is drawn when there is none to be had."""
    small = what is Show.PORTRAIT
    try:
        file = await (pictures.portrait if small else pictures.banner)(ctx, account) if account.active else ""
        cached = _CACHED
    except NotFound:
        file, cached = "", _FOR_NOW
    if file:
        return _Found(file)
    stamp = (initials(account), colour(account))
    drawn = ctx.fragments.get(f"drawn {what}", account.id, stamp)
    if drawn is None:
        if small:
            drawn = await asyncio.to_thread(portraits.portrait, *stamp)
        else:
            drawn = await asyncio.to_thread(portraits.banner, pale(account))
        ctx.fragments.put(f"drawn {what}", account.id, stamp, drawn)
    return _Found(drawn=drawn, cached=cached)


async def _answer(ctx: Context, found: _Found) -> Response:
    """Answer with a file, or the part of it that is asked for (RFC 9110, sections 13 and 14), as it is read."""
    headers = {
        "Cache-Control": found.cached,
        "Content-Security-Policy": _POLICY,
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if found.drawn:
        return _with(Response(found.drawn, content_type="image/png"), headers)
    headers |= {"ETag": f'"{sha256(found.file.encode()).hexdigest()[:32]}"', "Accept-Ranges": "bytes"}
    if found.saved_as:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.saved_as)}"
    if headers["ETag"] in request.headers.get("If-None-Match", ""):
        return _with(Response(status=304), headers)
    span = _span() if request.headers.get("If-Range", headers["ETag"]) == headers["ETag"] else None
    try:
        content = await ctx.files.get(found.file, span=span)
    except Unsatisfiable as error:
        return _with(Response(status=416), headers | {"Content-Range": f"bytes */{error.size}"})
    headers["Content-Length"] = str(content.end - content.start)
    if span is not None:
        headers["Content-Range"] = f"bytes {content.start}-{content.end - 1}/{content.size}"
    chunks = content.chunks if request.method == "GET" else _nothing()
    response = Response(chunks, status=206 if span else 200, content_type=type_of(found.file))
    response.timeout = None  # a film takes as long as it is watched
    return _with(response, headers)


def _with(response: Response, headers: dict[str, str]) -> Response:
    response.headers.update(headers)
    return response


def _span() -> Span | None:
    """Return the one part that is asked for; None: the whole, as for several parts and for what is no range."""
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or request.method != "GET":
        return None
    first, last = asked[1], asked[2]
    if not first:
        return (-int(last), None) if last and int(last) else None
    if last and int(last) < int(first):
        return None
    return int(first), int(last) + 1 if last else None


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
