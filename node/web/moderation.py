"""The pages of moderators: complaints, taking posts out, and suspending and restoring accounts."""

from collections.abc import Sequence
from dataclasses import dataclass

from quart import Blueprint, Response, request

from moderation import measures
from moderation import reports as commands
from moderation.posts import take_out as take_post_out
from moderation.rights import may_act_on
from node.context import Context
from node.domain.accounts import Account, Role
from node.domain.measures import Kind
from node.domain.posts import Post
from node.domain.reports import Report
from node.domain.viewer import Viewer
from node.domain.visibility import is_private
from node.errors import AllmendeError, Forbidden, NotFound
from node.store import accounts, administration, house_rules, posts, reports
from node.store import measures as measure_rows
from node.store.administration import Person
from node.store.database import Tx
from node.store.reports import Sought
from node.web import session, views
from node.web.forms import LIST, asked, number, older, sent
from node.web.pages import render, told, words
from node.web.session import moderating
from node.web.views import PersonView, Sight, complaint_words

moderation = Blueprint("moderation", __name__)


@dataclass(frozen=True, slots=True)
class ComplaintView:
    """A complaint. category, rules, when, closed_at: in words; sender, assigned, closed_by: None for nobody known."""

    id: int
    path: str
    target: PersonView
    sender: PersonView | None
    assigned: PersonView | None
    closed_by: PersonView | None
    content: str
    category: str
    rules: tuple[str, ...]
    posts: int
    open: bool
    when: str
    closed_at: str


async def _shown(ctx: Context, tx: Tx, found: list[Report]) -> list[ComplaintView]:
    """Return views of complaints; two queries."""
    _, sight = words(), await Sight.of(ctx, tx)
    ids = {id for one in found for id in (one.from_id, one.target_id, one.assigned_id, one.closed_by) if id}
    people = await administration.by_ids(tx, ids)
    rules = {rule.id: rule.text for rule in await house_rules.every(tx, first=ctx.settings.node.rules)}
    categories = complaint_words(_)

    def person(id: int | None) -> PersonView | None:
        return sight.person(people[id].account) if id in people else None

    return [
        ComplaintView(
            id=one.id,
            path=f"/moderation/complaints/{one.id}",
            target=sight.person(people[one.target_id].account),
            sender=person(one.from_id),
            assigned=person(one.assigned_id),
            closed_by=person(one.closed_by),
            content=one.content,
            category=categories[one.category],
            rules=tuple(rules[id] for id in one.rules if id in rules),
            posts=len(one.post_ids),
            open=one.state == "open",
            when=_.ago(one.created_at),
            closed_at=_.moment(one.closed_at) if one.closed_at else "",
        )
        for one in found
    ]


@moderation.get("/moderation")
@moderating
async def complaints(ctx: Context, viewer: Viewer) -> Response:
    """Open complaints, newest first."""
    return await _complaints(ctx, closed=False)


@moderation.get("/moderation/closed")
@moderating
async def closed_complaints(ctx: Context, viewer: Viewer) -> Response:
    """Closed complaints, newest first."""
    return await _complaints(ctx, closed=True)


async def _complaints(ctx: Context, *, closed: bool) -> Response:
    async with ctx.db.read() as tx:
        found = await reports.search(tx, Sought(closed=closed), asked(LIST))
        shown = await _shown(ctx, tx, found)
    return await render(
        "moderation/complaints.html", complaints=shown, closed=closed, older=older([one.id for one in found], LIST)
    )


@moderation.get("/moderation/complaints/<int:report_id>")
@moderating
async def complaint(ctx: Context, viewer: Viewer, report_id: int) -> Response:
    """One complaint, and the posts it is about, as far as the moderator may see them."""
    async with ctx.db.read() as tx:
        found = await reports.by_id(tx, report_id)
        if found is None:
            raise NotFound("There is no such complaint.")
        shown = (await _shown(ctx, tx, [found]))[0]
        visible = await _seen(tx, found.post_ids, viewer)
        about = [visible[id] for id in found.post_ids if id in visible]
        post_views = await views.page(ctx, tx, about, viewer_id=viewer.account.id, words=words())
        target = await administration.person(tx, found.target_id)
    return await render(
        "moderation/complaint.html",
        complaint=shown,
        views=post_views,
        hidden=len(found.post_ids) - len(post_views),
        mine=found.assigned_id == viewer.account.id,
        suspended=target is not None and target.account.suspended_at is not None,
        limited=target is not None and target.limited,
        taken=await _taken(ctx, found.target_id),
        may_act=target is not None and may_act_on(viewer, target),
    )


@dataclass(frozen=True, slots=True)
class Taken:
    """A measure in words. ended: when it was lifted, '' if it stands, or is a warning."""

    what: str
    reason: str
    when: str
    by: str
    ended: str


async def _taken(ctx: Context, account_id: int) -> list[Taken]:
    """Return what was done about an account before."""
    _ = words()
    kinds = {Kind.WARNED: _("Warned"), Kind.LIMITED: _("Limited"), Kind.SUSPENDED: _("Suspended")}
    async with ctx.db.read() as tx:
        found = await measure_rows.of(tx, account_id, limit=LIST)
        people = await accounts.by_ids(tx, {one.by_id for one in found if one.by_id})
    return [
        Taken(
            kinds[one.kind],
            one.reason,
            _.moment(one.at),
            people[one.by_id].name if one.by_id in people else "",
            _.moment(one.ended_at) if one.ended_at else "",
        )
        for one in found
    ]


async def _seen(tx: Tx, ids: Sequence[int], viewer: Viewer) -> dict[int, Post]:
    """Return those of the posts that a moderator may see; what was for all stays there when its author is suspended."""
    visible = await posts.visible_ids(tx, ids, viewer_id=viewer.account.id)
    others = await posts.by_ids(tx, set(ids) - visible.keys())
    people = await accounts.by_ids(tx, [post.author_id for post in others.values()])
    return visible | {
        id: post
        for id, post in others.items()
        if people[post.author_id].suspended_at is not None and not is_private(post.visibility)
    }


@moderation.post("/moderation/complaints/<int:report_id>/<any(take,leave,close,reopen):name>")
@moderating
async def decide(ctx: Context, viewer: Viewer, report_id: int, name: str) -> Response:
    """Look after a complaint, leave it to others, end it, take it up again."""
    if name == "close":
        await commands.close(ctx, report_id, by=viewer.account)
    elif name == "reopen":
        await commands.reopen(ctx, report_id)
    else:
        await commands.assign(ctx, report_id, to=viewer.account if name == "take" else None)
    return session.see(f"/moderation/complaints/{report_id}")


@moderation.route("/moderation/complaints/<int:report_id>/posts/<int:post_id>/take-out", methods=["GET", "POST"])
@moderating
async def take_out(ctx: Context, viewer: Viewer, report_id: int, post_id: int) -> Response:
    """Ask once more, then take out a post of somebody here that a complaint is about."""
    form, status, error = await sent(), 200, ""
    async with ctx.db.read() as tx:
        found = await reports.by_id(tx, report_id)
        seen = await _seen(tx, [post_id], viewer)
        if found is None or post_id not in found.post_ids or post_id not in seen or not seen[post_id].local:
            raise NotFound("There is no such post.")
        view = (await views.page(ctx, tx, [seen[post_id]], viewer_id=viewer.account.id, words=words()))[0]
    if request.method == "POST":
        try:
            await take_post_out(ctx, viewer.account, post_id, reason=form.text("reason"))
            return session.see(f"/moderation/complaints/{report_id}")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await render(
        "moderation/take_out.html", status=status, error=error, view=view, form=form, report_id=report_id
    )


_MEASURES = ("warn", "limit", "unlimit", "suspend", "restore")


@moderation.route(f"/moderation/people/<int:account_id>/<any({','.join(_MEASURES)}):name>", methods=["GET", "POST"])
@moderating
async def measure(ctx: Context, viewer: Viewer, account_id: int, name: str) -> Response:
    """Ask once more, and why, then take a measure against an account or lift it. `complaint`: the one to go back to."""
    person = await _person(ctx, account_id)
    if not may_act_on(viewer, person):
        raise Forbidden("You may not suspend or restore this account.")
    if name == "warn" and not person.account.local:
        raise NotFound("There is no such member.")
    form, status, error = await sent(), 200, ""
    complaint_id = number(form.text("complaint") or request.args.get("complaint", ""))
    back = _place(viewer, complaint_id)
    if request.method == "POST":
        try:
            await _take(ctx, account_id, name, reason=form.text("reason"), by=viewer.account)
            return session.see(back)
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    async with ctx.db.read() as tx:
        shown = (await views.people(ctx, tx, [person.account]))[0]
    return await render(
        "moderation/measure.html",
        status=status,
        error=error,
        person=shown,
        form=form,
        name=name,
        complaint=complaint_id,
        back=back,
        days=ctx.settings.retention.suspended_days if person.account.kind == "Person" else 0,
    )


async def _take(ctx: Context, account_id: int, name: str, *, reason: str, by: Account) -> None:
    match name:
        case "warn":
            await measures.warn(ctx, account_id, reason=reason, by=by)
        case "limit":
            await measures.limit(ctx, account_id, reason=reason, by=by)
        case "unlimit":
            await measures.unlimit(ctx, account_id, by=by)
        case "suspend":
            await measures.suspend(ctx, account_id, reason=reason, by=by)
        case _:
            await measures.restore(ctx, account_id, by=by)


async def _person(ctx: Context, id: int) -> Person:
    async with ctx.db.read() as tx:
        found = await administration.person(tx, id)
    if found is None:
        raise NotFound("There is no such account.")
    return found


def _place(viewer: Viewer, complaint_id: int | None) -> str:
    """Return where one came from."""
    if complaint_id is not None:
        return f"/moderation/complaints/{complaint_id}"
    return "/administration/members" if viewer.role is Role.ADMIN else "/moderation"
