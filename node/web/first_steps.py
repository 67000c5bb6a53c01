"""The first steps of a new member: who they are, whom they follow, what others see of them. Each can be skipped."""

from quart import Blueprint, Response, request

from node.context import Context
from node.domain.accounts import Account, Profile
from node.domain.viewer import Viewer
from node.errors import AllmendeError
from node.store import people
from node.web import session, views
from node.web.forms import sent
from node.web.pages import render, told, words
from node.web.profile import skills
from node.web.session import signed_in
from node.web.settings import quote_words
from node.web.views import audience_words
from outbox import profiles
from outbox import relationships as follows
from themes.phrases import Phrases

first_steps = Blueprint("first_steps", __name__, url_prefix="/first-steps")

_SUGGESTED = 12


@first_steps.route("", methods=["GET", "POST"])
@signed_in
async def who(ctx: Context, viewer: Viewer) -> Response:
    """Who one is: what colleagues find one by."""
    own, form, status, error = viewer.account, await sent(), 200, ""
    if request.method == "POST":
        told_of = Profile(
            summary=form.text("summary"),
            position=form.line("position"),
            department=form.line("department"),
            skills=skills(form.text("skills")),
        )
        try:
            await profiles.edit(ctx, own, told_of)
            return session.see("/first-steps/people")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    kept = {
        "position": own.position,
        "department": own.department,
        "skills": ", ".join(own.skills),
        "summary": viewer.habits.bio,
    }
    if request.method == "POST":
        kept = {name: form.text(name) for name in kept}
    return await render("first_steps/who.html", status=status, error=error, kept=kept)


@first_steps.route("/people", methods=["GET", "POST"])
@signed_in
async def whom(ctx: Context, viewer: Viewer) -> Response:
    """Whom to follow: all who are ticked, at once."""
    ticked, status, error = (await sent()).numbers("follow")[:_SUGGESTED], 200, ""
    if request.method == "POST":
        try:
            for account_id in ticked:
                await follows.follow(ctx, viewer.account, account_id)
            return session.see("/first-steps/others")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    async with ctx.db.read() as tx:
        found = await people.suggested(tx, viewer.account, limit=_SUGGESTED)
        shown = await views.people(ctx, tx, found)
    return await render("first_steps/people.html", status=status, error=error, people=shown, ticked=ticked)


@first_steps.get("/others")
@signed_in
async def others(ctx: Context, viewer: Viewer) -> Response:
    """What others see of one, and where to change it."""
    _, own, habits = words(), viewer.account, viewer.habits
    lines = [
        (_("Who reads your posts"), audience_words(_)[habits.audience.value]),
        (_("Who may quote them"), quote_words(_)[habits.quote_policy]),
        *_seen(_, own),
    ]
    return await render("first_steps/others.html", lines=lines)


def _seen(_: Phrases, own: Account) -> list[tuple[str, str]]:
    return [
        (
            _("Who finds you"),
            _("Everybody of the organisation") if own.discoverable else _("Your unit, and whoever follows you"),
        ),
        (
            _("Your posts in the search"),
            _("Whoever may read them finds them") if own.indexable else _("They are not found"),
        ),
        (
            _("Whom you follow, and who follows you"),
            _("Only you see it") if own.hides_follows else _("Others may see it"),
        ),
        (_("Who may follow you"), _("Those whom you allow to") if own.locked else _("Whoever wants to")),
    ]
