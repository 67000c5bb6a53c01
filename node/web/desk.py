"""The desk of those who look after data protection: the cases, what is found for each, and what is done about it."""

from dataclasses import dataclass

from quart import Blueprint, Response, request

from moderation import desk as commands
from node.context import Context
from node.domain import blackout
from node.domain.accounts import Account
from node.domain.cases import Case, Proof, State, Verdict
from node.domain.posts import Post
from node.domain.viewer import Viewer
from node.domain.visibility import is_private
from node.errors import AllmendeError, NotFound
from node.store import accounts, cases, posts, reports
from node.store import words as post_words
from node.store.cases import Entry
from node.store.database import Tx
from node.web import case_words, session
from node.web.forms import LIST, PAGE, Form, asked, number, older, sent
from node.web.pages import render, told, words
from node.web.session import protecting
from node.web.views import PersonView, Sight

desk = Blueprint("desk", __name__, url_prefix="/desk")

_SHOWN = 500
_BEGINNING = 240


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as its desk sees it. about, state, due: in words; who: the member who asks, None for somebody else."""

    case: Case
    path: str
    about: str
    state: str
    due: str
    came: str
    overdue: bool
    waiting: bool
    proven: bool
    who: PersonView | None
    assigned: PersonView | None


@dataclass(frozen=True, slots=True)
class StandView:
    """So many texts beside posts and profiles that have the words. who: whose they are, None: nobody's alone."""

    what: str
    who: PersonView | None
    count: int


@dataclass(frozen=True, slots=True)
class HitView:
    """A post that is meant, or has the words. excerpt: around these, or its beginning; '' when neither can be shown.

    path: '' when the officer may not open it. unit: where somebody else has to look after it, '' for here.
    """

    id: int
    author: PersonView
    when: str
    excerpt: str
    path: str
    private: bool
    unit: str


async def _views(ctx: Context, tx: Tx, found: list[Case]) -> list[CaseView]:
    """Return views of cases; two queries."""
    _, sight = words(), await Sight.of(ctx, tx)
    people = await accounts.by_ids(tx, {id for one in found for id in (one.account_id, one.assigned_id) if id})

    def person(id: int | None) -> PersonView | None:
        return sight.person(people[id]) if id in people else None

    return [
        CaseView(
            case=one,
            path=f"/desk/cases/{one.id}",
            about=case_words.about(_, one),
            state=case_words.states(_)[one.state],
            due=_.date(one.due_at),
            came=_.moment(one.created_at),
            overdue=one.state in (State.OPEN, State.APPEALED) and one.due_at < _.now,
            waiting=one.state in (State.OPEN, State.APPEALED),
            proven=bool(one.proof) or not one.topic.is_request,
            who=person(one.account_id),
            assigned=person(one.assigned_id),
        )
        for one in found
    ]


async def _hits(
    ctx: Context, tx: Tx, found: list[Post], said: str, *, viewer: Viewer, meant: bool = True
) -> list[HitView]:
    """Return views of posts, whoever may see them; seven queries.

    Of what is for certain people no more is shown than the words and what stands around them. meant: they are named in
    the case, and not only found.
    """
    _, sight = words(), await Sight.of(ctx, tx)
    people = await accounts.by_ids(tx, {post.author_id for post in found})
    texts = await post_words.texts(tx, [post.id for post in found])
    seen = await posts.visible_ids(tx, [post.id for post in found], viewer_id=viewer.account.id)
    return [
        HitView(
            id=post.id,
            author=(author := sight.person(people[post.author_id])),
            when=_.moment(post.published_at),
            excerpt=blackout.around(texts[post.id], said)
            or (texts[post.id][:_BEGINNING] if meant and not is_private(post.visibility) else ""),
            path=f"/posts/{post.id}" if post.id in seen else "",
            private=is_private(post.visibility),
            unit="" if post.local else author.unit,
        )
        for post in found
    ]


# The list


@desk.get("")
@protecting
async def waiting(ctx: Context, viewer: Viewer) -> Response:
    """What is to be answered, by the day until when; `number`: goes to the case of this number."""
    reference = request.args.get("number", "").strip().upper()
    after = number(request.args.get("after", "")) or 0
    async with ctx.db.read() as tx:
        meant = await cases.by_reference(tx, reference) if reference else None
        if meant is not None:
            return session.see(f"/desk/cases/{meant.id}")
        found = await cases.waiting(tx, after=after, limit=LIST)
        shown = await _views(ctx, tx, found)
    return await render(
        "desk/list.html",
        status=404 if reference else 200,
        error=words()("There is no case of this number.") if reference else "",
        number=reference,
        cases=shown,
        after=found[-1].id if len(found) == LIST else None,
    )


@desk.get("/unproven")
@protecting
async def unproven(ctx: Context, viewer: Viewer) -> Response:
    """Requests of which nobody has confirmed to be the one who asks, the newest first."""
    return await _listed(ctx, State.UNPROVEN)


@desk.get("/done")
@protecting
async def done(ctx: Context, viewer: Viewer) -> Response:
    """What was answered, closed or taken back, the newest first."""
    return await _listed(ctx, State.ANSWERED, State.CLOSED, State.WITHDRAWN)


async def _listed(ctx: Context, *states: State) -> Response:
    async with ctx.db.read() as tx:
        found = await cases.in_states(tx, states, asked(LIST))
        shown = await _views(ctx, tx, found)
    return await render("desk/list.html", number="", cases=shown, older=older([one.id for one in found], LIST))


# A case


@desk.get("/cases/<int:case_id>")
@protecting
async def show(ctx: Context, viewer: Viewer, case_id: int) -> Response:
    """One case: what was said and done, how long there is time, and what can be done."""
    return await _page(ctx, viewer, case_id)


async def _page(
    ctx: Context, viewer: Viewer, case_id: int, *, status: int = 200, error: str = "", form: Form | None = None
) -> Response:
    _ = words()
    async with ctx.db.read() as tx:
        case = await _case(tx, case_id)
        view = (await _views(ctx, tx, [case]))[0]
        meant = await commands.named(tx, case, base=ctx.settings.url)
        sight = await Sight.of(ctx, tx)
        entries = await cases.entries(tx, case.id, limit=_SHOWN)
        report = await reports.by_id(tx, case.report_id) if case.report_id else None
        may_answer = await _may_answer(tx, case, viewer)
        hits = await _hits(ctx, tx, meant.posts, case.passage, viewer=viewer)
        officers = await accounts.by_ids(tx, {one.by_id for one in entries if one.by_id})
        steps = await cases.steps(tx, case.id, limit=_SHOWN)
    return await render(
        "desk/case.html",
        status=status,
        error=error,
        form=form or Form.empty(),
        view=view,
        mine=case.assigned_id == viewer.account.id,
        proofs={Proof.ACCOUNT: _("a member, signed in"), Proof.MAIL: _("by mail"), Proof.HAND: _("by the desk")},
        entries=[(one, case_words.kinds(_)[one.kind], _name(one, officers)) for one in entries],
        hits=hits,
        people=[sight.person(one) for one in meant.accounts],
        steps=[(one, case_words.steps(_)[one.kind]) for one in steps],
        verdict=case_words.verdicts(_).get(case.verdict, ""),
        verdicts=[(key, text, "") for key, text in case_words.verdicts(_).items()],
        months=[(1, _("One month more")), (2, _("Two months more"))],
        may_answer=may_answer,
        may_extend=view.waiting and not view.overdue and not case.extended and case.state is State.OPEN,
        may_pass_on=view.waiting and not case.topic.is_request and case.report_id is None and (hits or meant.accounts),
        report=report,
    )


def _name(entry: Entry, officers: dict[int, Account]) -> str:
    found = officers.get(entry.by_id or 0)
    return (found.name or found.username) if found else ""


async def _may_answer(tx: Tx, case: Case, viewer: Viewer) -> bool:
    if case.state is not State.APPEALED:
        return case.state is State.OPEN
    try:
        await commands.check_other(tx, case, by=viewer.account)
    except AllmendeError:
        return False
    return True


async def _case(tx: Tx, id: int) -> Case:
    case = await cases.by_id(tx, id)
    if case is None:
        raise NotFound("There is no such case.")
    return case


@desk.post("/cases/<int:case_id>/<any(take,leave,note,prove,extend,answer,moderators):name>")
@protecting
async def act(ctx: Context, viewer: Viewer, case_id: int, name: str) -> Response:
    """Look after a case or leave it, note something, write down who asks, take more time, answer, pass it on."""
    form, by = await sent(), viewer.account
    said = form.text("text")
    try:
        match name:
            case "take" | "leave":
                await commands.assign(ctx, case_id, by=by, to=by if name == "take" else None)
            case "note":
                await commands.note(ctx, case_id, said, by=by)
            case "prove":
                await commands.prove(ctx, case_id, form.text("how"), by=by)
            case "extend":
                await commands.extend(ctx, case_id, form.number("months") or 0, form.text("why"), by=by)
            case "answer":
                verdict = form.choice("verdict", Verdict, Verdict.NONE)
                await commands.answer(ctx, case_id, verdict, form.text("reasons"), by=by)
            case _:
                await commands.to_moderators(ctx, case_id, form.text("words"), by=by)
    except AllmendeError as caught:
        return await _page(ctx, viewer, case_id, status=caught.status, error=told(caught), form=form)
    return session.see(f"/desk/cases/{case_id}")


@desk.get("/cases/<int:case_id>/find")
@protecting
async def find(ctx: Context, viewer: Viewer, case_id: int) -> Response:
    """What this node holds with these words (`q`) in it."""
    said, error, status = request.args.get("q", "").strip(), "", 200
    part, meant = asked(PAGE), commands.Named([], [])
    if said:
        try:
            meant = await commands.find(ctx, case_id, said, part, by=viewer.account)
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    async with ctx.db.read() as tx:
        view = (await _views(ctx, tx, [await _case(tx, case_id)]))[0]
        hits = await _hits(ctx, tx, meant.posts, said, viewer=viewer, meant=False)
        sight = await Sight.of(ctx, tx)
    owners = {id: sight.person(one) for id, one in meant.owners.items()}
    writings = case_words.writings(words())
    return await render(
        "desk/find.html",
        status=status,
        error=error,
        view=view,
        said=said,
        hits=hits,
        people=[sight.person(one) for one in meant.accounts],
        stands=[StandView(writings[one.what], owners.get(one.account_id or 0), one.count) for one in meant.elsewhere],
        older=older([hit.id for hit in hits]),
    )


@desk.route(
    "/cases/<int:case_id>/posts/<int:post_id>/<any('black-out','take-out','hand-over'):name>", methods=["GET", "POST"]
)
@protecting
async def carry_out(ctx: Context, viewer: Viewer, case_id: int, post_id: int, name: str) -> Response:
    """Ask once more, then black out a passage of a post, take it out, or pass it on to its author's node."""
    form, status, error = await sent(), 200, ""
    reason, passage = form.text("reason"), form.line("passage") or request.args.get("q", "")
    if request.method == "POST":
        try:
            if name == "black-out":
                await commands.black_out(ctx, case_id, post_id, passage, reason=reason, by=viewer.account)
            elif name == "take-out":
                await commands.take_out(ctx, case_id, post_id, reason=reason, by=viewer.account)
            else:
                await commands.hand_over(ctx, case_id, post_id, reason, by=viewer.account)
            return session.see(f"/desk/cases/{case_id}")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    async with ctx.db.read() as tx:
        case = await _case(tx, case_id)
        post = await posts.by_id(tx, post_id)
        if post is None or post.boost_of is not None or post.local is (name == "hand-over"):
            raise NotFound("There is no such post.")
        hit = (await _hits(ctx, tx, [post], passage or case.passage, viewer=viewer))[0]
        view = (await _views(ctx, tx, [case]))[0]
    return await render(
        "desk/carry_out.html",
        status=status,
        error=error,
        view=view,
        hit=hit,
        name=name,
        passage=passage or case.passage,
        reason=reason,
    )
