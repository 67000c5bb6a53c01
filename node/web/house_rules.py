"""The page on which administrators write the house rules."""

from quart import Blueprint, Response, request

from moderation import house_rules as commands
from node.context import Context
from node.domain.viewer import Viewer
from node.errors import AllmendeError
from node.store import house_rules as rows
from node.web import session
from node.web.forms import sent
from node.web.pages import render, told, words
from node.web.session import administering

house_rules = Blueprint("house_rules", __name__)

_PATH = "/administration/rules"


@house_rules.route(_PATH, methods=["GET", "POST"])
@administering
async def page(ctx: Context, viewer: Viewer) -> Response:
    """The rules, one a line."""
    form, status, error = await sent(), 200, ""
    if request.method == "POST":
        try:
            await commands.write(ctx, viewer.account, form.text("rules").splitlines())
            return session.see(f"{_PATH}?saved=1")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    async with ctx.db.read() as tx:
        found = await rows.current(tx, first=ctx.settings.node.rules)
    return await render(
        "administration/rules.html",
        status=status,
        error=error,
        done=words()("Saved.") if "saved" in request.args and not error else "",
        typed=form.text("rules") if error else "\n".join(rule.text for rule in found),
        most=commands.MOST,
        longest=commands.LONGEST,
    )
