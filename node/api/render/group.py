"""The entity Group, and how a member stands to one, as the groups of Mastodon's design (and Soapbox) have them."""

from collections.abc import Sequence
from typing import Any

from node.api.render.account import account as render_account
from node.api.render.account import document
from node.context import Context
from node.domain.bridges import Bridge, State
from node.domain.groups import Role, Standing, rules_of
from node.domain.times import iso
from node.store import bridges
from node.store.database import Tx
from node.store.groups import Found, Member

_ROLES = {Role.MEMBER: "user", Role.MODERATOR: "moderator", Role.ADMIN: "admin", Role.OWNER: "owner"}
ROLES = {word: role for role, word in _ROLES.items()}
"""The words clients have for roles."""

_SHARED = (
    "id", "url", "uri", "acct", "created_at", "note", "avatar", "avatar_static", "header", "header_static", "emojis",
)  # fmt: skip


async def groups(ctx: Context, tx: Tx, found: Sequence[Found]) -> list[dict[str, Any]]:
    """Return groups; one query for the partners that they are shared with."""
    shared = await bridges.of_groups(tx, [one.account.id for one in found]) if found else {}
    return [_group(ctx, one, shared.get(one.account.id)) for one in found]


def _group(ctx: Context, found: Found, bridge: Bridge | None) -> dict[str, Any]:
    """Return a group: what its account tells, and what it is. How many members it has, only its page tells."""
    account, inside = document(ctx, found.account), found.group
    return {
        **{name: account[name] for name in _SHARED},
        "username": found.account.username,
        "display_name": found.account.name,
        "domain": found.account.host or ctx.settings.authority,
        "locked": found.account.locked,
        "membership_required": inside.readers.value == "members",
        "statuses_visibility": "public" if inside.readers.value == "organisation" else "private",
        "joining": inside.joining.value,
        "readers": inside.readers.value,
        "posting": inside.posting.value,
        "group_visibility": "everyone" if inside.listed else "members_only",
        "rules": [{"id": str(place), "text": rule} for place, rule in enumerate(rules_of(inside.rules), 1)],
        "question": inside.question,
        "real_names": inside.real_names,
        "archived_at": iso(inside.archived_at) if inside.archived_at is not None else None,
        "shared_with": _shared_with(bridge) if bridge is not None else None,
    }


def _shared_with(bridge: Bridge) -> dict[str, Any]:
    """Return which partner reads and writes in a group as well (GroupPartner, our own), and until when."""
    return {
        "domain": bridge.beyond,
        "purpose": bridge.terms.purpose,
        "paused": bridge.state is not State.ACTIVE,
        "ends_at": iso(bridge.terms.ends_at),
    }


def relationship(group_id: int, standing: Standing) -> dict[str, Any]:
    """Return how a member stands to a group. Whom it keeps out is told nobody but those who look after it."""
    return {
        "id": str(group_id),
        "member": standing.role is not None,
        "requested": standing.asked,
        "invited": standing.invited,
        "blocked_by": False,
        "role": _ROLES[standing.role] if standing.role else None,
    }


def membership(ctx: Context, member: Member) -> dict[str, Any]:
    """Return a member of a group with their role; `until` says when one that was lent ends."""
    return {
        "id": str(member.row_id),
        "account": render_account(ctx, member.account),
        "role": _ROLES[member.role],
        "until": iso(member.until) if member.until is not None else None,
    }
