"""The page on which administrators see how the node looks, and try another theme or colour before they set it."""

from dataclasses import dataclass, fields

from quart import Blueprint, Response, request

from node.config import ConfigError, Look
from node.context import Context
from node.domain.viewer import Viewer
from node.web.pages import render, words
from node.web.session import administering
from themes import loader
from themes.phrases import Phrases
from themes.theme import Palette, Theme

look = Blueprint("look", __name__)

_SHOWN = ("ground", "paper", "ink", "soft", "accent", "tint", "mark", "warn", "ok")
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Swatches:
    """The colours of a theme by day or by night, in words and as `#rrggbb`."""

    when: str
    colours: tuple[tuple[str, str], ...]


@look.get("/administration/look")
@administering
async def page(ctx: Context, viewer: Viewer) -> Response:
    """How the node looks now; with `theme`, `accent` and `accent_dark` how it would, and what to set for that."""
    now, asked = ctx.settings.look, {name: value[:_LONGEST].strip() for name, value in request.args.items()}
    tried = Look(
        theme=asked.get("theme", now.theme),
        logo=now.logo,
        accent=asked.get("accent", now.accent),
        accent_dark=asked.get("accent_dark", now.accent_dark),
    )
    theme: Theme | None = None
    problem = ""
    try:
        theme = loader.read(tried)
    except ConfigError as error:
        problem = error.message
    return await render(
        "administration/look.html",
        status=422 if problem else 200,
        error=words()("These colours cannot be read well, or there is no such theme.") if problem else "",
        problem=problem,
        known=loader.known(),
        tried=tried,
        other=tried != now,
        swatches=_swatches(words(), theme) if theme is not None else [],
        about=theme.about if theme is not None else "",
    )


def _swatches(_: Phrases, theme: Theme) -> list[Swatches]:
    return [Swatches(_("By day"), _colours(theme.light)), Swatches(_("By night"), _colours(theme.dark))]


def _colours(palette: Palette) -> tuple[tuple[str, str], ...]:
    return tuple((one.name, getattr(palette, one.name)) for one in fields(palette) if one.name in _SHOWN)
