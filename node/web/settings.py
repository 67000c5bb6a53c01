"""Settings: where each of them is, and how the pages meet a member."""

from dataclasses import replace

from quart import Blueprint, Response, request

from moderation import members
from node.context import Context
from node.domain.accounts import Appearance, Comfort
from node.domain.viewer import Viewer
from node.web import session
from node.web.forms import sent
from node.web.pages import render
from node.web.session import signed_in

settings = Blueprint("settings", __name__)

NAMES = (("en", "English"), ("de", "Deutsch"), ("fr", "Français"))
"""Languages by the names that their speakers have for them."""


@settings.get("/settings")
@signed_in
async def show(ctx: Context, viewer: Viewer) -> Response:
    """List what can be set."""
    return await render("settings/index.html")


@settings.route("/settings/appearance", methods=["GET", "POST"])
@signed_in
async def appearance(ctx: Context, viewer: Viewer) -> Response:
    """Choose the language, light or dark pages, and whether they are simple."""
    if request.method == "POST":
        form = await sent()
        language = form.text("language")
        wanted = Comfort(
            language=language if language in dict(NAMES) else viewer.comfort.language,
            appearance=form.choice("appearance", Appearance, viewer.comfort.appearance),
            simple=form.ticked("simple"),
        )
        await members.set_comfort(ctx, viewer.account, wanted)
        return session.see("/settings/appearance")
    return await render("settings/appearance.html", languages=NAMES)


@settings.post("/settings/simple")
@signed_in
async def simple(ctx: Context, viewer: Viewer) -> Response:
    """Switch simple pages on or off, from the foot of any page."""
    wanted = replace(viewer.comfort, simple=(await sent()).text("simple") == "on")
    await members.set_comfort(ctx, viewer.account, wanted)
    return session.back("/home")


@settings.get("/menu")
@signed_in
async def menu(ctx: Context, viewer: Viewer) -> Response:
    """Every entry of the menu, for phones, whose bar has room for a few."""
    return await render("menu.html")
