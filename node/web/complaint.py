"""The form for complaints and requests, for members and everybody else, and the page that tells how one stands."""

import secrets

from quart import Blueprint, Response, request

from moderation import cases as commands
from node.context import running
from node.domain.cases import Case, Filing, Kind, State, Topic, sign
from node.domain.erasures import Erasure
from node.errors import AllmendeError, NotFound
from node.store import cases, erasures
from node.web import case_words, session
from node.web.erasure_views import views
from node.web.erasures import FORMATS, saved, shown
from node.web.forms import Form, sent
from node.web.pages import language, render, told, words

complaint = Blueprint("complaint", __name__, url_prefix="/complaint")

_OWN = 20


@complaint.route("", methods=["GET", "POST"])
async def form() -> Response:
    """Complain, or ask for what is kept about oneself; members see what they have asked for.

    Its fields may be in the address: the menu of a post that names somebody leads here.
    """
    ctx, typed, status, error = running(), await sent(), 200, ""
    if request.method == "GET":
        typed = Form(request.args, typed.uploads)
    viewer = session.viewer()
    if request.method == "POST":
        if typed.line("website"):  # people do not see this field
            return session.see(f"/complaint/cases/{secrets.token_urlsafe(40)}")
        try:
            case = await commands.file(
                ctx,
                _filing(typed),
                by=viewer.account if viewer else None,
                language=language(),
                address=request.remote_addr or "",
            )
            return session.see(f"/complaint/cases/{sign(ctx.secret, case)}")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    async with ctx.db.read() as tx:
        own = await cases.of_account(tx, viewer.account.id, limit=_OWN) if viewer else []
    _ = words()
    return await render(
        "complaint/form.html",
        status=status,
        error=error,
        form=typed,
        topics=list(case_words.topics(_).items()),
        own=[(case, case_words.about(_, case), sign(ctx.secret, case)) for case in own],
        states=case_words.states(_),
    )


def _filing(typed: Form) -> Filing:
    return Filing(
        topic=typed.choice("topic", Topic, Topic.OTHER),
        wish=typed.line("wish"),
        links=typed.line("links"),
        passage=typed.line("passage"),
        address=typed.line("address"),
    )


@complaint.get("/cases/<given>")
async def show(given: str) -> Response:
    """How a case stands: for whoever has its link."""
    return await _page(given)


async def _page(given: str, *, status: int = 200, error: str = "", form: Form | None = None) -> Response:
    ctx, _ = running(), words()
    case, entries = await commands.by_link(ctx, given)
    async with ctx.db.read() as tx:
        orders = await erasures.of_case(tx, case.id) if case.verdict else []
        erased = await views(tx, orders, ctx.settings)
    return await render(
        "complaint/case.html",
        erased=[(one, _named(case, one.object)) for one in erased],
        status=status,
        error=error,
        form=form or Form.empty(),
        base=f"/complaint/cases/{given}",
        case=case,
        about=case_words.about(_, case),
        state=case_words.states(_)[case.state],
        verdict=case_words.verdicts(_).get(case.verdict, ""),
        entries=[(one, case_words.kinds(_)[one.kind] if one.kind is not Kind.MESSAGE else "") for one in entries],
        waits=case.state is State.UNPROVEN,
        goes_on=case.state in (State.UNPROVEN, State.OPEN, State.APPEALED),
        answered=case.state is State.ANSWERED,
        days=ctx.settings.limits.case_unproven_seconds // 86_400,
        appeal_until=(case.decided_at or 0) + ctx.settings.limits.case_appeal_seconds * 1000,
    )


def _named(case: Case, post: str) -> bool:
    """Whether who asks has named a post (its uri): of what else was found they are told that it is gone, no more."""
    return post.rpartition("/")[2] in case.links


@complaint.get("/cases/<given>/erasures/<int:erasure_id>")
async def certificate(given: str, erasure_id: int) -> Response:
    """The certificate of what was erased because of a case, for whoever has its link and named it."""
    found = await _erased(given, erasure_id)
    return await shown(
        running(), found, base=f"/complaint/cases/{given}/erasures/{erasure_id}", back=f"/complaint/cases/{given}"
    )


@complaint.get(f"/cases/<given>/erasures/<int:erasure_id>.<any({','.join(FORMATS)}):kind>")
async def certificate_file(given: str, erasure_id: int, kind: str) -> Response:
    """The same, to be kept."""
    return await saved(running(), await _erased(given, erasure_id), kind)


async def _erased(given: str, erasure_id: int) -> Erasure:
    ctx = running()
    case, _entries = await commands.by_link(ctx, given)
    async with ctx.db.read() as tx:
        found = await erasures.of_case(tx, case.id) if case.verdict else []
    named = [one for one in found if one.id == erasure_id and _named(case, one.object)]
    if not named:
        raise NotFound("There is no such page.")
    return named[0]


@complaint.post("/cases/<given>/<any(add,appeal,withdraw):name>")
async def act(given: str, name: str) -> Response:
    """Say more, object to the answer, or take it back."""
    ctx, typed = running(), await sent()
    try:
        if name == "add":
            await commands.add(ctx, given, typed.text("text"))
        elif name == "appeal":
            await commands.appeal(ctx, given, typed.text("text"))
        else:
            await commands.withdraw(ctx, given)
    except AllmendeError as caught:
        return await _page(given, status=caught.status, error=told(caught), form=typed)
    return session.see(f"/complaint/cases/{given}")


@complaint.route("/proof/<given>", methods=["GET", "POST"])
async def prove(given: str) -> Response:
    """Confirm a mail address, by a button: programs that look into mails follow every link."""
    ctx = running()
    if request.method == "POST":
        case = await commands.prove(ctx, given)
        return session.see(f"/complaint/cases/{sign(ctx.secret, case)}")
    return await render("complaint/proof.html", case=await commands.to_prove(ctx, given))
