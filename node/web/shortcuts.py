"""Keys that do things on a page (`themes/plain/scripts/keys.js`), listed for whoever wants to know them."""

from quart import Blueprint, Response

from node.context import Context
from node.domain.viewer import Viewer
from node.web.forms import enhanced
from node.web.pages import fragment, render, words
from node.web.session import signed_in
from themes.phrases import Phrases

shortcuts = Blueprint("shortcuts", __name__)


@shortcuts.get("/shortcuts")
@signed_in
async def show(ctx: Context, viewer: Viewer) -> Response:
    """Every key and what it does: as a page, or for the dialog that a key opens."""
    if enhanced():
        return await fragment("parts/shortcuts.html", "dialog", _keys(words()))
    return await render("shortcuts.html", shortcuts=_keys(words()))


def _keys(_: Phrases) -> list[tuple[str, str]]:
    """Return keys, one sign each, pressed one after the other, and what they do."""
    return [
        ("j", _("Next post")),
        ("k", _("Previous post")),
        ("r", _("Reply to the post")),
        ("f", _("Like the post, or take the like back")),
        ("b", _("Pass the post on, or take it back")),
        ("n", _("Write a new post")),
        ("/", _("Search")),
        ("gh", _("Go home")),
        ("gn", _("Go to the news for you")),
        ("?", _("Show this list")),
    ]
