"""One post: read in its conversation, changed, passed on, voted in, complained about."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from quart import Blueprint, Response, request

from federation import routes as documents
from node.context import Context
from node.domain.accounts import Account
from node.domain.reports import CATEGORIES
from node.domain.viewer import Viewer
from node.effects import errands
from node.errors import AllmendeError, NotFound
from node.store import accounts, copies, versions
from node.store import polls as poll_rows
from node.store import posts as rows
from node.web import session
from node.web.forms import enhanced, sent
from node.web.pages import fragment, render, told, words
from node.web.session import signed_in
from node.web.views import PostView, Sight, page
from outbox import polls, reactions, reports
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


@posts.route("/posts/<int:post_id>/edit", methods=["GET", "POST"])
@signed_in
async def edit(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Change the text and the warning of one's own post."""
    async with ctx.db.read() as tx:
        found = await rows.by_id(tx, post_id)
    if found is None or found.author_id != viewer.account.id or found.boost_of is not None:
        raise NotFound("There is no such post of yours.")
    kept = await commands.draft_of(ctx, found)
    typed, status, error = kept, 200, ""
    if request.method == "POST":
        form = await sent()
        typed = replace(kept, text=form.text("text"), summary=form.line("summary"))
        if kept.summary and not typed.summary:
            typed = replace(typed, sensitive=False)  # the warning had hidden the pictures
        try:
            await commands.edit(ctx, viewer.account, post_id, typed)
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


@posts.get("/posts/<int:post_id>/history")
@signed_in
async def history(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """What a post is, and what it was before its edits, the newest first."""
    async with ctx.db.read() as tx:
        found = await rows.visible_to(tx, post_id, viewer_id=viewer.account.id)
        if found is None or found.boost_of is not None:
            raise NotFound("There is no such post.")
        earlier = await versions.of_post(tx, found.id)
        poll = (await poll_rows.of_posts(tx, [found.id])).get(found.id)
        author = await accounts.by_id(tx, found.author_id)
    options = tuple(option.name for option in poll.options) if poll else ()
    written_at = found.edited_at or found.published_at
    now = versions.Version(written_at, found.content, found.summary, found.sensitive, options)
    return await render("history.html", post=found, author=author, versions=[now, *reversed(earlier)])


@posts.get("/posts/<int:post_id>/copies")
@signed_in
async def held(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Which other nodes hold a copy of one's own post."""
    async with ctx.db.read() as tx:
        found = await rows.by_id(tx, post_id)
        if found is None or found.author_id != viewer.account.id or found.boost_of is not None:
            raise NotFound("There is no such post of yours.")
        holders = await copies.holders(tx, found.uri)
        units = (await Sight.of(ctx, tx)).units
    return await render("copies.html", post=found, holders=holders, units=units)


@posts.route("/posts/<int:post_id>/complain", methods=["GET", "POST"])
@signed_in
async def complain(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Tell the moderators what is wrong with a post."""
    view, form, status, error = await one(ctx, viewer, post_id), await sent(), 200, ""
    if view.mine or view.id != post_id:
        raise NotFound("There is no such post.")
    if request.method == "POST":
        rules = form.numbers("rule")
        try:
            await reports.report(
                ctx,
                viewer.account,
                view.author.id,
                post_ids=[post_id],
                comment=form.line("comment"),
                forward=form.ticked("forward"),
                category="violation" if rules else form.text("category"),
                rules=rules,
            )
            return session.see(f"/posts/{post_id}/complain?done=1")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    done = words()("Thank you. The moderators look at it.") if "done" in request.args and not error else ""
    categories = _categories()
    return await render(
        "complain.html", status=status, error=error, done=done, view=view, form=form, categories=categories
    )


def _categories() -> list[tuple[str, str]]:
    _ = words()
    said = {
        "other": _("Something else"),
        "spam": _("Advertising or fraud"),
        "legal": _("Something unlawful"),
        "violation": _("Against the house rules"),
    }
    return [(category, said[category]) for category in CATEGORIES]
