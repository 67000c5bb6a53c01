"""The Admin entities: people and complaints as moderators see them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from node.api.render import status as render_status
from node.api.render.account import account as render_account
from node.api.render.instance import rules as render_rules
from node.api.render.profile import role as render_role
from node.context import Context
from node.domain import uris
from node.domain.reports import Report
from node.domain.times import iso
from node.store import accounts, administration, house_rules, reports
from node.store.administration import Person
from node.store.database import Tx


def person(ctx: Context, person: Person) -> dict[str, Any]:
    """Return somebody (Admin::Account). Neither their address on the net nor an e-mail address is known here."""
    account = person.account
    return {
        "id": str(account.id),
        "username": account.username,
        "domain": account.host or None,
        "created_at": iso(account.created_at),
        "email": "",
        "ip": None,
        "ips": [],
        "locale": person.language or None,
        "invite_request": None,
        "role": render_role(person.role) if person.role else None,
        "confirmed": account.local,
        "approved": account.local,
        "disabled": False,
        "silenced": person.limited,
        "sensitized": False,
        "suspended": account.suspended_at is not None,
        "account": render_account(ctx, account),
    }


async def complaints(ctx: Context, tx: Tx, found: Sequence[Report], *, viewer_id: int) -> list[dict[str, Any]]:
    """Return complaints (Admin::Report). Of the posts, those that the moderator may see; eight queries and a page's.

    Clients want to be told of a sender: of one who was erased the node itself takes the place.
    """
    ids = [one.id for one in found]
    node = await accounts.by_uri(tx, uris.node(ctx.settings.url))
    found = [replace(one, from_id=one.from_id or (node.id if node else None)) for one in found]
    involved = {id for one in found for id in (one.from_id, one.target_id, one.assigned_id, one.closed_by) if id}
    people = await administration.by_ids(tx, involved)
    changed = await reports.updated_at(tx, ids)
    passed_on = await reports.passed_on(tx, ids)
    posts = await render_status.by_id(ctx, tx, {id for one in found for id in one.post_ids}, viewer_id=viewer_id)
    rules = {rule["id"]: rule for rule in render_rules(await house_rules.every(tx, first=ctx.settings.node.rules))}

    def shown(id: int | None) -> dict[str, Any] | None:
        return person(ctx, people[id]) if id in people else None

    return [
        {
            "id": str(one.id),
            "action_taken": one.state == "closed",
            "action_taken_at": iso(one.closed_at) if one.closed_at else None,
            "category": one.category,
            "comment": one.content,
            "forwarded": one.id in passed_on,
            "created_at": iso(one.created_at),
            "updated_at": iso(changed[one.id]),
            "account": shown(one.from_id),
            "target_account": shown(one.target_id),
            "assigned_account": shown(one.assigned_id),
            "action_taken_by_account": shown(one.closed_by),
            "statuses": [posts[id] for id in one.post_ids if id in posts],
            "rules": [rules[str(rule)] for rule in one.rules if str(rule) in rules],
        }
        for one in found
    ]
