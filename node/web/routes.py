"""The pages: streams, walls, posts, people, and the forms on them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from quart import Blueprint, Response, request

from federation import resolve
from federation import routes as documents
from moderation import members
from node.context import Context, running
from node.domain.accounts import Account, Profile, split_handle
from node.domain.notifications import Kind
from node.domain.posts import Draft, Post
from node.domain.viewer import Viewer
from node.domain.visibility import Visibility
from node.effects import errands
from node.errors import AllmendeError, NotFound
from node.store import accounts, notifications, posts, relationships, timelines
from node.store.database import Tx
from node.store.pages import NEWEST, Page
from node.web import session
from node.web.pages import render, told, words
from node.web.views import PostView, account_path, page
from outbox import polls, profiles, reactions
from outbox import posts as commands
from outbox import relationships as follows
from themes import loader
from themes.phrases import notices

pages = Blueprint("pages", __name__)

_PAGE = 20
_LIST = 40
Stream = Callable[..., Awaitable[list[Post]]]


def signed_in(route: Callable[..., Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
    """Let members in, and send everybody else to sign in first."""

    async def guarded(**arguments: Any) -> Response:
        viewer = session.viewer()
        if viewer is None:
            return session.to_sign_in()
        return await route(running(), viewer, **arguments)

    guarded.__name__ = route.__name__
    return guarded


async def field(name: str) -> str:
    """Return a form's field, '' when it is not there."""
    return str((await request.form).get(name, ""))


def asked(limit: int = _PAGE) -> Page:
    """Return which part of a list is asked for."""
    return Page(before=request.args.get("before", default=NEWEST, type=int), limit=limit)


async def _views(ctx: Context, tx: Tx, viewer: Viewer, found: list[Post]) -> list[PostView]:
    return await page(ctx, tx, found, viewer_id=viewer.account.id, translate=words())


@pages.get("/static/<name>")
async def static(name: str) -> Response:
    """A file of the theme."""
    body, kind = loader.static(running().settings.node.theme, name)
    response = Response(body, content_type=kind)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@pages.get("/")
async def start() -> Response:
    """What this node is; members go home."""
    return session.see("/home") if session.viewer() else await render("welcome.html")


@pages.route("/sign-in", methods=["GET", "POST"])
async def sign_in() -> Response:
    """Sign in, and go where one wanted to."""
    name, status, error = "", 200, ""
    if request.method == "POST":
        name = await field("username")
        try:
            secret = await members.sign_in(
                running(), username=name, password=await field("password"), address=request.remote_addr or ""
            )
            return session.keep(session.see(request.args.get("next", "/home")), secret)
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    _ = words()
    inputs = [("username", _("User name"), "text", name), ("password", _("Password"), "password", "")]
    return await render("form.html", status=status, error=error, title=_("Sign in"), button=_("Sign in"), inputs=inputs)


@pages.post("/sign-out")
@signed_in
async def sign_out(ctx: Context, viewer: Viewer) -> Response:
    """End this session."""
    await members.sign_out(ctx, request.cookies.get(session.cookie_name(ctx), ""))
    return session.forget(session.see("/"))


@pages.route("/invitation/<secret>", methods=["GET", "POST"])
async def invitation(secret: str) -> Response:
    """Become a member by an invitation; signs in at once."""
    ctx = running()
    await members.invitation(ctx, secret)
    given = {name: await field(name) for name in ("username", "name", "password", "position", "department", "skills")}
    status, error = 200, ""
    if request.method == "POST":
        try:
            await members.accept_invitation(ctx, secret, **{**given, "skills": _skills(given["skills"])})  # type: ignore[arg-type]
            opened = await members.sign_in(
                ctx, username=given["username"], password=given["password"], address=request.remote_addr or ""
            )
            return session.keep(session.see("/home"), opened)
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    _ = words()
    inputs = [
        ("username", _("User name"), "text", given["username"]),
        ("name", _("Name"), "text", given["name"]),
        ("password", _("Password"), "password", ""),
        *_profile_inputs(given["position"], given["department"], given["skills"]),
    ]
    title = _("Become a member")
    return await render("form.html", status=status, error=error, title=title, button=title, inputs=inputs)


def _profile_inputs(position: str, department: str, skills: str) -> list[tuple[str, str, str, str]]:
    _ = words()
    return [
        ("position", _("Position"), "text", position),
        ("department", _("Department"), "text", department),
        ("skills", _("Skills, separated by commas"), "text", skills),
    ]


def _skills(typed: str) -> tuple[str, ...]:
    return tuple(skill.strip() for skill in typed.split(",") if skill.strip())


@pages.get("/home")
@signed_in
async def home(ctx: Context, viewer: Viewer) -> Response:
    """What those one follows wrote."""
    async with ctx.db.read() as tx:
        found = await timelines.home(tx, viewer.account.id, asked())
        return await _stream(ctx, tx, viewer, found, words()("Home"))


@pages.get("/unit")
@signed_in
async def unit(ctx: Context, viewer: Viewer) -> Response:
    """What people of this node wrote for all of it."""
    async with ctx.db.read() as tx:
        found = await timelines.unit(tx, asked(), viewer_id=viewer.account.id)
        return await _stream(ctx, tx, viewer, found, words()("Unit"))


@pages.get("/organisation")
@signed_in
async def organisation(ctx: Context, viewer: Viewer) -> Response:
    """What people of every node wrote for all."""
    async with ctx.db.read() as tx:
        found = await timelines.organisation(tx, asked(), viewer_id=viewer.account.id)
        return await _stream(ctx, tx, viewer, found, words()("Organisation"))


async def _stream(ctx: Context, tx: Tx, viewer: Viewer, found: list[Post], title: str, **more: Any) -> Response:
    views = await _views(ctx, tx, viewer, found)
    return await render("stream.html", title=title, views=views, older=_older(found), **more)


def _older(found: list[Post]) -> int | None:
    return found[-1].id if len(found) == _PAGE else None


@pages.get("/@<handle>")
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
    _ = words()
    facts = [
        (_("Position"), person.position),
        (_("Department"), person.department),
        (_("Skills"), ", ".join(person.skills)),
    ]
    async with ctx.db.read() as tx:
        follow = await relationships.between(tx, follower_id=viewer.account.id, target_id=person.id)
        found = await timelines.wall(tx, person.id, asked(), viewer_id=viewer.account.id)
        views = await _views(ctx, tx, viewer, found)
        moved = await accounts.by_uri(tx, person.moved_to) if person.moved_to else None
    return await render(
        "profile.html",
        person=person,
        handle=person.handle(ctx.settings.authority),
        facts=[(name, value) for name, value in facts if value],
        mine=person.id == viewer.account.id,
        follow=follow,
        moved=moved,
        views=views,
        older=_older(found),
    )


@pages.get("/@<username>/<int:post_id>")
async def own_post(username: str, post_id: int) -> Response:
    """A post of somebody here; peers get the note."""
    if documents.wants_document(request.headers.get("Accept", "")):
        return await documents.post_document(username, post_id)
    return await post(post_id=post_id)


@pages.get("/posts/<int:post_id>")
@signed_in
async def post(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """A post in its conversation."""
    async with ctx.db.read() as tx:
        found = await posts.visible_to(tx, post_id, viewer_id=viewer.account.id)
        if found is None:
            raise NotFound("There is no such post.")
        above, below = await posts.thread(tx, found.id, viewer_id=viewer.account.id)
        views = await _views(ctx, tx, viewer, [*above, found, *below])
    await errands.complete_thread(ctx, found)
    split = len(above)
    return await render("thread.html", above=views[:split], view=views[split], below=views[split + 1 :])


@pages.post("/posts")
@signed_in
async def publish(ctx: Context, viewer: Viewer) -> Response:
    """Publish what was typed; when that cannot be, show why and keep it."""
    typed, audience = await field("text"), await field("audience")
    reply_to, wall_of = await field("reply_to"), await field("wall_of")
    draft = Draft(
        text=typed,
        visibility=Visibility(audience) if audience in list(Visibility) else Visibility.UNIT,
        reply_to_id=int(reply_to) if reply_to.isdecimal() else None,
        wall_of=int(wall_of) if wall_of.isdecimal() else None,
    )
    try:
        made = await commands.publish(ctx, viewer.account, draft)
    except AllmendeError as error:
        async with ctx.db.read() as tx:
            kept = {"typed": typed, "audience": audience, "reply_to": reply_to, "wall_of": wall_of}
            answer = await _stream(ctx, tx, viewer, [], words()("Home"), error=told(error), **kept)
        answer.status_code = error.status
        return answer
    return session.see(f"/posts/{made.id}")


@pages.route("/posts/<int:post_id>/edit", methods=["GET", "POST"])
@signed_in
async def edit(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Change the text of one's own post."""
    async with ctx.db.read() as tx:
        found = await posts.by_id(tx, post_id)
    if found is None or found.author_id != viewer.account.id or found.boost_of is not None:
        raise NotFound("There is no such post of yours.")
    kept = await commands.draft_of(ctx, found)
    typed, status, error = found.source, 200, ""
    if request.method == "POST":
        typed = await field("text")
        try:
            await commands.edit(ctx, viewer.account, post_id, replace(kept, text=typed))
            return session.see(f"/posts/{post_id}")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    _ = words()
    inputs = [("text", _("Text"), "area", typed)]
    return await render("form.html", status=status, error=error, title=_("Edit post"), button=_("Save"), inputs=inputs)


_POST_ACTIONS: dict[str, Callable[[Context, Account, int], Awaitable[object]]] = {
    "delete": commands.delete,
    "take-from-wall": commands.take_from_wall,
    "favourite": reactions.favourite,
    "unfavourite": reactions.unfavourite,
    "boost": reactions.boost,
    "unboost": reactions.unboost,
}


@pages.post("/posts/<int:post_id>/<any('delete','take-from-wall','favourite','unfavourite','boost','unboost'):name>")
@signed_in
async def act(ctx: Context, viewer: Viewer, post_id: int, name: str) -> Response:
    """Do something to a post."""
    await _POST_ACTIONS[name](ctx, viewer.account, post_id)
    return session.see("/home" if name == "delete" else f"/posts/{post_id}")


@pages.post("/posts/<int:post_id>/vote")
@signed_in
async def vote(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Vote in a poll."""
    chosen = [int(place) for place in (await request.form).getlist("answer") if place.isdecimal()]
    await polls.vote(ctx, viewer.account, post_id, tuple(chosen))
    return session.see(f"/posts/{post_id}")


@pages.get("/tags/<name>")
@signed_in
async def tag(ctx: Context, viewer: Viewer, name: str) -> Response:
    """What was written with a hashtag, as far as one may see it."""
    async with ctx.db.read() as tx:
        found = await timelines.tag(tx, name.lower(), asked(), viewer_id=viewer.account.id)
        return await _stream(ctx, tx, viewer, found, f"#{name}")


@pages.post("/accounts/<int:account_id>/<any(follow,unfollow,accept,reject):name>")
@signed_in
async def relate(ctx: Context, viewer: Viewer, account_id: int, name: str) -> Response:
    """Follow, stop following, answer a request."""
    if name == "follow":
        await follows.follow(ctx, viewer.account, account_id)
    elif name == "unfollow":
        await follows.unfollow(ctx, viewer.account, account_id)
    else:
        await follows.answer(ctx, viewer.account, account_id, accept=name == "accept")
        return session.see("/notifications")
    async with ctx.db.read() as tx:
        person = await accounts.by_id(tx, account_id)
    return session.see(account_path(person) if person else "/home")


@pages.get("/people")
@signed_in
async def people(ctx: Context, viewer: Viewer) -> Response:
    """Everybody this node knows, and a way to find others."""
    username, host = split_handle(request.args.get("find", ""))
    if username:
        person = await resolve.handle(ctx, username, host)
        if person is None:
            raise NotFound("Nobody of that name can be found.")
        return session.see(account_path(person))
    async with ctx.db.read() as tx:
        found = await accounts.directory(tx, after=request.args.get("after", default=0, type=int), limit=_LIST)
    lines = [
        {
            "path": account_path(one),
            "name": one.name,
            "text": " · ".join(filter(None, (one.position, one.department, f"@{one.handle(ctx.settings.authority)}"))),
        }
        for one in found
    ]
    more = f"?after={found[-1].id}" if len(found) == _LIST else ""
    return await render("list.html", title=words()("People"), lines=lines, look_up=True, more=more)


@pages.get("/notifications")
@signed_in
async def notified(ctx: Context, viewer: Viewer) -> Response:
    """What happened around one's own posts and person."""
    _ = words()
    said = notices(_)
    async with ctx.db.read() as tx:
        found = await notifications.page(tx, viewer.account.id, asked(_LIST))
        senders = await accounts.by_ids(tx, {one.from_id for one in found})
    lines = [
        {
            "path": f"/posts/{one.post_id}" if one.post_id else account_path(senders[one.from_id]),
            "name": senders[one.from_id].name,
            "text": said[one.kind],
            "asks": one.from_id if one.kind is Kind.FOLLOW_REQUEST else None,
        }
        for one in found
    ]
    more = f"?before={found[-1].id}" if len(found) == _LIST else ""
    return await render("list.html", title=_("News for you"), lines=lines, look_up=False, more=more)


@pages.route("/settings/profile", methods=["GET", "POST"])
@signed_in
async def profile(ctx: Context, viewer: Viewer) -> Response:
    """What one tells of oneself."""
    _, own, status, error = words(), viewer.account, 200, ""
    if request.method == "POST":
        try:
            await profiles.edit(
                ctx,
                own,
                Profile(
                    name=await field("name") or own.name,
                    summary=await field("summary"),
                    position=await field("position"),
                    department=await field("department"),
                    skills=_skills(await field("skills")),
                    locked=await field("locked") == "on",
                    wall_open=await field("wall_open") == "on",
                ),
            )
            return session.see(account_path(own))
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    inputs = [
        ("name", _("Name"), "text", own.name),
        ("summary", _("About you"), "area", viewer.habits.bio),
        *_profile_inputs(own.position, own.department, ", ".join(own.skills)),
        ("locked", _("I decide who may follow me"), "tick", own.locked),
        ("wall_open", _("Others may write on my wall"), "tick", own.wall_open),
    ]
    return await render(
        "form.html", status=status, error=error, title=_("Edit profile"), button=_("Save"), inputs=inputs
    )
