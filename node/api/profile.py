"""Oneself: who one is, what one tells of oneself, how one writes."""

from dataclasses import replace

from quart import Blueprint, Response

from node.api.answers import Given, answer, listed, text, truth
from node.api.auth import scope
from node.api.render import profile as render
from node.api.statuses import audience
from node.api.uploads import sent, with_pictures
from node.context import Context
from node.domain.accounts import Habits, Profile, User
from node.domain.posts import QUOTE_POLICIES
from node.domain.relationships import check_language
from node.domain.viewer import Viewer
from node.errors import Invalid
from node.store import accounts
from outbox import profiles as commands

profile = Blueprint("profile", __name__, url_prefix="/v1")

_TEXTS = {
    "display_name": "name",
    "note": "summary",
    "avatar_description": "icon_alt",
    "header_description": "image_alt",
}
_CHOICES = {
    "locked": "locked",
    "bot": "bot",
    "discoverable": "discoverable",
    "indexable": "indexable",
    "hide_collections": "hides_follows",
    "wall_open": "wall_open",
}


async def _own(ctx: Context, viewer: Viewer) -> User:
    async with ctx.db.read() as tx:
        user = await accounts.user(tx, viewer.account.id)
    assert user is not None, "whoever asks is a member"
    return user


async def _credentials(ctx: Context, viewer: Viewer) -> Response:
    user = await _own(ctx, viewer)
    async with ctx.db.read() as tx:
        return answer(await render.credentials(ctx, tx, user))


async def _profile(ctx: Context, viewer: Viewer) -> Response:
    user = await _own(ctx, viewer)
    async with ctx.db.read() as tx:
        return answer(await render.profile(ctx, tx, user))


@profile.get("/accounts/verify_credentials")
@scope("profile", "read:accounts")
async def me(ctx: Context, viewer: Viewer) -> Response:
    """Return oneself."""
    return await _credentials(ctx, viewer)


@profile.get("/profile")
@scope("profile", "read:accounts")
async def show(ctx: Context, viewer: Viewer) -> Response:
    """Return one's profile as one typed it."""
    return await _profile(ctx, viewer)


@profile.route("/accounts/update_credentials", methods=["PATCH", "PUT"])
@scope("write:accounts")
async def update_credentials(ctx: Context, viewer: Viewer) -> Response:
    """Change what one tells of oneself, and with `source` how one writes."""
    await _edit(ctx, viewer)
    return await _credentials(ctx, viewer)


@profile.route("/profile", methods=["PATCH", "PUT"])
@scope("write:accounts")
async def update(ctx: Context, viewer: Viewer) -> Response:
    """Change what one tells of oneself."""
    await _edit(ctx, viewer)
    return await _profile(ctx, viewer)


@profile.delete("/profile/<any(avatar,header):which>")
@scope("write:accounts")
async def remove_picture(ctx: Context, viewer: Viewer, which: str) -> Response:
    """Take a picture away."""
    none = Profile(icon_file="", icon_alt="") if which == "avatar" else Profile(image_file="", image_alt="")
    await commands.edit(ctx, viewer.account, none)
    return await _credentials(ctx, viewer)


async def _edit(ctx: Context, viewer: Viewer) -> None:
    async with sent(ctx, most=2 * ctx.settings.limits.upload_picture) as given:
        habits = _habits(given.fields, viewer.habits)
        wanted = await with_pictures(ctx, given, _wanted(given.fields))
    await commands.edit(ctx, viewer.account, wanted, habits)


def _wanted(given: Given) -> Profile:
    told = {ours: text(given[theirs]) for theirs, ours in _TEXTS.items() if theirs in given}
    chosen = {ours: truth(given[theirs]) for theirs, ours in _CHOICES.items() if theirs in given}
    pairs = _pairs(given) if "fields_attributes" in given else None
    return Profile(fields=pairs, **told, **chosen)  # type: ignore[arg-type]


def _pairs(given: Given) -> tuple[tuple[str, str], ...]:
    found = listed(given["fields_attributes"])
    if not all(isinstance(one, dict) for one in found):
        raise Invalid("Each of fields_attributes has a name and a value.")
    return tuple((text(one.get("name")), text(one.get("value"))) for one in found)


def _habits(given: Given, old: Habits) -> Habits:
    """How one writes, as far as a client says anything new."""
    source = given.get("source") or {}
    if not isinstance(source, dict):
        raise Invalid("source has privacy, sensitive, language and quote_policy.")
    policy = text(source.get("quote_policy")) or old.quote_policy
    if policy not in QUOTE_POLICIES:
        raise Invalid("There is no such quote_policy.")
    language = text(source["language"]) if "language" in source else old.language
    return replace(
        old,
        audience=audience(source["privacy"]) if source.get("privacy") else old.audience,
        sensitive=truth(source["sensitive"]) if "sensitive" in source else old.sensitive,
        language=check_language(language) if language else "",
        quote_policy=policy,
    )
