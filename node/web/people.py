"""People: their walls, the directory, following and being followed."""

from quart import Blueprint, Response, request

from federation import routes as documents
from node.context import Context
from node.domain.accounts import split_handle
from node.domain.people import Traits
from node.domain.text import plain
from node.domain.viewer import Viewer
from node.errors import NotFound
from node.store import accounts, nodes, relationships, timelines
from node.store import people as rows
from node.store.database import Tx
from node.web import session, views
from node.web.forms import LIST, address, asked, number, older
from node.web.group import page as group_page
from node.web.handles import known
from node.web.pages import render, words
from node.web.session import signed_in
from node.web.unit_pages import page as unit_page
from outbox import relationships as follows

people = Blueprint("people", __name__)

_LONGEST = 300


@people.get("/@<handle>")
async def wall(handle: str) -> Response:
    """Somebody's profile and wall, a group or a page of a unit; peers get the actor."""
    if documents.wants_document(request.headers.get("Accept", "")):
        return await documents.actor_document(handle)
    return await _wall(handle=handle)


@signed_in
async def _wall(ctx: Context, viewer: Viewer, handle: str) -> Response:
    username, host = split_handle(handle)
    person = await known(ctx, viewer, username, host)
    if person is not None and person.active and person.kind == "Group":
        return await group_page(ctx, viewer, person.id)
    if person is not None and person.active and person.page:
        return await unit_page(ctx, viewer, person)
    if person is None or not person.active or person.kind not in ("Person", "Service"):
        raise NotFound("Nobody of that name can be found.")
    async with ctx.db.read() as tx:
        follow = await relationships.between(tx, follower_id=viewer.account.id, target_id=person.id)
        found = await timelines.wall(tx, person.id, asked(), viewer_id=viewer.account.id)
        shown = await views.page(ctx, tx, found, viewer_id=viewer.account.id, words=words(), where="account")
        moved = await accounts.by_uri(tx, person.moved_to) if person.moved_to else None
        view = (await views.people(ctx, tx, [person]))[0]
    return await render(
        "profile.html",
        person=person,
        view=view,
        mine=person.id == viewer.account.id,
        follow=follow,
        moved=moved,
        views=shown,
        older=older([post.id for post in found]),
    )


@people.get("/people")
@signed_in
async def directory(ctx: Context, viewer: Viewer) -> Response:
    """Everybody who wants to be found, or those who are called so, do this, can do that, work there."""
    after = number(request.args.get("after", "")) or 0
    async with ctx.db.read() as tx:
        units = [] if viewer.account.guest else await _units(ctx, tx)
        wanted = _wanted(ctx, {host for host, _ in units})
        found = await rows.with_traits(tx, wanted, viewer_id=viewer.account.id, after=after, limit=LIST)
        shown = await views.people(ctx, tx, found)
        followed = await relationships.of_viewer(tx, viewer.account.id, [one.id for one in found])
    return await render(
        "people.html",
        people=shown,
        followed=followed,
        units=units,
        asked={name: request.args.get(name, "") for name in ("q", "skill", "position", "department", "unit")},
        narrowed=wanted != Traits(),
        on=address(after=found[-1].id) if len(found) == LIST else "",
    )


async def _units(ctx: Context, tx: Tx) -> list[tuple[str, str]]:
    """Return (host, name) of each node of the organisation, ours first."""
    others = [(member.host, member.name or member.host) for member in await nodes.members(tx)]
    others = [(host, name) for host, name in others if host != ctx.settings.authority]
    return [(ctx.settings.authority, ctx.settings.node.name), *sorted(others, key=lambda unit: unit[1].casefold())]


def _wanted(ctx: Context, hosts: set[str]) -> Traits:
    typed = {name: plain(request.args.get(name, ""), longest=_LONGEST) for name in ("skill", "position", "department")}
    unit = request.args.get("unit", "")
    host = ("" if unit == ctx.settings.authority else unit) if unit in hosts else None
    return Traits(name=plain(request.args.get("q", ""), longest=_LONGEST), host=host, **typed)


@people.post("/accounts/<int:account_id>/<any(follow,unfollow,accept,reject):name>")
@signed_in
async def relate(ctx: Context, viewer: Viewer, account_id: int, name: str) -> Response:
    """Follow, stop following, answer a request."""
    if name == "follow":
        await follows.follow(ctx, viewer.account, account_id)
    elif name == "unfollow":
        await follows.unfollow(ctx, viewer.account, account_id)
    else:
        await follows.answer(ctx, viewer.account, account_id, accept=name == "accept")
    return session.back("/people")
