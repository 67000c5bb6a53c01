"""Search: people, posts and hashtags by words; an address or a handle that was pasted leads to what it is of."""

from contextlib import suppress
from dataclasses import dataclass
from re import compile as pattern
from typing import Any

from quart import Blueprint, Response

from federation import resolve
from node.api import people
from node.api.answers import answer, number, paging, query, text, truth
from node.api.auth import scope
from node.api.render import status as render_status
from node.api.render.account import account as render_account
from node.api.render.tag import tags as render_tags
from node.context import Context
from node.domain import uris
from node.domain.accounts import Account, split_handle
from node.domain.posts import Post
from node.domain.viewer import Viewer
from node.domain.words import query as understood
from node.errors import AllmendeError, Invalid
from node.store import accounts, posts
from node.store import people as rows_of_people
from node.store import search as rows
from node.store.pages import Page

search = Blueprint("search", __name__)

_KINDS = ("accounts", "statuses", "hashtags")
_LONGEST = 1_000
_POST_PAGE = pattern(r"/(?:@[a-zA-Z0-9_.-]{1,30}(?:@[^/]+)?|posts|users/[a-zA-Z0-9_.-]{1,30}/posts)/(\d{1,19})")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a client wants to find. kinds: of what; resolving: what is not here is asked for at its node."""

    words: str
    kinds: tuple[str, ...]
    page: Page
    offset: int
    resolving: bool
    following: bool
    author_id: int | None


@search.get("/v2/search")
@scope("read:search")
async def find(ctx: Context, viewer: Viewer) -> Response:
    """Return the people, posts and hashtags that are meant by `q`; `type` for one of these kinds only."""
    return answer(await _found(ctx, viewer, _asked()))


@search.get("/v1/search")
@scope("read:search")
async def find_older(ctx: Context, viewer: Viewer) -> Response:
    """Return the same for older clients: hashtags are names."""
    found = await _found(ctx, viewer, _asked())
    return answer(found | {"hashtags": [tag["name"] for tag in found["hashtags"]]})


def _asked() -> _Asked:
    given = query()
    kind = text(given.get("type"))
    if kind and kind not in _KINDS:
        raise Invalid("Search for one of these types: accounts, statuses, hashtags.")
    words = text(given.get("q")).strip()[:_LONGEST]
    if not words:
        raise Invalid("Say what you look for: q.")
    return _Asked(
        words=words,
        kinds=(kind,) if kind else _KINDS,
        page=paging(),
        offset=number(given.get("offset"), "offset") or 0 if kind else 0,
        resolving=truth(given.get("resolve")),
        following=truth(given.get("following")),
        author_id=number(given.get("account_id"), "account_id"),
    )


async def _found(ctx: Context, viewer: Viewer, asked: _Asked) -> dict[str, Any]:
    found: dict[str, Any] = {kind: [] for kind in _KINDS}
    if asked.words.startswith(("https://", "http://")):
        there = await _at(ctx, viewer, asked) if not asked.offset else None
        if isinstance(there, Account) and "accounts" in asked.kinds:
            found["accounts"] = [render_account(ctx, there)]
        if isinstance(there, Post) and "statuses" in asked.kinds:
            found["statuses"] = await _shown(ctx, viewer, [there])
        return found
    if "accounts" in asked.kinds:
        known = await people.find(
            ctx,
            viewer,
            asked.words,
            resolving=asked.resolving,
            following=asked.following,
            limit=asked.page.limit,
            offset=asked.offset,
        )
        found["accounts"] = [render_account(ctx, one) for one in known]
    if "statuses" in asked.kinds:
        found["statuses"] = await _shown(ctx, viewer, await _posts(ctx, viewer, asked))
    if "hashtags" in asked.kinds:
        found["hashtags"] = await _hashtags(ctx, viewer, asked)
    return found


async def _posts(ctx: Context, viewer: Viewer, asked: _Asked) -> list[Post]:
    wanted, author_id = understood(asked.words), asked.author_id
    async with ctx.db.read() as tx:
        if wanted.author and author_id is None:
            username, host = split_handle(wanted.author)
            host = "" if host == ctx.settings.authority else host.lower()
            author = viewer.account if username == "me" else await accounts.by_handle(tx, username, host)
            if author is None:
                return []
            author_id = author.id
        return await rows.posts(
            tx, wanted, asked.page, viewer_id=viewer.account.id, author_id=author_id, offset=asked.offset
        )


async def _hashtags(ctx: Context, viewer: Viewer, asked: _Asked) -> list[dict[str, Any]]:
    beginning = asked.words.removeprefix("#").lower()
    if not beginning or any(sign.isspace() for sign in beginning):
        return []
    async with ctx.db.read() as tx:
        names = await rows.hashtags(
            tx, beginning, viewer_id=viewer.account.id, limit=asked.page.limit, offset=asked.offset
        )
        return await render_tags(ctx, tx, names, viewer_id=viewer.account.id)


async def _shown(ctx: Context, viewer: Viewer, found: list[Post]) -> list[Any]:
    async with ctx.db.read() as tx:
        return await render_status.statuses(ctx, tx, found, viewer_id=viewer.account.id)


# Addresses


async def _at(ctx: Context, viewer: Viewer, asked: _Asked) -> Account | Post | None:
    """Return whoever or whatever is at an address, if the viewer may see it."""
    address = asked.words.partition("?")[0].partition("#")[0].rstrip("/")
    uri = await _own(ctx, address) if _is_own(ctx, address) else address
    found = await _known(ctx, viewer, uri) if uri else None
    if found is None and asked.resolving and not viewer.account.guest and not _is_own(ctx, address):
        # Nobody is told why a server did not answer: nothing is found there.
        with suppress(AllmendeError):
            found = await _known(ctx, viewer, await _fetched(ctx, asked.words))
    return found


def _is_own(ctx: Context, address: str) -> bool:
    return f"{address}/".startswith(f"{ctx.settings.url}/")


async def _own(ctx: Context, address: str) -> str | None:
    """Return the id of what one of our own addresses shows: a profile, or a post of anybody."""
    base = ctx.settings.url
    username = uris.username_in(base, address)
    if username:
        return uris.user(base, username)
    shown = _POST_PAGE.fullmatch(address.removeprefix(base))
    if shown is None:
        return address
    async with ctx.db.read() as tx:
        post = await posts.by_id(tx, int(shown[1]))
    return post.uri if post else None


async def _known(ctx: Context, viewer: Viewer, uri: str) -> Account | Post | None:
    async with ctx.db.read() as tx:
        account = await accounts.by_uri(tx, uri)
        if account is not None:
            hidden = await rows_of_people.hidden(tx, [account.id], viewer_id=viewer.account.id)
            return account if account.active and not hidden else None
        post = await posts.by_uri(tx, uri)
        return await posts.visible_to(tx, post.id, viewer_id=viewer.account.id) if post else None


async def _fetched(ctx: Context, address: str) -> str:
    """Fetch what is at an address of another node of the organisation; return its id.

    Raises:
        FederationError: not a server we speak to, or it did not answer properly.
    """
    found = await resolve.document(ctx, address)
    id = str(found["id"])
    if "inbox" in found and "outbox" in found:
        await resolve.actor(ctx, id)
    else:
        await resolve.post(ctx, id)
    return id
