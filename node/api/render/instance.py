"""The Instance entity, version 2 and the older one: what a client has to know of a node before anything else."""

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import Any

from node import __version__
from node.adapters import films, images, push
from node.config import LANGUAGES
from node.context import Context
from node.domain import polls, text
from node.domain.posts import MOST_PINNED
from node.store.house_rules import HouseRule

MASTODON = "4.6.0"
"""The version of Mastodon whose client API this is."""

API_VERSION = 9
"""The number of that API (quotes are 7, the profile 9; collections, 10, are not here)."""

# What `outbox.media` takes, by its content; the names are for the dialogues in which people choose a file.
_PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif")
_APPLE_PICTURES = ("image/heic", "image/heif")
_FILMS = (
    "video/mp4", "video/quicktime", "video/webm", "video/x-matroska", "video/ogg", "video/x-msvideo",
    "audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/flac", "audio/wav", "audio/aiff", "audio/webm",
)  # fmt: skip
_OPEN, _OFFICE = "application/vnd.oasis.opendocument.", "application/vnd.openxmlformats-officedocument."
_DOCUMENTS = (
    "application/pdf",
    *(f"{_OPEN}{kind}" for kind in ("text", "spreadsheet", "presentation", "graphics")),
    *(
        f"{_OFFICE}{kind}"
        for kind in ("wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation")
    ),
)
_REGISTRATIONS = "Members come by an invitation. Ask an administrator of this server for one."
_OLDER_CONFIGURATION = ("accounts", "statuses", "media_attachments", "polls")
_MEMBERS_ONLY = {"local": "authenticated", "remote": "authenticated"}
_NOBODY = {"local": "disabled", "remote": "disabled"}


def instance(ctx: Context, house: Sequence[HouseRule]) -> dict[str, Any]:
    """Return what everybody is told of this node. How many people it has is not part of it."""
    node, base = ctx.settings.node, ctx.settings.url
    return {
        "domain": ctx.settings.authority,
        "title": node.name,
        "version": f"{MASTODON} (compatible; Allmende {__version__})",
        "source_url": node.source or None,
        "description": about(ctx),
        "usage": {"users": {"active_month": 0}},
        "thumbnail": {"url": f"{base}/static/icon.svg", "blurhash": None, "versions": {}},
        "icon": [{"src": f"{base}/static/icon.svg", "size": "512x512"}],
        "languages": _languages(node.language),
        "configuration": configuration(ctx),
        "registrations": {
            "enabled": False,
            "approval_required": False,
            "reason_required": False,
            "message": f"<p>{_REGISTRATIONS}</p>",
            "min_age": None,
            "url": None,
        },
        "api_versions": {"mastodon": API_VERSION},
        "wrapstodon": None,
        "contact": {"email": node.contact, "account": None},
        "rules": rules(house),
    }


def older_instance(ctx: Context, house: Sequence[HouseRule]) -> dict[str, Any]:
    """Return the same as clients before Mastodon 4 know it."""
    whole = instance(ctx, house)
    return {
        "uri": whole["domain"],
        "title": whole["title"],
        "short_description": whole["description"],
        "description": text.render(ctx.settings.node.about, mentions={}),
        "email": whole["contact"]["email"],
        "version": whole["version"],
        "urls": {"streaming_api": whole["configuration"]["urls"]["streaming"]},
        "stats": {"user_count": 0, "status_count": 0, "domain_count": 0},
        "thumbnail": whole["thumbnail"]["url"],
        "languages": whole["languages"],
        "registrations": False,
        "approval_required": False,
        "invites_enabled": False,
        "configuration": {name: whole["configuration"][name] for name in _OLDER_CONFIGURATION},
        "contact_account": None,
        "rules": whole["rules"],
    }


def about(ctx: Context) -> str:
    """Return what the node is for, as plain text."""
    return text.excerpt(text.render(ctx.settings.node.about, mentions={}), longest=500)


def rules(house: Iterable[HouseRule]) -> list[dict[str, Any]]:
    """Return house rules."""
    return [{"id": str(rule.id), "text": rule.text, "hint": "", "translations": {}} for rule in house]


def configuration(ctx: Context) -> dict[str, Any]:
    """Return what clients have to keep to, in our own limits."""
    limits, base = ctx.settings.limits, ctx.settings.url
    return {
        "urls": {
            "streaming": base.replace("http", "ws", 1),
            "status": None,
            "about": f"{base}/",
            "privacy_policy": None,
            "terms_of_service": None,
        },
        "vapid": {"public_key": push.public_key(ctx.secret) if ctx.settings.push.enabled else None},
        "accounts": {
            "max_featured_tags": limits.featured_tags_per_member,
            "max_pinned_statuses": MOST_PINNED,
            "max_note_length": limits.bio_length,
            "max_display_name_length": limits.name_length,
            "max_profile_fields": limits.profile_fields,
            "max_avatar_description_length": limits.alt_length,
            "max_header_description_length": limits.alt_length,
            "profile_field_name_limit": limits.name_length,
            "profile_field_value_limit": limits.field_length,
        },
        "statuses": {
            "max_characters": limits.post_length,
            "characters_reserved_per_url": text.LINK_LENGTH,
            "max_media_attachments": limits.post_attachments,
        },
        "media_attachments": {
            "supported_mime_types": _media_types(),
            "description_limit": limits.description_length,
            "image_size_limit": limits.upload_picture,
            "image_matrix_limit": images.ImageLimits().pixels,
            "video_size_limit": limits.upload_film,
            "video_frame_rate_limit": films.FilmLimits().frames_per_second,
            "video_matrix_limit": images.ImageLimits().pixels,
        },
        "polls": {
            "max_options": polls.MOST_OPTIONS,
            "max_characters_per_option": polls.LONGEST_OPTION,
            "min_expiration": polls.SHORTEST_SECONDS,
            "max_expiration": polls.LONGEST_SECONDS,
        },
        "translation": {"enabled": False},
        "timelines_access": {
            "live_feeds": _MEMBERS_ONLY,
            "hashtag_feeds": _MEMBERS_ONLY,
            "trending_link_feeds": _MEMBERS_ONLY if ctx.settings.trends.enabled else _NOBODY,
        },
        "limited_federation": True,
    }


def _media_types() -> list[str]:
    apple = _APPLE_PICTURES if find_spec("pillow_heif") else ()
    return [*_PICTURES, *apple, *(_FILMS if films.program() else ()), *_DOCUMENTS]


def languages() -> list[dict[str, str]]:
    """Return the languages a post can be marked with: those with a code of two letters (ISO 639-1)."""
    from babel import Locale  # read when somebody asks, which is hardly ever

    names = Locale("en").languages
    return [{"code": code, "name": name} for code, name in sorted(names.items()) if len(code) == 2]


def _languages(first: str) -> list[str]:
    return [first, *(language for language in LANGUAGES if language != first)]
