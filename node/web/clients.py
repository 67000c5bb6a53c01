"""The page of a member's clients: which may act in their name, for what, since when; and an end to it."""

from datetime import UTC, datetime

from quart import Blueprint, Response

from moderation import clients as commands
from node.context import Context
from node.domain.viewer import Viewer
from node.web import session
from node.web.pages import render, words
from node.web.routes import asked, signed_in
from node.web.scopes import rights

clients = Blueprint("clients", __name__, url_prefix="/settings/clients")

_PAGE = 40


@clients.get("")
@signed_in
async def show(ctx: Context, viewer: Viewer) -> Response:
    """List what may act in one's name."""
    found = await commands.of_member(ctx, viewer.account, asked(_PAGE))
    lines = [
        {
            "id": one.id,
            "name": one.name,
            "website": one.website,
            "personal": one.personal,
            "since": datetime.fromtimestamp(one.created_at / 1000, UTC),
            "rights": rights(one.scopes, words()),
        }
        for one in found
    ]
    return await render("clients.html", lines=lines, older=found[-1].id if len(found) == _PAGE else None)


@clients.post("/<int:token_id>/end")
@signed_in
async def end(ctx: Context, viewer: Viewer, token_id: int) -> Response:
    """Take from one of them what it may do."""
    await commands.end(ctx, viewer.account, token_id)
    return session.see("/settings/clients")
