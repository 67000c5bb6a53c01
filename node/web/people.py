"""People: their walls, the directory, following and being followed."""

from quart import Blueprint, Response, request

from federation import resolve
from federation import routes as documents
from node.context import Context
from node.domain.accounts import split_handle
from node.domain.viewer import Viewer
from node.errors import NotFound
from node.store import accounts, relationships, timelines
from node.web import session, views
from node.web.forms import LIST, asked, number, older
from node.web.pages import render, words
from node.web.session import signed_in
from node.web.views import account_path
from outbox import relationships as follows

people = Blueprint("people", __name__)


@people.get("/@<handle>")
async def wall(handle: str) -> Response:
    """Somebody's profile and wall; peers get the actor."""
    if documents.wants_document(request.headers.get("Accept", "")):
        return await documents.actor_document(handle)
    return await _wall(handle=handle)


@signed_in
async def _wall(ctx: Context, viewer: Viewer, handle: str) -> Response:
    username, host = split_handle(handle)
    person = await resolve.handle(ctx, username, host)
    if person is None or not person.active or person.kind not in ("Person", "Service"):
        raise NotFound("Nobody of that name can be found.")
    async with ctx.db.read() as tx:
        follow = await relationships.between(tx, follower_id=viewer.account.id, target_id=person.id)
        found = await timelines.wall(tx, person.id, asked(), viewer_id=viewer.account.id)
        shown = await views.page(ctx, tx, found, viewer_id=viewer.account.id, words=words())
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
    """Everybody this node knows, and a way to find others."""
    username, host = split_handle(request.args.get("find", ""))
    if username:
        person = await resolve.handle(ctx, username, host)
        if person is None:
            raise NotFound("Nobody of that name can be found.")
        return session.see(account_path(person))
    async with ctx.db.read() as tx:
        found = await accounts.directory(tx, after=number(request.args.get("after", "")) or 0, limit=LIST)
        shown = await views.people(ctx, tx, found)
    return await render("people.html", people=shown, more=found[-1].id if len(found) == LIST else None)


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
