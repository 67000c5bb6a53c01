"""Complaints about somebody, to the moderators."""

from quart import Blueprint, Response

from node.api.answers import answer, fields, number, numbers, text, truth
from node.api.auth import scope
from node.api.render.report import report as render
from node.context import Context
from node.domain.viewer import Viewer
from node.errors import Invalid
from node.store import accounts
from outbox import reports as commands

reports = Blueprint("reports", __name__, url_prefix="/v1/reports")


@reports.post("")
@scope("write:reports")
async def create(ctx: Context, viewer: Viewer) -> Response:
    """Complain about `account_id` and, when given, `status_ids`; `forward` tells its own node, too.

    `category` says what it is about, `rule_ids` which of the house rules were broken.
    """
    given = await fields()
    target = number(given.get("account_id"), "account_id")
    if target is None:
        raise Invalid("Say whom you complain about: account_id.")
    forward, rules = truth(given.get("forward")), tuple(numbers(given.get("rule_ids"), "rule_ids"))
    made = await commands.report(
        ctx,
        viewer.account,
        target,
        post_ids=numbers(given.get("status_ids"), "status_ids"),
        comment=text(given.get("comment")),
        forward=forward,
        category=text(given.get("category")) or ("violation" if rules else "other"),
        rules=rules,
    )
    async with ctx.db.read() as tx:
        account = await accounts.by_id(tx, target)
    assert account is not None, "a complaint is about somebody"
    return answer(render(ctx, made, target=account, forwarded=forward))
