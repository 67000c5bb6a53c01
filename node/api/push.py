"""Push subscriptions: a client asks to be told of notifications while it is not running."""

from typing import Any

from quart import Blueprint, Response

from federation import hosts
from federation.errors import Malformed
from node.adapters.push import check_keys, public_key
from node.api.answers import answer, fields, text, truth
from node.api.auth import scope
from node.config import is_loopback
from node.context import Context
from node.domain.notifications import KINDS, Kind
from node.domain.push import Circle, Subscription
from node.domain.viewer import Viewer
from node.errors import Invalid, NotFound
from node.store import push as rows

push = Blueprint("push", __name__, url_prefix="/v1/push/subscription")

_ALERTS = tuple(kind for kind in KINDS if kind != Kind.WALL.value)


@push.post("")
@scope("push")
async def subscribe(ctx: Context, viewer: Viewer) -> Response:
    """Push notifications to a client from now on, instead of to where it asked for before."""
    if not ctx.settings.push.enabled:
        raise NotFound("Push messages are switched off on this server.")
    given = await fields()
    wanted = _inner(given, "subscription")
    keys = _inner(wanted, "keys")
    endpoint, p256dh, auth = text(wanted.get("endpoint")), text(keys.get("p256dh")), text(keys.get("auth"))
    check_keys(p256dh, auth)
    alerts, policy = _choice(given)
    async with ctx.change() as change:
        subscription = Subscription(
            id=change.new_id(),
            token_hash=viewer.token,
            account_id=viewer.account.id,
            endpoint=_endpoint(ctx, endpoint),
            p256dh=p256dh,
            auth=auth,
            standard=truth(wanted.get("standard")),
            alerts=alerts,
            policy=policy,
            created_at=change.now,
        )
        await rows.put(change.tx, subscription)
    return answer(_entity(ctx, subscription))


@push.get("")
@scope("push")
async def show(ctx: Context, viewer: Viewer) -> Response:
    """Return what is pushed to this client."""
    async with ctx.db.read() as tx:
        return answer(_entity(ctx, await rows.of(tx, viewer.token)))


@push.put("")
@push.patch("")
@scope("push")
async def choose(ctx: Context, viewer: Viewer) -> Response:
    """Push other notifications to this client than before."""
    alerts, policy = _choice(await fields())
    async with ctx.change() as change:
        await rows.choose(change.tx, viewer.token, alerts=alerts, policy=policy)
        return answer(_entity(ctx, await rows.of(change.tx, viewer.token)))


@push.delete("")
@scope("push")
async def unsubscribe(ctx: Context, viewer: Viewer) -> Response:
    """Push nothing to this client any more."""
    async with ctx.change() as change:
        await rows.remove_of(change.tx, viewer.token)
    return answer({})


def _endpoint(ctx: Context, given: str) -> str:
    """Return the address at a push service. Whether it may be reached, the guard says each time it is used (N08)."""
    try:
        url = hosts.parse(given)
    except Malformed as error:
        raise Invalid("The endpoint of a push subscription is an https address.") from error
    if url.scheme != "https" and not (ctx.settings.node.development and is_loopback(url.host)):
        raise Invalid("The endpoint of a push subscription is an https address.")
    return url.text


def _choice(given: dict[str, Any]) -> tuple[frozenset[str], Circle]:
    """Return the kinds of notification, and from whom; the policy stands within `data`, or beside it (masto.js)."""
    data = _inner(given, "data")
    alerts = _inner(data, "alerts")
    policy = text(data.get("policy") or given.get("policy")) or Circle.ALL
    if policy not in list(Circle):
        raise Invalid(f"policy is one of {', '.join(Circle)}.")
    return frozenset(name for name in _ALERTS if truth(alerts.get(name))), Circle(policy)


def _inner(given: dict[str, Any], name: str) -> dict[str, Any]:
    found = given.get(name)
    return found if isinstance(found, dict) else {}


def _entity(ctx: Context, subscription: Subscription | None) -> dict[str, Any]:
    if subscription is None:
        raise NotFound("Record not found")
    return {
        "id": str(subscription.id),
        "endpoint": subscription.endpoint,
        "standard": subscription.standard,
        "alerts": {name: name in subscription.alerts for name in _ALERTS},
        "policy": subscription.policy.value,
        "server_key": public_key(ctx.secret),
    }
