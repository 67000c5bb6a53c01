"""Of whom one wants to be told, and whose messages wait until one asks for them."""

from dataclasses import replace

from quart import Blueprint, Response

from node.api.answers import answer, fields, links, numbers, paging, text
from node.api.auth import scope
from node.api.render.notification import requests as render
from node.context import Context
from node.domain.notifications import Policy, Verdict
from node.domain.viewer import Viewer
from node.effects import notification_requests as effects
from node.errors import Invalid, NotFound
from node.store import notification_policies as rows

notification_policy = Blueprint("notification_policy", __name__, url_prefix="/v2/notifications/policy")
notification_requests = Blueprint("notification_requests", __name__, url_prefix="/v1/notifications/requests")

_FIELDS = {
    "for_not_following": "not_following",
    "for_not_followers": "not_followers",
    "for_new_accounts": "new_accounts",
    "for_private_mentions": "private_mentions",
    "for_limited_accounts": "limited",
}


@notification_policy.get("")
@scope("read:notifications")
async def policy(ctx: Context, viewer: Viewer) -> Response:
    """Return one's policy, and how much waits because of it."""
    return await _policy(ctx, viewer)


@notification_policy.route("", methods=["PATCH", "PUT"])
@scope("write:notifications")
async def change_policy(ctx: Context, viewer: Viewer) -> Response:
    """Change some of one's policy."""
    given = await fields()
    said = {name: _verdict(given[field], field) for field, name in _FIELDS.items() if field in given}
    async with ctx.change() as change:
        before = await rows.of(change.tx, viewer.account.id)
        await rows.put(change.tx, viewer.account.id, replace(before, **said))
    return await _policy(ctx, viewer)


def _verdict(given: object, field: str) -> Verdict:
    found = next((verdict for verdict in Verdict if verdict.value == text(given)), None)
    if found is None:
        raise Invalid(f"{field} is accept, filter or drop.")
    return found


async def _policy(ctx: Context, viewer: Viewer) -> Response:
    async with ctx.db.read() as tx:
        found: Policy = await rows.of(tx, viewer.account.id)
        people, messages = await rows.waiting(tx, viewer.account.id)
    summary = {"pending_requests_count": people, "pending_notifications_count": messages}
    return answer({field: getattr(found, name).value for field, name in _FIELDS.items()} | {"summary": summary})


@notification_requests.get("")
@scope("read:notifications")
async def waiting(ctx: Context, viewer: Viewer) -> Response:
    """Return whose messages wait."""
    page = paging(most=80, usual=40)
    async with ctx.db.read() as tx:
        found = await rows.requests(tx, viewer.account.id, page)
        shown = await render(ctx, tx, found, viewer_id=viewer.account.id)
    return answer(shown, link=links(page, [one.id for one in found]))


@notification_requests.get("/merged")
@scope("read:notifications")
async def merged(ctx: Context, viewer: Viewer) -> Response:
    """Say whether everything one let through is among the notifications: it always is, at once."""
    return answer({"merged": True})


@notification_requests.get("/<int:id>")
@scope("read:notifications")
async def one(ctx: Context, viewer: Viewer, id: int) -> Response:
    """Return one request."""
    async with ctx.db.read() as tx:
        found = await rows.request(tx, id, account_id=viewer.account.id)
        if found is None:
            raise NotFound("There is no such request.")
        shown = await render(ctx, tx, [found], viewer_id=viewer.account.id)
    return answer(shown[0])


_ANSWERS = {"accept": effects.accept, "dismiss": effects.dismiss}


@notification_requests.post("/<int:id>/<any(accept,dismiss):said>")
@scope("write:notifications")
async def decide(ctx: Context, viewer: Viewer, id: int, said: str) -> Response:
    """Let somebody's notifications through, now and later, or drop what waits."""
    async with ctx.change() as change:
        if not await _ANSWERS[said](change, viewer.account.id, [id]):
            raise NotFound("There is no such request.")
    return answer({})


@notification_requests.post("/<any(accept,dismiss):said>")
@scope("write:notifications")
async def decide_all(ctx: Context, viewer: Viewer, said: str) -> Response:
    """The same for each `id[]`; what is no request of one's own is passed over."""
    ids = numbers((await fields()).get("id"), "id")
    async with ctx.change() as change:
        await _ANSWERS[said](change, viewer.account.id, ids)
    return answer({})
