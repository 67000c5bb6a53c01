"""The Account entity, as everybody sees it, and as it is looked up."""

from datetime import UTC, datetime
from typing import Any

import orjson

from node.api.render.parts import picture
from node.context import Context
from node.domain import profiles
from node.domain.accounts import Account
from node.domain.media import Links, in_name
from node.domain.times import DAY_MS, iso
from node.store import accounts, people
from node.store.database import Tx

_GUEST = {"id": "guest", "name": "Guest", "color": ""}
_PERSONA = {"id": "persona", "name": "Pseudonym", "color": ""}
"""The role by which clients show that somebody is here for a time only (Mastodon's AccountRole)."""


def account(ctx: Context, account: Account) -> orjson.Fragment:
    """Return an account as everybody sees it, kept until it changes. Counts are not shown: nobody is ranked here."""
    stamp = (account.revision, ctx.clock() // DAY_MS)
    rendered = ctx.fragments.get("account", account.id, stamp)
    if rendered is None:
        rendered = orjson.dumps(document(ctx, account))
        ctx.fragments.put("account", account.id, stamp, rendered)
    return orjson.Fragment(rendered)


def document(ctx: Context, account: Account) -> dict[str, Any]:
    """Return an account as a document, for what adds to it."""
    links = Links(ctx.settings.url, ctx.secret, ctx.clock())
    avatar, header = links.portrait(account), links.banner(account)
    return {
        "id": str(account.id),
        "username": account.username,
        "acct": account.username if account.local else account.handle(ctx.settings.authority),
        "display_name": account.name,
        "locked": account.locked,
        "bot": account.bot or account.kind in ("Application", "Service"),
        "group": account.kind == "Group",
        "discoverable": account.discoverable,
        "indexable": account.indexable,
        "noindex": True,
        "hide_collections": account.hides_follows,
        "created_at": iso(account.created_at),
        "note": account.summary,
        "url": account.url,
        "uri": account.uri,
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": account.icon_alt,
        "header": header,
        "header_static": header,
        "header_description": account.image_alt,
        "followers_count": 0,
        "following_count": 0,
        "statuses_count": 0,
        "last_status_at": None,
        "emojis": [picture(one, links) for one in in_name(account)],
        "roles": [role for is_one, role in ((account.guest, _GUEST), (account.persona, _PERSONA)) if is_one],
        "fields": fields(profiles.shown(account)),
    }


async def single(ctx: Context, tx: Tx, found: Account, *, viewer_id: int) -> dict[str, Any]:
    """Return an account that somebody looks up: where it moved to, and the figures that its owner lets others know.

    How much somebody writes, and when, only they are told: nobody is measured here.
    """
    own, body = found.id == viewer_id, document(ctx, found)
    if own or not found.hides_follows:
        counts = await people.counts(tx, found.id)
        body |= {"followers_count": counts.followers, "following_count": counts.following}
        if own:
            body |= {"statuses_count": counts.posts, "last_status_at": day(counts.last_at)}
    moved = await accounts.by_uri(tx, found.moved_to) if found.moved_to else None
    if moved is not None and moved.active:
        body["moved"] = account(ctx, moved)
    return body


def fields(pairs: profiles.Fields) -> list[dict[str, Any]]:
    """Return (name, value) pairs as clients read them."""
    return [{"name": name, "value": value, "verified_at": None} for name, value in pairs]


def day(moment: int | None) -> str | None:
    """Return the day of a moment (Unix ms), as clients want some dates."""
    return None if moment is None else datetime.fromtimestamp(moment / 1000, UTC).date().isoformat()


def mention(ctx: Context, account: Account) -> dict[str, str]:
    """Return somebody who is named in a post."""
    acct = account.username if account.local else account.handle(ctx.settings.authority)
    return {"id": str(account.id), "username": account.username, "url": account.url, "acct": acct}
