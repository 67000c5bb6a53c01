"""What a member sees of themselves: CredentialAccount, Profile, Role, Preferences."""

from typing import Any

from node.api.render.account import document, fields, single
from node.api.render.status import client_visibility
from node.api.render.tag import all_featured
from node.context import Context
from node.domain import profiles
from node.domain.accounts import Habits, Role, User
from node.store import relationships, tags
from node.store.database import Tx

# Mastodon's flags: reports and members are a moderator's, everything an administrator's.
_REPORTS, _MEMBERS, _EVERYTHING = 1 << 4, 1 << 10, (1 << 20) - 1
_ROLES = {
    Role.MEMBER: ("-99", "", 0),
    Role.MODERATOR: ("1", "Moderator", _REPORTS | _MEMBERS),
    Role.OFFICER: ("3", "Data protection officer", 0),
    Role.ADMIN: ("2", "Admin", _EVERYTHING),
}


async def credentials(ctx: Context, tx: Tx, user: User) -> dict[str, Any]:
    """Return a member's own account, with what they typed and how they write."""
    own, habits = user.account, user.habits
    source = {
        "privacy": client_visibility(habits.audience),
        "sensitive": habits.sensitive,
        "language": habits.language or None,
        "quote_policy": habits.quote_policy,
        "note": habits.bio,
        "fields": fields(profiles.typed(own)),
        "follow_requests_count": await relationships.count_asking(tx, own.id),
        "hide_collections": own.hides_follows,
        "discoverable": own.discoverable,
        "indexable": own.indexable,
        "attribution_domains": [],
    }
    return await single(ctx, tx, own, viewer_id=own.id) | {"source": source, "role": role(user.role)}


def role(role: Role) -> dict[str, Any]:
    """Return what a member may do beyond being one."""
    id, name, permissions = _ROLES[role]
    return {"id": id, "name": name, "color": "", "permissions": str(permissions), "highlighted": False}


async def profile(ctx: Context, tx: Tx, user: User) -> dict[str, Any]:
    """Return a member's profile as they typed it, for editing (Mastodon 4.6)."""
    own, shown = user.account, document(ctx, user.account)
    tagged = await tags.featured(tx, own.id)
    return {
        **{name: shown[name] for name in _SHOWN},
        "note": user.habits.bio,
        "fields": fields(profiles.typed(own)),
        "avatar": shown["avatar"] if own.icon_file else None,
        "avatar_static": shown["avatar_static"] if own.icon_file else None,
        "header": shown["header"] if own.image_file else None,
        "header_static": shown["header_static"] if own.image_file else None,
        # Every wall has these parts; nobody hides one.
        "show_media": True,
        "show_media_replies": True,
        "show_featured": True,
        "attribution_domains": [],
        "featured_tags": await all_featured(ctx, tx, tagged, account_id=own.id, viewer_id=own.id),
    }


_SHOWN = (
    "id", "display_name", "avatar_description", "header_description", "locked", "bot", "hide_collections",
    "discoverable", "indexable",
)  # fmt: skip


def preferences(habits: Habits) -> dict[str, Any]:
    """Return how a member writes and reads unless they say otherwise."""
    return {
        "posting:default:visibility": client_visibility(habits.audience),
        "posting:default:sensitive": habits.sensitive,
        "posting:default:language": habits.language or None,
        "posting:default:quote_policy": habits.quote_policy,
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
        "reading:autoplay:gifs": False,
    }
