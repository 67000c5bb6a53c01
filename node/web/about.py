"""What everybody may read: what this node is, its privacy notice and terms, how it can be used, how one complains."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from quart import Blueprint, Response

from node.context import Context, running
from node.domain import text
from node.store import accounts
from node.web import session
from node.web.pages import render
from node.web.views import PersonView, people

about = Blueprint("about", __name__)


@dataclass(frozen=True, slots=True)
class Document:
    """A text of the operator's, as HTML, and when it was last changed (Unix ms)."""

    html: Markup
    changed_at: int


@about.get("/about")
async def show() -> Response:
    """What this node is, its house rules, and who looks after it: by name only for members."""
    ctx = running()
    return await render("about.html", about=purpose(ctx), keepers=await _keepers(ctx) if session.viewer() else [])


@about.get("/privacy")
async def privacy() -> Response:
    """The privacy notice."""
    return await render("about_privacy.html", found=await _document(running().settings.node.privacy))


@about.get("/terms")
async def terms() -> Response:
    """The terms of service."""
    return await render("about_terms.html", found=await _document(running().settings.node.terms))


@about.get("/accessibility")
async def accessibility() -> Response:
    """What people with disabilities can count on here, and what is missing."""
    return await render("about_accessibility.html")


@about.get("/complaint")
async def complaint() -> Response:
    """How members complain, and how people do who are none."""
    return await render("about_complaint.html")


def purpose(ctx: Context) -> Markup:
    """Return what the operator says that this node is for, as HTML."""
    return _rendered(ctx.settings.node.about)


async def _keepers(ctx: Context) -> list[PersonView]:
    async with ctx.db.read() as tx:
        return await people(ctx, tx, await accounts.moderators(tx))


async def _document(path: str) -> Document | None:
    def read() -> tuple[str, int]:
        file = Path(path)
        return file.read_text(), int(file.stat().st_mtime * 1000)

    if not path:
        return None
    source, changed_at = await asyncio.to_thread(read)
    return Document(_rendered(source), changed_at)


def _rendered(source: str) -> Markup:
    return Markup(text.render(source, mentions={}))  # noqa: S704 it is sanitised
