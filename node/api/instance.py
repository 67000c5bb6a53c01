"""What this node is: told to everybody, as far as a client needs it to sign somebody in; the rest to members."""

import orjson
from quart import Blueprint, Response

from node.adapters.operator_texts import Document, document
from node.api.answers import answer
from node.api.auth import anyone, scope
from node.api.render import instance as render
from node.context import Context
from node.domain import text
from node.domain.figures import WEEK_MS, week_of
from node.domain.times import iso
from node.domain.viewer import Viewer
from node.errors import NotFound
from node.store import figures, house_rules, nodes
from node.store.house_rules import HouseRule

instance = Blueprint("instance", __name__)

_WEEKS = 12


@instance.get("/v2/instance")
@anyone()
async def show(ctx: Context, viewer: Viewer | None) -> Response:
    """Return what this node is and what clients have to keep to."""
    return answer(render.instance(ctx, await _house(ctx)))


@instance.get("/v1/instance")
@anyone()
async def show_older(ctx: Context, viewer: Viewer | None) -> Response:
    """Return the same in the form that older clients know."""
    return answer(render.older_instance(ctx, await _house(ctx)))


@instance.get("/v1/instance/rules")
@anyone()
async def rules(ctx: Context, viewer: Viewer | None) -> Response:
    """Return the house rules."""
    return answer(render.rules(await _house(ctx)))


async def _house(ctx: Context) -> list[HouseRule]:
    async with ctx.db.read() as tx:
        return await house_rules.current(tx, first=ctx.settings.node.rules)


@instance.get("/v1/instance/extended_description")
@anyone()
async def description(ctx: Context, viewer: Viewer | None) -> Response:
    """Return what this node is for."""
    return answer({"updated_at": None, "content": text.render(ctx.settings.node.about, mentions={})})


@instance.get("/v1/instance/privacy_policy")
@anyone()
async def privacy(ctx: Context, viewer: Viewer | None) -> Response:
    """Return the privacy notice."""
    found = await _document(ctx.settings.node.privacy)
    return answer({"updated_at": iso(found.changed_at), "content": found.html})


@instance.get("/v1/instance/terms_of_service")
@anyone()
async def terms(ctx: Context, viewer: Viewer | None) -> Response:
    """Return the terms of service."""
    return answer(_as_terms(await _document(ctx.settings.node.terms)))


@instance.get("/v1/instance/terms_of_service/<date>")
@anyone()
async def terms_of(ctx: Context, viewer: Viewer | None, date: str) -> Response:
    """Return the terms of service of a day (YYYY-MM-DD): only the present ones are kept."""
    found = await _document(ctx.settings.node.terms)
    if date != _day(found):
        raise NotFound("There are no terms of service of that day.")
    return answer(_as_terms(found))


async def _document(path: str) -> Document:
    found = await document(path)
    if found is None:
        raise NotFound("This server has no such document yet.")
    return found


def _day(found: Document) -> str:
    return iso(found.changed_at)[:10]


def _as_terms(found: Document) -> dict[str, object]:
    return {"effective_date": _day(found), "effective": True, "content": found.html, "succeeded_by": None}


@instance.get("/v1/instance/translation_languages")
@anyone()
async def translations(ctx: Context, viewer: Viewer | None) -> Response:
    """Return from which language into which posts are translated: none, no text is given to others for that."""
    return answer({})


@instance.get("/v1/instance/languages")
@anyone()
async def languages(ctx: Context, viewer: Viewer | None) -> Response:
    """Return the languages that a post can be marked with."""
    return answer(render.languages())


@instance.get("/v1/instance/peers")
@scope(guests=False)
async def peers(ctx: Context, viewer: Viewer) -> Response:
    """Return the other servers of the organisation: we know no others."""
    async with ctx.db.read() as tx:
        found = [member.host for member in await nodes.members(tx)]
    return answer([host for host in found if host != ctx.settings.authority])


@instance.get("/v1/instance/domain_blocks")
@scope()
async def domain_blocks(ctx: Context, viewer: Viewer) -> Response:
    """Return the servers that are kept out by name: none, as all are that are not of the organisation."""
    return answer([])


@instance.get("/v1/instance/activity")
@scope(guests=False)
async def activity(ctx: Context, viewer: Viewer) -> Response:
    """Return how much was written in each of the last twelve weeks, by all together; sign-ins are not counted here.

    A figure that fewer than five people stand behind is 0.
    """
    day = ctx.clock() // 86_400_000
    counted = ctx.fragments.get("activity", 0, day)
    if counted is None:
        counted = orjson.dumps(await _weeks(ctx))
        ctx.fragments.put("activity", 0, day, counted)
    return answer(orjson.Fragment(counted))


async def _weeks(ctx: Context) -> list[dict[str, str]]:
    this_week = week_of(ctx.clock())
    start = this_week - (_WEEKS - 1) * WEEK_MS
    async with ctx.db.read() as tx:
        written = await figures.posts(tx, start=start, end=this_week + WEEK_MS, step=WEEK_MS)
        joined = await figures.joined(tx, start=start, end=this_week + WEEK_MS, step=WEEK_MS)
    return [
        {
            "week": str((start + week * WEEK_MS) // 1000),
            "statuses": str(written.get(week, 0)),
            "logins": "0",
            "registrations": str(joined.get(week, 0)),
        }
        for week in reversed(range(_WEEKS))
    ]
