"""One post: read in its conversation, written, changed, passed on, voted in."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from quart import Blueprint, Response, request

from federation import routes as documents
from node.context import Context
from node.domain.accounts import Account
from node.domain.posts import Draft
from node.domain.viewer import Viewer
from node.domain.visibility import Visibility
from node.effects import errands
from node.errors import AllmendeError, NotFound
from node.store import posts as rows
from node.web import session
from node.web.forms import Form, enhanced, sent
from node.web.pages import fragment, render, told, words
from node.web.session import signed_in
from node.web.views import PostView, page
from outbox import polls, reactions
from outbox import posts as commands

posts = Blueprint("posts", __name__)


@posts.get("/@<username>/<int:post_id>")
async def own_post(username: str, post_id: int) -> Response:
    """A post of somebody here; peers get the note."""
    if documents.wants_document(request.headers.get("Accept", "")):
        return await documents.post_document(username, post_id)
    return await show(post_id=post_id)


@posts.get("/posts/<int:post_id>")
@signed_in
async def show(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """A post in its conversation."""
    async with ctx.db.read() as tx:
        found = await rows.visible_to(tx, post_id, viewer_id=viewer.account.id)
        if found is None:
            raise NotFound("There is no such post.")
        above, below = await rows.thread(tx, found.id, viewer_id=viewer.account.id)
        views = await page(ctx, tx, [*above, found, *below], viewer_id=viewer.account.id, words=words())
    await errands.complete_thread(ctx, found)
    split = len(above)
    return await render("thread.html", above=views[:split], view=views[split], below=views[split + 1 :])


@posts.get("/compose")
@signed_in
async def compose(ctx: Context, viewer: Viewer) -> Response:
    """Write a post, on a page of its own."""
    return await render("compose.html", form=await sent())


@posts.post("/posts")
@signed_in
async def publish(ctx: Context, viewer: Viewer) -> Response:
    """Publish what was typed; when that cannot be, show why and keep it."""
    form = await sent()
    try:
        made = await commands.publish(ctx, viewer.account, _draft(form, viewer))
    except AllmendeError as error:
        return await render("compose.html", status=error.status, error=told(error), form=form)
    return session.see(f"/posts/{made.id}")


def _draft(form: Form, viewer: Viewer) -> Draft:
    return Draft(
        text=form.text("text"),
        visibility=form.choice("audience", Visibility, viewer.habits.audience),
        reply_to_id=form.number("reply_to"),
        wall_of=form.number("wall_of"),
    )


@posts.route("/posts/<int:post_id>/edit", methods=["GET", "POST"])
@signed_in
async def edit(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Change the text of one's own post."""
    async with ctx.db.read() as tx:
        found = await rows.by_id(tx, post_id)
    if found is None or found.author_id != viewer.account.id or found.boost_of is not None:
        raise NotFound("There is no such post of yours.")
    kept = await commands.draft_of(ctx, found)
    typed, status, error = found.source, 200, ""
    if request.method == "POST":
        typed = (await sent()).text("text")
        try:
            await commands.edit(ctx, viewer.account, post_id, replace(kept, text=typed))
            return session.see(f"/posts/{post_id}")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await render("edit.html", status=status, error=error, typed=typed, post=found)


_ACTIONS: dict[str, Callable[[Context, Account, int], Awaitable[object]]] = {
    "delete": commands.delete,
    "take-from-wall": commands.take_from_wall,
    "favourite": reactions.favourite,
    "unfavourite": reactions.unfavourite,
    "boost": reactions.boost,
    "unboost": reactions.unboost,
    "bookmark": reactions.bookmark,
    "unbookmark": reactions.unbookmark,
    "pin": reactions.pin,
    "unpin": reactions.unpin,
    "mute": reactions.mute,
    "unmute": reactions.unmute,
}


@posts.post(f"/posts/<int:post_id>/<any({','.join(repr(name) for name in _ACTIONS)}):name>")
@signed_in
async def act(ctx: Context, viewer: Viewer, post_id: int, name: str) -> Response:
    """Do something to a post."""
    await _ACTIONS[name](ctx, viewer.account, post_id)
    if name == "delete":
        return Response("") if enhanced() else session.back("/home")
    return await _after(ctx, viewer, post_id)


@posts.post("/posts/<int:post_id>/vote")
@signed_in
async def vote(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Vote in a poll."""
    await polls.vote(ctx, viewer.account, post_id, (await sent()).numbers("answer"))
    return await _after(ctx, viewer, post_id)


async def _after(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Show the post as it is now: in its place on the page, or the page it stood on."""
    if not enhanced():
        return session.back(f"/posts/{post_id}")
    view = await one(ctx, viewer, post_id)
    return await fragment("parts/post.html", "show", view)


async def one(ctx: Context, viewer: Viewer, post_id: int) -> PostView:
    """Return the view of one post.

    Raises:
        NotFound: the viewer may not know of it.
    """
    async with ctx.db.read() as tx:
        found = await rows.visible_to(tx, post_id, viewer_id=viewer.account.id)
        views = await page(ctx, tx, [found] if found else [], viewer_id=viewer.account.id, words=words())
    if not views:
        raise NotFound("There is no such post.")
    return views[0]
