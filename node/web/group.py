"""The pages of one group: what stands in it, what it is about, who is in it, who wants to be, what may be changed."""

from quart import Blueprint, Response, request

from node.context import Context
from node.domain.accounts import Account
from node.domain.posts import Post
from node.domain.text import plain
from node.domain.viewer import Viewer
from node.errors import AllmendeError, NotFound
from node.store import bridges, people, relationships, timelines
from node.store import groups as rows
from node.store.database import Tx
from node.store.groups import Found, Member
from node.store.pages import NEWEST
from node.web import post_groups
from node.web import views as shown
from node.web.forms import LIST, address, asked, number, older
from node.web.group_views import GroupView, role_words, seen
from node.web.handles import named
from node.web.pages import render, told, words
from node.web.session import signed_in
from node.web.views import PersonView, PostView

group = Blueprint("group", __name__)

_LONGEST = 300


async def page(
    ctx: Context, viewer: Viewer, group_id: int, *, error: AllmendeError | None = None, answer: str = ""
) -> Response:
    """Return the page of a group with what stands in it, as far as one may read it.

    error, answer: why one could not join, and what one had answered.

    Raises:
        NotFound: there is no such group for the viewer.
    """
    me, part = viewer.account.id, asked()
    posts: list[Post] = []
    pinned: list[PostView] = []
    async with ctx.db.read() as tx:
        found, view = await seen(ctx, tx, group_id, viewer_id=me, words=words())
        if view.reads:
            posts = await timelines.wall(tx, group_id, part, viewer_id=me)
            on_top = await timelines.pinned(tx, group_id, viewer_id=me)
            pinned = await shown.page(ctx, tx, on_top, viewer_id=me, words=words())
        above = {one.id for one in pinned}
        rest = await shown.page(ctx, tx, posts, viewer_id=me, words=words())
        writes_in = await post_groups.begun_in(tx, group_id, viewer_id=me, now=words().now) if view.begins else None
        tabs = await tabs_of(tx, view)
    return await render(
        "groups/wall.html",
        status=error.status if error else 200,
        error=told(error) if error else "",
        answer=answer,
        found=found,
        view=view,
        tabs=tabs,
        tab="posts",
        writes_in=writes_in,
        pinned=pinned if part.before == NEWEST else [],
        views=[one for one in rest if one.id not in above],
        older=older([post.id for post in posts]),
    )


async def tabs_of(tx: Tx, view: GroupView) -> list[tuple[str, str, str, int]]:
    """Return (name, title, path, how many wait there) of the pages of a group that are for the one who looks."""
    _, base = words(), f"/groups/{view.id}"
    tabs = [("posts", _("Posts"), view.path, 0), ("about", _("About"), f"{base}/about", 0)]
    if view.standing.role is not None:
        tabs.append(("members", _("Members"), f"{base}/members", 0))
    if view.moderates and not view.closed:
        waiting = await relationships.count_asking(tx, view.id)
        tabs.append(("requests", _("Requests"), f"{base}/requests", waiting))
        tabs.append(("invite", _("Invite"), f"{base}/invite", 0))
    bridge = await bridges.of_group(tx, view.id)
    if bridge is not None and (view.administers or (view.beyond and view.standing.role is not None)):
        tabs.append(("bridge", _("Partner"), f"/partners/{bridge.id}", 0))
    elif view.administers and not view.closed:
        tabs.append(("bridge", _("Partner"), f"{base}/bridge", 0))
    if view.administers:
        tabs.append(("settings", _("Settings"), f"{base}/settings", 0))
    return tabs


async def looked_after(
    ctx: Context, tx: Tx, viewer: Viewer, group_id: int
) -> tuple[Found, GroupView, list[tuple[str, str, str, int]]]:
    """Return a group of ours that the viewer looks after, with its tabs.

    Raises:
        NotFound: they do not, or there is none.
    """
    found, view = await seen(ctx, tx, group_id, viewer_id=viewer.account.id, words=words())
    if not view.moderates:
        raise NotFound("There is no such page.")
    return found, view, await tabs_of(tx, view)


@group.get("/groups/<int:group_id>")
@signed_in
async def short(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """The page of a group, by its number."""
    return await page(ctx, viewer, group_id)


@group.get("/groups/<int:group_id>/about")
@signed_in
async def about(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """What a group is: how one joins, who reads and writes, its rules, who looks after it."""
    async with ctx.db.read() as tx:
        found, view = await seen(ctx, tx, group_id, viewer_id=viewer.account.id, words=words())
        officers = await rows.officers(tx, group_id, now=words().now)
        lines = await _lines(ctx, tx, officers)
        tabs = await tabs_of(tx, view)
    return await render("groups/about.html", found=found, view=view, tabs=tabs, tab="about", officers=lines)


@group.get("/groups/<int:group_id>/members")
@signed_in
async def members(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Who is in a group, the newest first, and what they do there."""
    async with ctx.db.read() as tx:
        found, view = await seen(ctx, tx, group_id, viewer_id=viewer.account.id, words=words())
        if view.standing.role is None:
            raise NotFound("There is no such page.")
        inside = await rows.members(tx, group_id, asked(LIST), now=words().now)
        lines = await _lines(ctx, tx, inside)
        banned = await rows.banned(tx, group_id) if view.moderates else []
        banned_views = await shown.people(ctx, tx, banned)
        tabs = await tabs_of(tx, view)
    return await render(
        "groups/members.html",
        found=found,
        view=view,
        tabs=tabs,
        tab="members",
        members=lines,
        banned=banned_views,
        older=older([one.row_id for one in inside], LIST),
    )


async def _lines(ctx: Context, tx: Tx, found: list[Member]) -> list[tuple[PersonView, str, Member]]:
    """Return members with their roles in words: "Moderator until 3 May 2027"."""
    _ = words()
    said = role_words(_)
    people_views = await shown.people(ctx, tx, [one.account for one in found])
    return [
        (
            view,
            said[one.role]
            if one.until is None
            else _("%(role)s until %(date)s", role=said[one.role], date=_.date(one.until)),
            one,
        )
        for view, one in zip(people_views, found, strict=True)
    ]


@group.get("/groups/<int:group_id>/requests")
@signed_in
async def requests(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Who wants to join, with their answers."""
    async with ctx.db.read() as tx:
        found, view, tabs = await looked_after(ctx, tx, viewer, group_id)
        waiting = await rows.requests(tx, group_id, asked(LIST))
        people_views = await shown.people(ctx, tx, [one.account for one in waiting])
    return await render(
        "groups/requests.html",
        found=found,
        view=view,
        tabs=tabs,
        tab="requests",
        requests=list(zip(people_views, [one.answer for one in waiting], strict=True)),
        older=older([one.follow.id for one in waiting], LIST),
    )


@group.get("/groups/<int:group_id>/invite")
@signed_in
async def invite(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Find somebody to invite, here or elsewhere (`q`), and whom the group has invited already."""
    q = plain(request.args.get("q", ""), longest=_LONGEST)
    skipped = number(request.args.get("skip", "")) or 0
    first = await named(ctx, viewer, q) if q and not skipped else None
    async with ctx.db.read() as tx:
        found, view, tabs = await looked_after(ctx, tx, viewer, group_id)
        others = await _candidates(tx, viewer, q, first, skipped)
        inside = await relationships.followers_among(tx, group_id, [one.id for one in others])
        invited = await rows.invited(tx, group_id)
        other_views = await shown.people(ctx, tx, others)
        invited_views = await shown.people(ctx, tx, invited)
    return await render(
        "groups/invite.html",
        found=found,
        view=view,
        tabs=tabs,
        tab="invite",
        q=q,
        others=other_views,
        inside=inside,
        invited=invited_views,
        invited_ids={one.id for one in invited},
        on=address(skip=skipped + LIST) if len(others) >= LIST else "",
    )


async def _candidates(tx: Tx, viewer: Viewer, q: str, first: Account | None, skipped: int) -> list[Account]:
    """Return people of that name, first whoever has that whole handle."""
    found = await people.search(tx, q, viewer_id=viewer.account.id, groups=False, limit=LIST, offset=skipped)
    someone = [first] if first is not None else []
    return [one for one in [*someone, *(one for one in found if one not in someone)] if one.kind == "Person"]
