"""What everybody may read: what this node is, its privacy notice and terms, and how it can be used."""

from markupsafe import Markup
from quart import Blueprint, Response

from node.adapters.operator_texts import document
from node.context import Context, running
from node.domain import text
from node.store import accounts, house_rules
from node.web import session
from node.web.pages import render, words
from node.web.processing import processings
from node.web.receiving import organisation, recipients
from node.web.views import PersonView, people

about = Blueprint("about", __name__)


@about.get("/about")
async def show() -> Response:
    """What this node is, its house rules, and who looks after it: by name only for members."""
    ctx = running()
    async with ctx.db.read() as tx:
        rules = await house_rules.current(tx, first=ctx.settings.node.rules)
    keepers = await _keepers(ctx) if session.viewer() else []
    return await render("about.html", about=purpose(ctx), rules=rules, keepers=keepers)


@about.get("/privacy")
async def privacy() -> Response:
    """The privacy notice: what the operator says, and what this node does, as it is set up now.

    Who gets data is told by name only to members: guests and strangers need not know of them all.
    """
    ctx, viewer = running(), session.viewer()
    return await render(
        "about_privacy.html",
        found=await document(ctx.settings.node.privacy),
        organisation=await organisation(ctx),
        processings=processings(ctx.settings, words()),
        recipients=await recipients(ctx, words(), named=viewer is not None and not viewer.account.guest),
    )


@about.get("/terms")
async def terms() -> Response:
    """The terms of service."""
    return await render("about_terms.html", found=await document(running().settings.node.terms))


@about.get("/accessibility")
async def accessibility() -> Response:
    """What people with disabilities can count on here, and what is missing."""
    return await render("about_accessibility.html")


@about.get("/young-people")
async def young_people() -> Response:
    """What young people should know, and whom they turn to: the same for everybody, so it tells nothing of anybody."""
    return await render("about_young_people.html")


def purpose(ctx: Context) -> Markup:
    """Return what the operator says that this node is for, as HTML."""
    return Markup(text.render(ctx.settings.node.about, mentions={}))  # noqa: S704 it is sanitised


async def _keepers(ctx: Context) -> list[PersonView]:
    async with ctx.db.read() as tx:
        return await people(ctx, tx, await accounts.moderators(tx))
