"""Search: people, groups, posts and hashtags by words; a whole handle leads to whom or what it names."""

from enum import StrEnum

from quart import Blueprint, Response, request

from node.context import Context
from node.domain.accounts import Account, split_handle
from node.domain.posts import Post
from node.domain.viewer import Viewer
from node.domain.words import query as understood
from node.store import accounts, group_lists, people, relationships
from node.store import groups as group_rows
from node.store import search as rows
from node.store.database import Tx
from node.web import group_views, views
from node.web.forms import LIST, PAGE, address, asked, number, older
from node.web.group_views import GroupView
from node.web.handles import named
from node.web.pages import render, words
from node.web.session import signed_in

search = Blueprint("search", __name__)

_LONGEST = 1_000
_FEW = 5


class Kind(StrEnum):
    """What is looked for; the first is everything."""

    ALL = "all"
    PEOPLE = "people"
    GROUPS = "groups"
    POSTS = "posts"
    HASHTAGS = "hashtags"


@search.get("/search")
@signed_in
async def find(ctx: Context, viewer: Viewer) -> Response:
    """Show who and what is meant by `q`; `kind` for one kind only, and then all of it, page by page."""
    q = request.args.get("q", "").replace("\0", " ").strip()[:_LONGEST]
    given = request.args.get("kind", "")
    kind = Kind(given) if given in list(Kind) else Kind.ALL
    every, skipped, me = kind is Kind.ALL, number(request.args.get("after", "")) or 0, viewer.account.id
    first = await named(ctx, viewer, q) if kind in (Kind.ALL, Kind.PEOPLE, Kind.GROUPS) and not skipped else None
    found: list[Account] = []
    groups: list[GroupView] = []
    tags: list[str] = []
    posts: list[Post] = []
    async with ctx.db.read() as tx:
        if q and kind in (Kind.ALL, Kind.PEOPLE):
            limit = _FEW if every else LIST
            found = await people.search(tx, q, viewer_id=me, groups=False, limit=limit, offset=skipped)
        if q and kind in (Kind.ALL, Kind.GROUPS):
            groups = await _groups(ctx, tx, q, first, viewer_id=me, limit=_FEW if every else LIST, offset=skipped)
        if q and kind in (Kind.ALL, Kind.HASHTAGS):
            tags = await _hashtags(tx, q, viewer_id=me, limit=_FEW if every else LIST, offset=skipped)
        if q and kind in (Kind.ALL, Kind.POSTS):
            posts = await _posts(ctx, tx, viewer, q)
        someone = first if first is not None and first.kind != "Group" and kind is not Kind.GROUPS else None
        known = [*([someone] if someone else []), *(one for one in found if someone is None or one.id != someone.id)]
        shown = await views.people(ctx, tx, known)
        followed = await relationships.of_viewer(tx, me, [one.id for one in known])
        post_views = await views.page(ctx, tx, posts, viewer_id=me, words=words(), where="public")
    next_post = older([post.id for post in posts])
    more = not every and LIST in (len(found), len(groups), len(tags))
    return await render(
        "search.html",
        q=q,
        kind=kind.value,
        tabs=_tabs(),
        people=shown,
        followed=followed,
        groups=groups,
        tags=tags,
        views=post_views,
        all_people=address(kind="people") if every and len(found) == _FEW else "",
        all_groups=address(kind="groups") if every and len(groups) == _FEW else "",
        all_tags=address(kind="hashtags") if every and len(tags) == _FEW else "",
        on=address(kind="posts", before=next_post) if next_post else address(after=skipped + LIST) if more else "",
    )


def _tabs() -> list[tuple[str, str, str]]:
    """Each kind with its name and where it is found, for the same words, from the beginning."""
    _ = words()
    names = {
        Kind.ALL: _("All"),
        Kind.PEOPLE: _("People"),
        Kind.GROUPS: _("Groups"),
        Kind.POSTS: _("Posts"),
        Kind.HASHTAGS: _("Hashtags"),
    }
    return [(kind.value, name, address(kind=kind.value, after=None, before=None)) for kind, name in names.items()]


async def _groups(
    ctx: Context, tx: Tx, q: str, first: Account | None, *, viewer_id: int, limit: int, offset: int
) -> list[GroupView]:
    """Return the groups that have these words, first the one whose whole handle they are, if the viewer may know it."""
    found = await group_lists.find(tx, q, viewer_id=viewer_id, limit=limit, offset=offset)
    whole = await group_rows.known(tx, [first.id] if first is not None else [], viewer_id=viewer_id)
    found = [*whole.values(), *(one for one in found if one.account.id not in whole)]
    return await group_views.views(ctx, tx, found, viewer_id=viewer_id, words=words())


async def _posts(ctx: Context, tx: Tx, viewer: Viewer, q: str) -> list[Post]:
    """Return a page of posts that have these words; `from:name` among them for those of one author."""
    wanted, author_id = understood(q), None
    if wanted.author:
        username, host = split_handle(wanted.author)
        local = host in ("", ctx.settings.authority)
        author = await accounts.by_handle(tx, username, "" if local else host.lower())
        if wanted.author == "me":
            author = viewer.account
        if author is None:
            return []
        author_id = author.id
    return await rows.posts(tx, wanted, asked(PAGE), viewer_id=viewer.account.id, author_id=author_id)


async def _hashtags(tx: Tx, q: str, *, viewer_id: int, limit: int, offset: int) -> list[str]:
    beginning = q.removeprefix("#").lower()
    if not beginning or any(sign.isspace() for sign in beginning):
        return []
    return await rows.hashtags(tx, beginning, viewer_id=viewer_id, limit=limit, offset=offset)
