"""The Account entity."""

from typing import Any

from node.domain.accounts import Account
from node.domain.times import iso


def account(account: Account, *, authority: str) -> dict[str, Any]:
    """Return an account. Counts are not shown: nobody is ranked here."""
    fields = [
        ("Position", account.position),
        ("Department", account.department),
        ("Skills", ", ".join(account.skills)),
    ]
    return {
        "id": str(account.id),
        "username": account.username,
        "acct": account.username if account.local else account.handle(authority),
        "display_name": account.name,
        "locked": account.locked,
        "bot": account.kind in ("Application", "Service"),
        "group": account.kind == "Group",
        "discoverable": False,
        "noindex": True,
        "created_at": iso(account.created_at),
        "note": account.summary,
        "url": account.url,
        "uri": account.uri,
        "avatar": "",
        "avatar_static": "",
        "header": "",
        "header_static": "",
        "followers_count": 0,
        "following_count": 0,
        "statuses_count": 0,
        "last_status_at": None,
        "emojis": [],
        "fields": [{"name": name, "value": value, "verified_at": None} for name, value in fields if value],
    }
