"""What one tells of oneself."""

from dataclasses import replace

from quart import Blueprint, Response, request

from node.context import Context
from node.domain.accounts import Profile
from node.domain.viewer import Viewer
from node.errors import AllmendeError
from node.web import session
from node.web.forms import Form, on_disk, sent
from node.web.pages import render, told
from node.web.session import signed_in
from node.web.views import account_path
from outbox import media, profiles

profile = Blueprint("profile", __name__)


@profile.route("/settings/profile", methods=["GET", "POST"])
@signed_in
async def edit(ctx: Context, viewer: Viewer) -> Response:
    """Change it."""
    own, status, error = viewer.account, 200, ""
    if request.method == "POST":
        try:
            form = await sent()
            await profiles.edit(ctx, own, await _with_pictures(ctx, form, _profile(form)))
            return session.see(account_path(own))
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await render("settings/profile.html", status=status, error=error, own=own, bio=viewer.habits.bio)


def _profile(form: Form) -> Profile:
    return Profile(
        name=form.line("name") or None,
        summary=form.text("summary"),
        position=form.line("position"),
        department=form.line("department"),
        skills=skills(form.text("skills")),
        locked=form.ticked("locked"),
        wall_open=form.ticked("wall_open"),
    )


async def _with_pictures(ctx: Context, form: Form, told: Profile) -> Profile:
    """Return what one tells of oneself with the pictures that were chosen, or are taken away."""
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
