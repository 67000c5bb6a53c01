"""The page of a member's clients: which may act in their name, for what, since when; and an end to it."""

from quart import Blueprint, Response

from moderation import clients as commands
from node.context import Context
from node.domain.viewer import Viewer
from node.web import session
from node.web.forms import LIST, asked, older
from node.web.pages import render, words
from node.web.scopes import rights
from node.web.session import signed_in

clients = Blueprint("clients", __name__, url_prefix="/settings/clients")


@clients.get("")
@signed_in
async def show(ctx: Context, viewer: Viewer) -> Response:
    """List what may act in one's name."""
    found = await commands.of_member(ctx, viewer.account, asked(LIST))
    lines = [
        {
            "id": one.id,
            "name": one.name,
            "website": one.website,
            "personal": one.personal,
            "since": words().date(one.created_at),
            "rights": rights(one.scopes, words()),
        }
        for one in found
    ]
    return await render("clients.html", lines=lines, older=older([one.id for one in found], LIST))


@clients.post("/<int:token_id>/end")
@signed_in
async def end(ctx: Context, viewer: Viewer, token_id: int) -> Response:
    """Take from one of them what it may do."""
    await commands.end(ctx, viewer.account, token_id)
    return session.see("/settings/clients")
