"""What those who look after a group do: change it, let people in and out, lend roles, see to what stands in it."""

from dataclasses import replace

from quart import Blueprint, Response, request

from node.context import Context
from node.domain.groups import Charter, Role, outranks
from node.domain.text import strip_tags
from node.domain.viewer import Viewer
from node.errors import AllmendeError, NotFound
from node.store import accounts
from node.store import groups as rows
from node.web import session
from node.web import views as shown
from node.web.forms import day_of, end_of_day, enhanced, sent
from node.web.group import looked_after
from node.web.group_views import role_words
from node.web.groups import charter_of, choices
from node.web.pages import fragment, render, told, words
from node.web.posts import one as post_view
from node.web.profile import with_pictures
from node.web.session import signed_in
from outbox import groups as commands

group_care = Blueprint("group_care", __name__, url_prefix="/groups/<int:group_id>")


@group_care.route("/settings", methods=["GET", "POST"])
@signed_in
async def settings(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Change what a group is."""
    status, error = 200, ""
    async with ctx.db.read() as tx:
        found, view, tabs = await looked_after(ctx, tx, viewer, group_id)
    if not view.administers:
        raise NotFound("There is no such page.")
    group, typed = found.group, strip_tags(found.account.summary)
    charter = Charter(
        name=found.account.name,
        summary=typed,
        joining=group.joining,
        readers=group.readers,
        posting=group.posting,
        listed=group.listed,
        rules=group.rules,
        question=group.question,
        real_names=group.real_names,
    )
    if request.method == "POST":
        form = await sent()
        charter = charter_of(form)
        same = (charter.summary or "").split() == typed.split()  # then it keeps its links and emphasis
        try:
            wanted = await with_pictures(ctx, form, replace(charter, summary=None) if same else charter)
            await commands.change(ctx, viewer.account, group_id, wanted)
            return session.see(f"/groups/{group_id}/settings?done=1")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await render(
        "groups/settings.html",
        status=status,
        error=error,
        done=words()("It is saved.") if "done" in request.args and not error else "",
        found=found,
        view=view,
        tabs=tabs,
        tab="settings",
        charter=charter,
        choices=choices(words()),
    )


@group_care.post("/<any(archive,reopen):name>")
@signed_in
async def archive(ctx: Context, viewer: Viewer, group_id: int, name: str) -> Response:
    """Close a group, or open it again."""
    await commands.archive(ctx, viewer.account, group_id, closed=name == "archive")
    return session.see(f"/groups/{group_id}")


@group_care.get("/members/<int:account_id>")
@signed_in
async def member(
    ctx: Context, viewer: Viewer, group_id: int, account_id: int, *, error: AllmendeError | None = None
) -> Response:
    """What one may do about a member: change the role, hand the group over, remove them.

    error: why it could not be done.
    """
    said = role_words(words())
    async with ctx.db.read() as tx:
        found, view, tabs = await looked_after(ctx, tx, viewer, group_id)
        person = await accounts.by_id(tx, account_id)
        theirs = (await rows.standing(tx, group_id, account_id, now=words().now)).role
        if person is None or theirs is None or account_id == viewer.account.id:
            raise NotFound("There is no such member.")
        officers = await rows.officers(tx, group_id, now=words().now)
        (who,) = await shown.people(ctx, tx, [person])
    mine = view.standing.role
    assert mine is not None, "who looks after a group is in it"
    over = outranks(mine, theirs)
    until = next((one.until for one in officers if one.account.id == account_id), None)
    lent = [role for role in (Role.MEMBER, Role.MODERATOR, Role.ADMIN) if outranks(mine, role)]
    return await render(
        "groups/member.html",
        status=error.status if error else 200,
        error=told(error) if error else "",
        found=found,
        view=view,
        tabs=tabs,
        tab="members",
        who=who,
        role=said[theirs],
        until=day_of(ctx, until) if until else "",
        chosen=theirs.value,
        roles=[(role.value, said[role]) for role in lent] if view.administers and over else [],
        removes=over,
        hands_over=view.owns and person.local,
    )


@group_care.post("/members/<int:account_id>/<any(role,remove,owner):name>")
@signed_in
async def change_member(ctx: Context, viewer: Viewer, group_id: int, account_id: int, name: str) -> Response:
    """Give a member a `role`, for good or `until` the end of a day; remove them, `for_good`; make them the owner."""
    form, by = await sent(), viewer.account
    try:
        if name == "role":
            role = form.choice("role", Role, Role.MEMBER)
            await commands.lend(ctx, by, group_id, account_id, role, until=end_of_day(ctx, form.line("until")))
        elif name == "owner":
            await commands.hand_over(ctx, by, group_id, account_id)
        else:
            await commands.remove(ctx, by, group_id, account_id, for_good=form.ticked("for_good"))
    except AllmendeError as caught:
        return await member(group_id=group_id, account_id=account_id, error=caught)
    return session.see(f"/groups/{group_id}/members")


@group_care.post("/<any(accept,refuse,invite,uninvite,unban):name>")
@signed_in
async def people(ctx: Context, viewer: Viewer, group_id: int, name: str) -> Response:
    """Answer the request of a `person`, invite them, take the invitation back, or let them come back."""
    form, by = await sent(), viewer.account
    person = form.number("person") or 0
    match name:
        case "accept" | "refuse":
            await commands.answer(ctx, by, group_id, person, accept=name == "accept")
        case "invite":
            await commands.invite(ctx, by, group_id, person)
        case "uninvite":
            await commands.uninvite(ctx, by, group_id, person)
        case _:
            await commands.unban(ctx, by, group_id, [person])
    place = {"accept": "requests", "refuse": "requests", "unban": "members"}.get(name, "invite")
    return session.back(f"/groups/{group_id}/{place}")


@group_care.post("/posts/<int:post_id>/<any('take-out',pin,unpin):name>")
@signed_in
async def see_to(ctx: Context, viewer: Viewer, group_id: int, post_id: int, name: str) -> Response:
    """Take a post out of the group, or put it on top there, or no more."""
    if name == "take-out":
        await commands.take_out(ctx, viewer.account, group_id, post_id)
    else:
        await commands.pin(ctx, viewer.account, group_id, post_id, pinned=name == "pin")
    if enhanced():
        try:
            return await fragment("parts/post.html", "show", await post_view(ctx, viewer, post_id))
        except NotFound:
            return Response("")
    return session.back(f"/groups/{group_id}")
