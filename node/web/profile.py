"""What one tells of oneself."""

from dataclasses import replace
from typing import TypeVar

from quart import Blueprint, Response, request

from node.context import Context
from node.domain.accounts import Profile
from node.domain.groups import Charter
from node.domain.pages import Masthead
from node.domain.viewer import Viewer
from node.errors import AllmendeError
from node.web import session
from node.web.forms import Form, on_disk, sent
from node.web.pages import render, words
from node.web.pages import told as in_words
from node.web.paths import account_path
from node.web.session import signed_in
from outbox import media, profiles
from themes.phrases import Phrases

profile = Blueprint("profile", __name__)

_Told = TypeVar("_Told", Profile, Charter, Masthead)


@profile.route("/settings/profile", methods=["GET", "POST"])
@signed_in
async def edit(ctx: Context, viewer: Viewer) -> Response:
    """Change it."""
    own, status, error = viewer.account, 200, ""
    if request.method == "POST":
        try:
            form = await sent()
            await profiles.edit(ctx, own, await with_pictures(ctx, form, _profile(form)))
            return session.see(account_path(own))
        except AllmendeError as caught:
            status, error = caught.status, in_words(caught)
    return await render(
        "settings/profile.html",
        status=status,
        error=error,
        own=own,
        bio=viewer.habits.bio,
        narrowed=_narrowed(words()),
    )


def _narrowed(_: Phrases) -> list[tuple[str, str]]:
    return [
        ("summary", _("About you")),
        ("position", _("Position")),
        ("department", _("Department")),
        ("site", _("Workplace")),
        ("skills", _("Skills")),
        ("fields", _("What else stands there")),
    ]


def _profile(form: Form) -> Profile:
    return Profile(
        name=form.line("name") or None,
        summary=form.text("summary"),
        position=form.line("position"),
        department=form.line("department"),
        site=form.line("site"),
        narrow=tuple(form.texts("narrow")),
        skills=skills(form.text("skills")),
        locked=form.ticked("locked"),
        wall_open=form.ticked("wall_open"),
    )


async def with_pictures(ctx: Context, form: Form, told: _Told) -> _Told:
    """Return what one tells of oneself, of a group or a page, with the pictures that were chosen, or are taken away."""
    told = replace(told, icon_alt=form.line("portrait_alt"), image_alt=form.line("banner_alt"))
    if form.ticked("no_portrait"):
        told = replace(told, icon_file="", icon_alt="")
    if form.ticked("no_banner"):
        told = replace(told, image_file="", image_alt="")
    for file in form.files("portrait"):
        async with on_disk(ctx, file) as path:
            told = replace(told, icon_file=await media.portrait(ctx, path), icon_alt=form.line("portrait_alt"))
    for file in form.files("banner"):
        async with on_disk(ctx, file) as path:
            told = replace(told, image_file=await media.banner(ctx, path), image_alt=form.line("banner_alt"))
    return told


def skills(typed: str) -> tuple[str, ...]:
    """Return skills from a line with commas between them."""
    return tuple(skill.strip() for skill in typed.split(",") if skill.strip())
