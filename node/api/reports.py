"""Complaints about somebody, to the moderators."""

from quart import Blueprint, Response

from node.api.answers import answer, fields, number, truth
from node.api.auth import scope
from node.api.render.account import account as render_account
from node.context import Context
from node.domain.times import iso
from node.domain.viewer import Viewer
from node.errors import Invalid
from node.store import accounts
from outbox import reports as commands

reports = Blueprint("reports", __name__, url_prefix="/v1/reports")


@reports.post("")
@scope("write:reports")
async def create(ctx: Context, viewer: Viewer) -> Response:
    """Complain about `account_id` and, when given, `status_ids`; `forward` tells its own node, too."""
    given = await fields()
    target = number(given.get("account_id"), "account_id")
    about, forward = given.get("status_ids") or [], truth(given.get("forward"))
    if target is None or not isinstance(about, list):
        raise Invalid("Say whom you complain about: account_id, and status_ids as a list.")
    ids = [id for one in about if (id := number(one, "status_ids")) is not None]
    made = await commands.report(
        ctx,
        viewer.account,
        target,
        post_ids=ids,
        comment=str(given.get("comment") or ""),
        forward=forward,
    )
    async with ctx.db.read() as tx:
        account = await accounts.by_id(tx, target)
    return answer(
        {
            "id": str(made.id),
            "action_taken": False,
            "action_taken_at": None,
            "category": "other",
            "comment": made.content,
            "forwarded": forward,
            "created_at": iso(made.created_at),
            "status_ids": [str(id) for id in made.post_ids],
            "rule_ids": None,
            "target_account": render_account(account, authority=ctx.settings.authority) if account else None,
        }
    )
