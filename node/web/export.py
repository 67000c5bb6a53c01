"""One's own data, to be saved."""

from datetime import UTC, datetime

from quart import Blueprint, Response, request

from moderation.export import archive
from node.context import Context
from node.domain.viewer import Viewer
from node.errors import AllmendeError
from node.web.pages import render, told
from node.web.session import signed_in

export = Blueprint("export", __name__)


@export.route("/settings/export", methods=["GET", "POST"])
@signed_in
async def save(ctx: Context, viewer: Viewer) -> Response:
    """Say what there is of one's own here, and hand it out as an archive."""
    status, error = 200, ""
    if request.method == "POST":
        try:
            return _saved(ctx, viewer, Response(await archive(ctx, viewer.account), content_type="application/zip"))
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await render("settings/export.html", status=status, error=error)


def _saved(ctx: Context, viewer: Viewer, response: Response) -> Response:
    day = datetime.fromtimestamp(ctx.clock() / 1000, UTC).date()
    name = f"allmende-{viewer.account.username}-{day}.zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    response.timeout = None  # it takes as long as it is downloaded
    return response
