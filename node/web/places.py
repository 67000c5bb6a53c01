"""The page about where data goes: in which country each node, partner and service stands, and on what ground."""

from quart import Blueprint, Response, request

from node.context import Context
from node.domain.places import LONGEST_NOTE, Place
from node.domain.viewer import Viewer
from node.errors import AllmendeError, NotFound
from node.store import places as rows
from node.web import session
from node.web.forms import sent
from node.web.pages import render, told, words
from node.web.receiving import to_state
from node.web.session import administering
from outbox import places as commands

places = Blueprint("places", __name__)

_PATH = "/administration/places"


@places.get(_PATH)
@administering
async def page(ctx: Context, viewer: Viewer) -> Response:
    """Who gets data, and where they stand; with `host` the form for one of them."""
    host = request.args.get("host", "")
    async with ctx.db.read() as tx:
        place = (await rows.of(tx, [host]))[host]
    return await _page(ctx, host, place)


@places.post(_PATH)
@administering
async def write(ctx: Context, viewer: Viewer) -> Response:
    """Write down where one of them stands."""
    form = await sent()
    host, place = form.line("host"), Place(form.line("country"), form.line("note"))
    if host not in {one.host for one in await to_state(ctx, words())}:
        raise NotFound("There is no such page.")
    try:
        await commands.write(ctx, viewer.account, host, place)
    except AllmendeError as caught:
        return await _page(ctx, host, place, status=caught.status, error=told(caught))
    return session.see(_PATH)


async def _page(ctx: Context, host: str, place: Place, *, status: int = 200, error: str = "") -> Response:
    known = await to_state(ctx, words())
    return await render(
        "administration/places.html",
        status=status,
        error=error,
        receivers=known,
        chosen=next((one for one in known if one.host == host), None),
        place=place,
        countries=[("", words()("Not stated")), *words().countries()],
        longest=LONGEST_NOTE,
    )
