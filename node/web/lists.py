"""Lists: people one reads together, on a page of their own."""

from dataclasses import replace

from quart import Blueprint, Response, request

from node.context import Context
from node.domain.accounts import Account
from node.domain.lists import REPLIES, List
from node.domain.text import plain
from node.domain.viewer import Viewer
from node.effects import lists as effects
from node.errors import AllmendeError, NotFound
from node.store import lists as rows
from node.store import people, timelines
from node.store.database import Tx
from node.store.pages import Page
from node.web import session, views
from node.web.forms import LIST, Form, asked, newest, older, sent
from node.web.pages import render, told, words
from node.web.session import signed_in

lists = Blueprint("lists", __name__)

_LONGEST = 1_000
_CANDIDATES = 20


@lists.route("/lists", methods=["GET", "POST"])
@signed_in
async def mine(ctx: Context, viewer: Viewer) -> Response:
    """One's lists; a form makes another one."""
    typed, status, error = "", 200, ""
    if request.method == "POST":
        typed = (await sent()).text("title")
        try:
            async with ctx.change() as change:
                made = List(change.new_id(), viewer.account.id, plain(typed, longest=_LONGEST))
                await effects.create(change, made)
            return session.see(f"/lists/{made.id}/edit")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    async with ctx.db.read() as tx:
        found = await rows.of_member(tx, viewer.account.id)
    return await render("lists.html", status=status, error=error, typed=typed, lists=found)


@lists.get("/lists/<int:list_id>")
@signed_in
async def show(ctx: Context, viewer: Viewer, list_id: int) -> Response:
    """What the people of a list wrote."""
    me = viewer.account.id
    async with ctx.db.read() as tx:
        found = await _owned(tx, viewer, list_id)
        posts = await timelines.of_list(tx, found.id, asked(), viewer_id=me)
        shown = await views.page(ctx, tx, posts, viewer_id=me, words=words(), where="home")
    ids = [post.id for post in posts]
    return await render("list.html", list=found, views=shown, newest=newest(ids), older=older(ids))


@lists.route("/lists/<int:list_id>/edit", methods=["GET", "POST"])
@signed_in
async def edit(ctx: Context, viewer: Viewer, list_id: int) -> Response:
    """Rename a list, choose how it is read and who is in it. `q` finds people among those one follows."""
    async with ctx.db.read() as tx:
        old = await _owned(tx, viewer, list_id)
    wanted, status, error = old, 200, ""
    if request.method == "POST":
        wanted = _wanted(old, await sent())
        try:
            async with ctx.change() as change:
                await effects.alter(change, await _owned(change.tx, viewer, list_id), wanted)
            return session.see(f"/lists/{list_id}")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    q = plain(request.args.get("find", ""), longest=_LONGEST)
    async with ctx.db.read() as tx:
        members = await people.listed(tx, old.id, asked(LIST), viewer_id=viewer.account.id)
        others = await _candidates(tx, viewer, old.id, q)
        member_views = await views.people(ctx, tx, [account for _, account in members])
        other_views = await views.people(ctx, tx, others)
    return await render(
        "list_edit.html",
        status=status,
        error=error,
        list=old,
        wanted=wanted,
        replies=_replies(),
        members=member_views,
        others=other_views,
        find=q,
        older=older([row_id for row_id, _ in members], LIST),
    )


def _wanted(old: List, form: Form) -> List:
    return replace(
        old,
        title=plain(form.text("title"), longest=_LONGEST),
        replies=form.text("replies") or old.replies,
        exclusive=form.ticked("exclusive"),
    )


def _replies() -> list[tuple[str, str]]:
    """Which answers a list may show, in words."""
    _ = words()
    texts = (_("Answers to people in the list"), _("Answers to everybody I follow"), _("No answers"))
    return list(zip(REPLIES, texts, strict=True))


async def _candidates(tx: Tx, viewer: Viewer, list_id: int, q: str) -> list[Account]:
    """Return some of those one follows who are not in the list: by words, or the latest."""
    me = viewer.account.id
    inside = set(await rows.member_ids(tx, list_id))
    if q:
        found = await people.search(tx, q, viewer_id=me, following=True, limit=_CANDIDATES + len(inside))
    else:
        page = Page(limit=_CANDIDATES + len(inside))
        found = [account for _, account in await people.following(tx, me, page, viewer_id=me)]
    return [one for one in found if one.id not in inside][:_CANDIDATES]


@lists.post("/lists/<int:list_id>/<any(add,remove):name>")
@signed_in
async def change_members(ctx: Context, viewer: Viewer, list_id: int, name: str) -> Response:
    """Put a `person` into a list, or take them out."""
    wanted = (await sent()).numbers("person")
    async with ctx.change() as change:
        found = await _owned(change.tx, viewer, list_id)
        if name == "add":
            await effects.add(change, viewer.account, found, wanted)
        else:
            await effects.remove(change, found, wanted)
    return session.back(f"/lists/{list_id}/edit")


@lists.post("/lists/<int:list_id>/delete")
@signed_in
async def delete(ctx: Context, viewer: Viewer, list_id: int) -> Response:
    """Delete a list; its people go on as they are."""
    async with ctx.change() as change:
        await effects.delete(change, await _owned(change.tx, viewer, list_id))
    return session.see("/lists")


async def _owned(tx: Tx, viewer: Viewer, list_id: int) -> List:
    found = await rows.owned(tx, list_id, account_id=viewer.account.id)
    if found is None:
        raise NotFound("There is no such list of yours.")
    return found
