"""Notice boards: what stands on one now, by category or found by words, what has left it, and all of it on paper."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlencode

from quart import Blueprint, Response, request

from node.adapters import codes
from node.context import Context
from node.domain.posts import Post
from node.domain.viewer import Viewer
from node.domain.words import Query, corrected, opened
from node.domain.words import query as understood
from node.errors import NotFound
from node.store import boards as rows
from node.store import posts as post_rows
from node.store import search
from node.store.database import Tx
from node.store.pages import Page
from node.web import notices, unit_page_views, views
from node.web.forms import PAGE, address, asked, older, sent
from node.web.pages import render, words
from node.web.session import for_members
from node.web.unit_page_views import PageView
from node.web.views import PostView

boards = Blueprint("boards", __name__)

_LONGEST = 200
_MOST_PINNED = 50
_ON_PAPER = 60


@dataclass(frozen=True, slots=True)
class Sheet:
    """A notice on paper. day: on which it was put up; address: where it is found; code: that as a QR code, an SVG."""

    view: PostView
    day: str
    address: str
    code: str


async def show(ctx: Context, viewer: Viewer, view: PageView) -> Response:
    """Return a board: what stands on it, the pinned first; with `category` of one only; with `q` all that has it."""
    q = _line("q")
    if q:
        return await _found(ctx, viewer, view, q)
    category, me, now = _line("category"), viewer.account.id, ctx.clock()
    async with ctx.db.read() as tx:
        found = await rows.current(tx, view.id, asked(), viewer_id=me, now=now, category=category)
        later = "before" in request.args
        pinned = [] if later else await _pinned(tx, view.id, viewer_id=me, now=now, category=category)
        categories = await rows.categories(tx, view.id, viewer_id=me, now=now)
        stand = await views.page(ctx, tx, [*pinned, *found], viewer_id=me, words=words(), where="account")
    next_one = older([post.id for post in found])
    return await render(
        "unit_pages/board.html",
        view=view,
        tabs=unit_page_views.tabs(view, words()),
        tab="posts",
        views=stand,
        categories=[(name, n, address(category=name, before=None)) for name, n in categories],
        category=category,
        notice=await notices.fields(ctx, view.account, await sent()) if view.edits else None,
        on=address(before=next_one) if next_one else "",
        print=f"/pages/{view.id}/print" + (f"?{urlencode({'category': category})}" if category else ""),
    )


async def _found(ctx: Context, viewer: Viewer, view: PageView, q: str) -> Response:
    """Show what of a board, present and past, has these words, or words that begin so, or else are like them."""
    me, wanted, instead = viewer.account.id, opened(understood(q)), ""
    async with ctx.db.read() as tx:
        posts = await _having(tx, view, wanted, viewer_id=me)
        if not posts and "before" not in request.args:
            nearest = corrected(wanted, await rows.vocabulary(tx, view.id, viewer_id=me))
            posts = await _having(tx, view, nearest, viewer_id=me) if nearest else []
            instead = " ".join(word for phrase in nearest.phrases for word in phrase.words) if nearest and posts else ""
        found = await views.page(ctx, tx, posts, viewer_id=me, words=words(), where="account")
    next_one = older([post.id for post in posts])
    return await render(
        "unit_pages/board.html",
        view=view,
        tabs=unit_page_views.tabs(view, words()),
        tab="posts",
        views=found,
        asked_for=q,
        instead=instead,
        on=address(before=next_one, q=instead or q) if next_one else "",
    )


async def _having(tx: Tx, view: PageView, wanted: Query, *, viewer_id: int) -> list[Post]:
    if not wanted.phrases:
        return []
    return await search.posts(tx, wanted, asked(PAGE), viewer_id=viewer_id, author_id=view.id)


async def _pinned(tx: Tx, page_id: int, *, viewer_id: int, now: int, category: str) -> list[Post]:
    part = Page(limit=_MOST_PINNED)
    found = await rows.current(tx, page_id, part, viewer_id=viewer_id, now=now, pinned=True, category=category)
    return sorted(found, key=lambda post: post.pinned_at or 0, reverse=True)


@boards.get("/pages/<int:page_id>/archive")
@for_members
async def archive(ctx: Context, viewer: Viewer, page_id: int) -> Response:
    """What has left a board, newest first."""
    me = viewer.account.id
    async with ctx.db.read() as tx:
        view = await _board(ctx, tx, viewer, page_id)
        found = await rows.archive(tx, page_id, asked(), viewer_id=me, now=ctx.clock())
        over = await views.page(ctx, tx, found, viewer_id=me, words=words(), where="account")
    return await render(
        "unit_pages/archive.html",
        view=view,
        tabs=unit_page_views.tabs(view, words()),
        tab="archive",
        views=over,
        older=older([post.id for post in found]),
    )


@boards.get("/pages/<int:page_id>/print")
@for_members
async def on_paper(ctx: Context, viewer: Viewer, page_id: int) -> Response:
    """A whole board, or a `category` of it, made for paper: the newest sixty notices, the pinned first."""
    me, now, category = viewer.account.id, ctx.clock(), _line("category")
    async with ctx.db.read() as tx:
        view = await _board(ctx, tx, viewer, page_id)
        found = await _pinned(tx, page_id, viewer_id=me, now=now, category=category)
        found += await rows.current(tx, page_id, Page(limit=_ON_PAPER), viewer_id=me, now=now, category=category)
        sheets = await _sheets(ctx, tx, viewer, found[:_ON_PAPER])
    where = ctx.settings.url + view.person.path
    return await render(
        "unit_pages/print.html",
        view=view,
        category=category,
        sheets=sheets,
        address=where,
        code=await asyncio.to_thread(codes.svg, where),
        back=view.person.path,
    )


@boards.get("/posts/<int:post_id>/print")
@for_members
async def sheet(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """One notice, made for paper."""
    async with ctx.db.read() as tx:
        found = await post_rows.visible_to(tx, post_id, viewer_id=viewer.account.id)
        if found is None or found.boost_of is not None:
            raise NotFound("There is no such post.")
        view = await _board(ctx, tx, viewer, found.author_id)
        sheets = await _sheets(ctx, tx, viewer, [found])
    return await render("unit_pages/print.html", view=view, sheets=sheets, back=f"/posts/{post_id}")


async def _sheets(ctx: Context, tx: Tx, viewer: Viewer, found: list[Post]) -> list[Sheet]:
    """Return notices as they are on paper. Those of other units are found at this node by who reads the paper here."""
    places = {post.id: post.url if post.local else f"{ctx.settings.url}/posts/{post.id}" for post in found}
    days = {post.id: words().date(post.published_at) for post in found}
    posts = await views.page(ctx, tx, found, viewer_id=viewer.account.id, words=words())
    drawn = await asyncio.to_thread(lambda: {id: codes.svg(place) for id, place in places.items()})
    return [Sheet(post, days[post.id], places[post.id], drawn[post.id]) for post in posts]


async def _board(ctx: Context, tx: Tx, viewer: Viewer, page_id: int) -> PageView:
    view = await unit_page_views.found(ctx, tx, viewer, page_id)
    if not view.account.board:
        raise NotFound("There is no such page.")
    return view


def _line(name: str) -> str:
    return " ".join(request.args.get(name, "").replace("\0", " ").split())[:_LONGEST]
