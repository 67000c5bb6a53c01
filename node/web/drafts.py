"""Drafts: kept from a composer, found again, gone on with, and taken away."""

from dataclasses import dataclass

from quart import Blueprint, Response, request

from node.context import Context
from node.domain.viewer import Viewer
from node.errors import AllmendeError
from node.web import session
from node.web.forms import sent
from node.web.pages import render, words
from node.web.session import signed_in
from node.web.writing import again
from outbox import drafts as commands

drafts = Blueprint("drafts", __name__)

_NOT_KEPT = ("csrf", "media", "draft")
_NOT_KEPT_OF_FILES = ("described-", "without-")


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft. when: it was kept, in words; answers: it answers a post."""

    id: int
    text: str
    summary: str
    options: tuple[str, ...]
    answers: bool
    when: str


@drafts.post("/compose/draft")
@signed_in
async def keep(ctx: Context, viewer: Viewer) -> Response:
    """Keep what was typed, without its files; what cannot be kept stays where it was typed."""
    form = await sent()
    pairs = [
        (name, text)
        for name, text in form.fields.items(multi=True)
        if name not in _NOT_KEPT and not name.startswith(_NOT_KEPT_OF_FILES)
    ]
    try:
        await commands.keep(ctx, viewer.account, pairs, id=form.number("draft"))
    except AllmendeError as error:
        return await again(ctx, viewer, form, error)
    return session.see("/drafts?kept=1")


@drafts.get("/drafts")
@signed_in
async def mine(ctx: Context, viewer: Viewer) -> Response:
    """All drafts: there are few."""
    found = []
    for kept, pairs in await commands.mine(ctx, viewer.account):
        typed = dict(pairs)
        found.append(
            DraftView(
                id=kept.id,
                text=typed.get("text", ""),
                summary=typed.get("summary", ""),
                options=tuple(text for name, text in pairs if name == "answer" and text.strip()),
                answers=bool(typed.get("reply_to")),
                when=words().ago(kept.kept_at),
            )
        )
    done = words()("Your draft is kept.") if "kept" in request.args else ""
    return await render("drafts.html", done=done, drafts=found)


@drafts.post("/drafts/<int:draft_id>/drop")
@signed_in
async def drop(ctx: Context, viewer: Viewer, draft_id: int) -> Response:
    """Take a draft away."""
    await commands.drop(ctx, viewer.account, draft_id)
    return session.see("/drafts")
