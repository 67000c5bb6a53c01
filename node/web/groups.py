"""Groups: one's own, those one may find, a new one, and how one comes in and goes."""

from quart import Blueprint, Response, request

from node.context import Context
from node.domain.groups import Charter, Joining, Posting, Readers, handle_for
from node.domain.text import plain
from node.domain.viewer import Viewer
from node.errors import AllmendeError
from node.store import bridges, group_lists
from node.store import groups as rows
from node.web import session
from node.web.forms import LIST, Form, address, asked, number, older, sent
from node.web.group import page as group_page
from node.web.group_views import seen, views
from node.web.pages import render, told, words
from node.web.session import for_members, signed_in
from outbox import groups as commands
from themes.phrases import Phrases

groups = Blueprint("groups", __name__)

_LONGEST = 300


@groups.get("/groups")
@signed_in
async def mine(ctx: Context, viewer: Viewer) -> Response:
    """One's groups, invitations into others, and those one may find; `q`: only such with these words."""
    me, said = viewer.account.id, words()
    q = plain(request.args.get("q", ""), longest=_LONGEST)
    skipped = number(request.args.get("skip", "")) or 0
    page = asked(LIST)
    async with ctx.db.read() as tx:
        joined = [] if q or skipped else await rows.of_member(tx, me, page)
        inviting = [] if q or skipped else await rows.inviting(tx, me)
        agreements = [] if q or skipped else await bridges.waiting_for(tx, me)
        others = await group_lists.find(tx, q, viewer_id=me, others=not q, limit=LIST, offset=skipped)
        own_views = await views(ctx, tx, joined, viewer_id=me, words=said)
        inviting_views = await views(ctx, tx, inviting, viewer_id=me, words=said)
        other_views = await views(ctx, tx, others, viewer_id=me, words=said)
    return await render(
        "groups/index.html",
        q=q,
        first=not q and not skipped,
        own=sorted(own_views, key=lambda one: -one.last_at),
        inviting=[one for one in inviting_views if one.standing.role is None],
        others=other_views,
        agreements=agreements,
        older=older([one.row_id for one in joined], LIST),
        on=address(skip=skipped + LIST) if len(others) == LIST else "",
    )


@groups.route("/groups/new", methods=["GET", "POST"])
@for_members
async def new(ctx: Context, viewer: Viewer) -> Response:
    """Found a group; its user name is made from its name, unless another one is typed."""
    charter, username, status, error = commands.DEFAULTS, "", 200, ""
    if request.method == "POST":
        form = await sent()
        charter = charter_of(form)
        username = form.line("username") or handle_for(charter.name or "")
        try:
            made = await commands.found(ctx, viewer.account, username, charter)
            return session.see(f"/@{made.username}")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await render(
        "groups/new.html", status=status, error=error, charter=charter, username=username, choices=choices(words())
    )


def charter_of(form: Form) -> Charter:
    """Return what a form says a group shall be; the careful choice where it says nothing."""
    return Charter(
        name=form.line("name"),
        summary=form.text("summary"),
        joining=form.choice("joining", Joining, Joining.REQUEST),
        readers=form.choice("readers", Readers, Readers.MEMBERS),
        posting=form.choice("posting", Posting, Posting.MEMBERS),
        listed=form.ticked("listed"),
        rules=form.text("rules"),
        question=form.line("question"),
        real_names=form.line("real_names"),
    )


def choices(_: Phrases) -> dict[str, list[tuple[str, str, str]]]:
    """Return what a group may be: (value, label, what it means) of each choice, the careful one first."""
    return {
        "joining": [
            (
                Joining.REQUEST.value,
                _("Whoever asks, and is let in"),
                _("Those who look after the group decide about each."),
            ),
            (
                Joining.INVITATION.value,
                _("Only those who are invited"),
                _("Nobody asks. Those who look after the group invite."),
            ),
            (
                Joining.OPEN.value,
                _("Everybody, at once"),
                _("Whoever belongs to the organisation joins by themselves."),
            ),
        ],
        "readers": [
            (
                Readers.MEMBERS.value,
                _("Members only"),
                _("What is written stays among the members."),
            ),
            (
                Readers.ORGANISATION.value,
                _("The whole organisation"),
                _("Everybody may read along, in every unit. Whoever writes may still choose members only."),
            ),
        ],
        "posting": [
            (Posting.MEMBERS.value, _("Every member"), ""),
            (
                Posting.MODERATORS.value,
                _("Only those who look after the group"),
                _("Good for announcements. Every member may answer."),
            ),
        ],
    }


@groups.post("/groups/<int:group_id>/join")
@signed_in
async def join(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Become a member, or ask to, with an `answer` to the group's question."""
    form = await sent()
    async with ctx.db.read() as tx:
        _, view = await seen(ctx, tx, group_id, viewer_id=viewer.account.id, words=words())
    try:
        await commands.join(ctx, viewer.account, group_id, answer=form.line("answer"))
    except AllmendeError as caught:
        return await group_page(ctx, viewer, group_id, error=caught, answer=form.text("answer"))
    return session.see(view.path)


@groups.post("/groups/<int:group_id>/leave")
@signed_in
async def leave(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Be a member no more, ask no more, or decline an invitation."""
    await commands.leave(ctx, viewer.account, group_id)
    return session.see("/groups")
