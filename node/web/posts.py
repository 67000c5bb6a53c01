"""One post: read in its conversation, changed, passed on, voted in, complained about."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import urlsplit

from quart import Blueprint, Response, request

from federation import media as pictures
from federation import routes as documents
from node.context import Context
from node.domain.accounts import Account
from node.domain.boards import NOTHING
from node.domain.filters import CONTEXTS
from node.domain.reports import CATEGORIES
from node.domain.viewer import Viewer
from node.effects import errands
from node.errors import AllmendeError, NotFound
from node.store import accounts, boards, copies, house_rules, versions
from node.store import polls as poll_rows
from node.store import posts as rows
from node.web import notices, session
from node.web.forms import enhanced, sent
from node.web.pages import fragment, render, told, words
from node.web.session import signed_in
from node.web.views import PostView, Sight, complaint_words, page
from outbox import bylines, polls, reactions, reports
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
        wanted = found.boost_of or found.id
        views = await page(
            ctx,
            tx,
            [*above, found, *below],
            viewer_id=viewer.account.id,
            words=words(),
            where="thread",
            wanted=wanted,
        )
    await errands.complete_thread(ctx, found)
    await pictures.want_films(ctx, [*above, found, *below])
    split, newest = [view.id for view in views].index(wanted), below[-1].id if below else found.id
    return await render("thread.html", above=views[:split], view=views[split], below=views[split + 1 :], newest=newest)


@posts.route("/posts/<int:post_id>/edit", methods=["GET", "POST"])
@signed_in
async def edit(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Change the text and the warning of one's own post, or of one in the name of a page that one edits.

    Of a notice, also its category and its last day: its first one is over, or it would not be here.
    """
    async with ctx.db.read() as tx:
        found, author = await bylines.written(tx, viewer.account, post_id)
        carried = (await boards.notices(tx, [post_id])).get(post_id, NOTHING) if author.board else None
    kept = await commands.draft_of(ctx, found)
    typed, status, error = kept, 200, ""
    notice = await notices.filled(ctx, author, carried) if carried is not None else None
    if request.method == "POST":
        form = await sent()
        typed = replace(kept, text=form.text("text"), summary=form.line("summary"))
        if kept.summary and not typed.summary:
            typed = replace(typed, sensitive=False)  # the warning had hidden the pictures
        try:
            if carried is not None:
                notice = await notices.fields(ctx, author, form)
                typed = replace(typed, notice=replace(notices.read(ctx, form), starts_at=carried.starts_at))
            await commands.edit(ctx, viewer.account, post_id, typed)
            return session.see(f"/posts/{post_id}")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await render("edit.html", status=status, error=error, typed=typed, post=found, notice=notice)


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
        return _deleted(f"/{post_id}")
    return await _after(ctx, viewer, post_id)


def _deleted(end: str) -> Response:
    """Leave the page without the post; from a page that was the post's own, with this end, go home."""
    if not enhanced():
        return session.back("/home", gone=end)
    was_its_own = urlsplit(request.headers.get("HX-Current-URL", "")).path.endswith(end)
    return Response("", headers={"HX-Redirect": "/home"} if was_its_own else {})


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
    where = (await sent()).text("where")
    view = await one(ctx, viewer, post_id, where=where if where in CONTEXTS else "")
    return await fragment("parts/post.html", "show", view)


async def one(ctx: Context, viewer: Viewer, post_id: int, *, where: str = "") -> PostView:
    """Return the view of one post; what filters hide `where` it is shown is folded, as it is asked for by itself.

    Raises:
        NotFound: the viewer may not know of it.
    """
    async with ctx.db.read() as tx:
        found = await rows.visible_to(tx, post_id, viewer_id=viewer.account.id)
        wanted = (found.boost_of or found.id) if found else 0
        views = await page(
            ctx,
            tx,
            [found] if found else [],
            viewer_id=viewer.account.id,
            words=words(),
            where=where,
            wanted=wanted,
        )
    if not views:
        raise NotFound("There is no such post.")
    return views[0]


@posts.get("/posts/<int:post_id>/reply")
@signed_in
async def reply(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Where a post is answered: beneath it, or on its page."""
    if not enhanced():
        return session.see(f"/posts/{post_id}#reply")
    return await fragment("parts/compose.html", "reply", await one(ctx, viewer, post_id))


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
    """Which other nodes hold a copy of one's own post, and until when.

    home: where the group is at home that it stands in, if that is another node: only that one knows the members' nodes.
    """
    async with ctx.db.read() as tx:
        found, _ = await bylines.written(tx, viewer.account, post_id)
        holders = await copies.holders(tx, found.uri)
        group = await accounts.by_id(tx, found.group_id) if found.group_id else None
        units = (await Sight.of(ctx, tx)).units
    home = units.get(group.host, group.host) if group is not None and not group.local else ""
    return await render("copies.html", post=found, holders=holders, units=units, home=home)


@posts.route("/posts/<int:post_id>/complain", methods=["GET", "POST"])
@signed_in
async def complain(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Tell the moderators what is wrong with a post."""
    view, form, status, error = await one(ctx, viewer, post_id), await sent(), 200, ""
    if view.mine or view.id != post_id:
        raise NotFound("There is no such post.")
    if request.method == "POST":
        broken = form.numbers("rule")
        try:
            await reports.report(
                ctx,
                viewer.account,
                view.author.id,
                post_ids=[post_id],
                comment=form.line("comment"),
                forward=form.ticked("forward"),
                category="violation" if broken else form.text("category"),
                rules=broken,
            )
            return session.see(f"/posts/{post_id}/complain?done=1")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    done = words()("Thank you. The moderators look at it.") if "done" in request.args and not error else ""
    said = complaint_words(words())
    async with ctx.db.read() as tx:
        rules = await house_rules.current(tx, first=ctx.settings.node.rules)
    categories = [(category, said[category]) for category in CATEGORIES]
    return await render(
        "complain.html",
        status=status,
        error=error,
        done=done,
        view=view,
        form=form,
        categories=categories,
        rules=rules,
    )
