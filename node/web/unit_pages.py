"""Pages of the unit: all of them, a new one, what stands on one, who edits it, what may be changed about it."""

from dataclasses import replace

from quart import Blueprint, Response, request

from node.context import Context
from node.domain.accounts import Account, Role
from node.domain.groups import handle_for
from node.domain.pages import Masthead
from node.domain.text import strip_tags
from node.domain.viewer import Viewer
from node.errors import AllmendeError
from node.store import pages_of_unit as rows
from node.store import timelines
from node.web import session, unit_page_views
from node.web import views as shown
from node.web.boards import show as board
from node.web.forms import Form, asked, older, sent
from node.web.pages import render, told, words
from node.web.profile import with_pictures
from node.web.session import administering, for_members
from node.web.unit_page_views import concerned, tabs
from outbox import unit_pages as commands

unit_pages = Blueprint("unit_pages", __name__)


@unit_pages.get("/pages")
@for_members
async def every(ctx: Context, viewer: Viewer) -> Response:
    """The pages of this unit, first those that one edits."""
    async with ctx.db.read() as tx:
        found = await rows.every(tx, viewer_id=viewer.account.id)
        people = await shown.people(ctx, tx, [one.account for one in found])
    lines = list(zip(found, people, strict=True))
    return await render(
        "unit_pages/index.html",
        own=[line for line in lines if line[0].edits],
        boards=[line for line in lines if line[0].account.board and not line[0].edits],
        others=[line for line in lines if not line[0].account.board and not line[0].edits],
        founds=viewer.role is Role.ADMIN,
    )


@unit_pages.route("/pages/new", methods=["GET", "POST"])
@administering
async def new(ctx: Context, viewer: Viewer) -> Response:
    """Found a page; its user name is made from its name, unless another one is typed."""
    form, status, error = await sent(), 200, ""
    typed = _masthead(form)
    if request.method == "POST":
        username = form.line("username") or handle_for(typed.name or "")
        try:
            made = await commands.found(
                ctx,
                viewer,
                username,
                typed,
                editors=form.text("editors").replace(",", " ").split(),
                followed_by_all=form.ticked("followed_by_all"),
            )
            return session.see(f"/@{made.username}")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await render("unit_pages/new.html", status=status, error=error, form=form, typed=typed)


def _masthead(form: Form) -> Masthead:
    return Masthead(
        name=form.line("name"), summary=form.text("summary"), closed=form.ticked("closed"), board=form.ticked("board")
    )


async def page(ctx: Context, viewer: Viewer, account: Account) -> Response:
    """Return a page, ours or another unit's, with what stands on it."""
    me = viewer.account.id
    async with ctx.db.read() as tx:
        view = await unit_page_views.of(ctx, tx, viewer, account)
    if account.board:
        return await board(ctx, viewer, view)
    async with ctx.db.read() as tx:
        found = await timelines.wall(tx, account.id, asked(), viewer_id=me)
        posts = await shown.page(ctx, tx, found, viewer_id=me, words=words(), where="account")
    return await render(
        "unit_pages/wall.html",
        view=view,
        tabs=tabs(view, words()),
        tab="posts",
        views=posts,
        older=older([post.id for post in found]),
    )


@unit_pages.get("/pages/<int:page_id>/editors")
@for_members
async def editors(ctx: Context, viewer: Viewer, page_id: int, *, error: AllmendeError | None = None) -> Response:
    """Who writes in the name of a page, for its editors and for administrators."""
    async with ctx.db.read() as tx:
        view, _ = await concerned(ctx, tx, viewer, page_id)
        people = await shown.people(ctx, tx, await rows.editors(tx, page_id))
    return await render(
        "unit_pages/editors.html",
        status=error.status if error else 200,
        error=told(error) if error else "",
        view=view,
        tabs=tabs(view, words()),
        tab="editors",
        editors=people,
    )


@unit_pages.post("/pages/<int:page_id>/editors/<any(appoint,dismiss):name>")
@for_members
async def name_editors(ctx: Context, viewer: Viewer, page_id: int, name: str) -> Response:
    """Make a member an editor by their user name, or let a `person` be one no more."""
    form = await sent()
    try:
        if name == "appoint":
            await commands.appoint(ctx, viewer, page_id, form.line("username"))
        else:
            await commands.dismiss(ctx, viewer, page_id, form.number("person") or 0)
    except AllmendeError as caught:
        return await editors(page_id=page_id, error=caught)
    gone = name == "dismiss" and form.number("person") == viewer.account.id
    return session.see("/pages" if gone else f"/pages/{page_id}/editors")


@unit_pages.route("/pages/<int:page_id>/settings", methods=["GET", "POST"])
@for_members
async def settings(ctx: Context, viewer: Viewer, page_id: int, *, unsure: bool = False) -> Response:
    """Change what a page tells of itself, and is. unsure: it was to be given up, without the tick for that."""
    status, error = (422, words()("Tick that you are sure.")) if unsure else (200, "")
    async with ctx.db.read() as tx:
        view, page = await concerned(ctx, tx, viewer, page_id)
    before = strip_tags(view.account.summary)
    typed = Masthead(name=view.account.name, summary=before, closed=page.closed, board=view.account.board)
    if request.method == "POST" and not unsure:
        form = await sent()
        typed = _masthead(form)
        same = (typed.summary or "").split() == before.split()  # then it keeps its links and emphasis
        try:
            wanted = await with_pictures(ctx, form, replace(typed, summary=None) if same else typed)
            await commands.change(ctx, viewer, page_id, wanted)
            return session.see(f"/pages/{page_id}/settings?done=1")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await render(
        "unit_pages/settings.html",
        status=status,
        error=error,
        done=words()("It is saved.") if "done" in request.args and not error else "",
        view=view,
        tabs=tabs(view, words()),
        tab="settings",
        typed=typed,
        administers=viewer.role is Role.ADMIN,
    )


@unit_pages.post("/pages/<int:page_id>/<any(spread,'not-spread','give-up'):name>")
@for_members
async def act(ctx: Context, viewer: Viewer, page_id: int, name: str) -> Response:
    """Let all follow a page, or no more; or give it up."""
    if name == "give-up":
        if not (await sent()).ticked("sure"):
            return await settings(page_id=page_id, unsure=True)
        await commands.give_up(ctx, viewer, page_id)
        return session.see("/pages")
    await commands.spread(ctx, viewer, page_id, to_all=name == "spread")
    return session.see(f"/pages/{page_id}/settings?done=1")
