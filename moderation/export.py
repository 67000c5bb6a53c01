"""A member's own data as an archive: what they wrote and keep, in formats that other programs read.

Posts and profile are ActivityStreams as in Mastodon's archives, relations are the tables that Mastodon exports and
imports. It is read page by page while it is downloaded: no transaction waits for who downloads it.
"""

import csv
import io
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any

import orjson

from federation import render
from federation.notes import of_wholes
from moderation.export_kept import FILES
from node.adapters.archives import Entry, zipped
from node.context import Context
from node.domain.accounts import Account
from node.domain.media import Media
from node.errors import NotFound
from node.store import accounts, lists, media, mutes, nodes, parts, people, posts, queues, reactions, relationships
from node.store.database import Tx
from node.store.pages import Page

log = logging.getLogger("allmende.export")
audit = logging.getLogger("allmende.audit")

_AT_ONCE = 200

_Row = tuple[str, ...]
_Read = Callable[[Tx, Page], Awaitable[list[tuple[int, _Row]]]]
"""Reads a page of a table: (row id, fields) each, newest first."""


async def archive(ctx: Context, account: Account) -> AsyncIterator[bytes]:
    """Return all that is a member's own, as a ZIP archive in chunks.

    Raises:
        Throttled: they downloaded it often of late.
    """
    ctx.rates.take(f"export {account.id}", most=ctx.settings.limits.exports_per_member)
    audit.warning("export for %s", account.uri)
    return zipped(_entries(ctx, account), at=ctx.clock())


async def _entries(ctx: Context, own: Account) -> AsyncIterator[Entry]:
    me = own.id
    yield Entry("actor.json", _actor(ctx, own))
    yield Entry("outbox.json", _collection("outbox.json", _activities(ctx, own)))
    yield Entry("likes.json", _collection("likes.json", _liked(ctx, own)))
    yield Entry("bookmarks.csv", _table(ctx, _kept(reactions.bookmarked, me)))
    head = ("Account address", "Show boosts", "Notify on new posts", "Languages")
    yield Entry("following_accounts.csv", _table(ctx, _following(ctx, me), head))
    yield Entry("followers.csv", _table(ctx, _addresses(ctx, _followers(me)), ("Account address",)))
    yield Entry("lists.csv", _lists(ctx, me))
    yield Entry("blocked_accounts.csv", _table(ctx, _addresses(ctx, lambda tx, page: people.blocked(tx, me, page))))
    yield Entry("muted_accounts.csv", _table(ctx, _muted(ctx, me), ("Account address", "Hide notifications")))
    yield Entry("blocked_domains.csv", _table(ctx, _hosts(me)))
    for name, read in FILES.items():
        yield Entry(name, _kept_here(ctx, own, read))
    for name in ("portrait", "banner"):
        if (file := _picture(own, name)) and (chunks := await _file(ctx, file)):
            yield Entry(_called(name, file), chunks, packed=False)
    async for one in _uploads(ctx, me):
        if chunks := await _file(ctx, one.file):
            yield Entry(_place(one), chunks, packed=False)


# What one is and wrote


async def _actor(ctx: Context, own: Account) -> AsyncIterator[bytes]:
    async with ctx.db.read() as tx:
        keys = await accounts.keys_of(tx, own.id)
    body = render.actor(own, keys=keys, base=ctx.settings.url) | {"outbox": "outbox.json", "likes": "likes.json"}
    for property, name in (("icon", "portrait"), ("image", "banner")):
        if property in body:
            body[property]["url"] = _called(name, _picture(own, name))
    yield orjson.dumps(render.document(body))


async def _collection(name: str, items: AsyncIterator[Any]) -> AsyncIterator[bytes]:
    """Write a collection whose items come one by one; how many there were stands at the end."""
    head = render.document({"id": name, "type": "OrderedCollection", "orderedItems": []})
    yield orjson.dumps(head).removesuffix(b"]}")
    count = 0
    async for item in items:
        yield (b",\n" if count else b"\n") + orjson.dumps(item)
        count += 1
    yield b'],"totalItems":%d}' % count


async def _activities(ctx: Context, own: Account) -> AsyncIterator[render.Json]:
    """What one wrote and passed on, from the first on."""
    after = 0
    while True:
        async with ctx.db.read() as tx:
            found = await posts.of_author(tx, own.id, after=after, limit=_AT_ONCE)
            created = await _creates(ctx, tx, own, [post for post in found if post.boost_of is None])
            passed_on = await posts.by_ids(tx, {post.boost_of for post in found if post.boost_of})
            authors = await accounts.by_ids(tx, {post.author_id for post in passed_on.values()})
            members = await nodes.members_collection(tx)
        for post in found:
            if post.boost_of is None:
                yield created[post.uri]
            elif post.boost_of in passed_on:
                boosted = passed_on[post.boost_of]
                author = authors[boosted.author_id].uri
                yield render.announce(post, by=own, object=boosted.uri, author=author, members=members)
        if len(found) < _AT_ONCE:
            return
        after = found[-1].id


async def _creates(ctx: Context, tx: Tx, own: Account, found: Sequence[Any]) -> dict[str, render.Json]:
    """Return post uri → its Create, with its files where they are in the archive."""
    wholes = await parts.wholes(tx, found, known=[own])
    notes = await of_wholes(tx, wholes, base=ctx.settings.url)
    ids = await queues.creates_of(tx, [post.uri for post in found])
    for whole, note in zip(wholes, notes, strict=True):
        for file, attached in zip(whole.parts.media, note.get("attachment", ()), strict=True):
            attached["url"] = _place(file)
    return {note["id"]: render.create(note, id=ids.get(note["id"], f"{note['id']}#create")) for note in notes}


async def _liked(ctx: Context, own: Account) -> AsyncIterator[str]:
    async for rows in _pages(ctx, _kept(reactions.favourited, own.id)):
        for (uri,) in rows:
            yield uri


async def _kept_here(ctx: Context, own: Account, read: Callable[[Tx, Account], Awaitable[Any]]) -> AsyncIterator[bytes]:
    async with ctx.db.read() as tx:
        yield orjson.dumps(await read(tx, own), option=orjson.OPT_INDENT_2)


# Tables, as Mastodon has them


async def _pages(ctx: Context, read: _Read) -> AsyncIterator[list[_Row]]:
    page = Page(limit=_AT_ONCE)
    while True:
        async with ctx.db.read() as tx:
            found = await read(tx, page)
        yield [row for _, row in found]
        if len(found) < _AT_ONCE:
            return
        page = Page(before=found[-1][0], limit=_AT_ONCE)


async def _table(ctx: Context, read: _Read, head: _Row = ()) -> AsyncIterator[bytes]:
    yield _written([head] if head else [])
    async for rows in _pages(ctx, read):
        yield _written(rows)


def _written(rows: Iterable[_Row]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _kept(read: Callable[[Tx, int, Page], Awaitable[list[tuple[int, int]]]], me: int) -> _Read:
    """The uris of posts that one keeps."""

    async def rows(tx: Tx, page: Page) -> list[tuple[int, _Row]]:
        found = await read(tx, me, page)
        kept = await posts.by_ids(tx, {post_id for _, post_id in found})
        return [(id, (kept[post_id].uri,)) for id, post_id in found]

    return rows


def _addresses(ctx: Context, read: Callable[[Tx, Page], Awaitable[list[tuple[int, Account]]]]) -> _Read:
    """The addresses of people."""

    async def rows(tx: Tx, page: Page) -> list[tuple[int, _Row]]:
        return [(id, (one.handle(ctx.settings.authority),)) for id, one in await read(tx, page)]

    return rows


def _followers(me: int) -> Callable[[Tx, Page], Awaitable[list[tuple[int, Account]]]]:
    return lambda tx, page: people.followers(tx, me, page, viewer_id=me)


def _following(ctx: Context, me: int) -> _Read:
    async def rows(tx: Tx, page: Page) -> list[tuple[int, _Row]]:
        found = await people.following(tx, me, page, viewer_id=me)
        wishes = await relationships.of_member(tx, me, [one.id for _, one in found])
        return [
            (
                id,
                (
                    one.handle(ctx.settings.authority),
                    _truth(wishes[one.id].boosts),
                    _truth(wishes[one.id].notify),
                    ", ".join(wishes[one.id].languages),
                ),
            )
            for id, one in found
        ]

    return rows


def _muted(ctx: Context, me: int) -> _Read:
    async def rows(tx: Tx, page: Page) -> list[tuple[int, _Row]]:
        found = await people.muted(tx, me, page)
        how = await relationships.of_member(tx, me, [one.id for _, one in found])
        return [
            (id, (one.handle(ctx.settings.authority), _truth(how[one.id].muting_notifications))) for id, one in found
        ]

    return rows


def _hosts(me: int) -> _Read:
    async def rows(tx: Tx, page: Page) -> list[tuple[int, _Row]]:
        return [(id, (host,)) for id, host in await mutes.hosts(tx, me, page)]

    return rows


async def _lists(ctx: Context, me: int) -> AsyncIterator[bytes]:
    async with ctx.db.read() as tx:
        own = await lists.of_member(tx, me)
    for one in own:

        def read(tx: Tx, page: Page, id: int = one.id) -> Awaitable[list[tuple[int, Account]]]:
            return people.listed(tx, id, page, viewer_id=me)

        async for rows in _pages(ctx, _addresses(ctx, read)):
            yield _written((one.title, address) for (address,) in rows)


def _truth(value: bool) -> str:
    return "true" if value else "false"


# Files


def _picture(own: Account, name: str) -> str:
    return own.icon_file if name == "portrait" else own.image_file


def _called(name: str, file: str) -> str:
    return f"{name}.{file.rpartition('.')[2]}"


def _place(one: Media) -> str:
    """Return where a file is in the archive."""
    return f"media/{_called(str(one.id), one.file)}"


async def _uploads(ctx: Context, me: int) -> AsyncIterator[Media]:
    after = 0
    while True:
        async with ctx.db.read() as tx:
            found = await media.uploads(tx, me, after=after, limit=_AT_ONCE)
        for one in found:
            yield one
        if len(found) < _AT_ONCE:
            return
        after = found[-1].id


async def _file(ctx: Context, name: str) -> AsyncIterator[bytes] | None:
    """Open a file; None when it went meanwhile."""
    try:
        return (await ctx.files.get(name)).chunks
    except NotFound:
        log.info("a file is not there any more")
        return None
