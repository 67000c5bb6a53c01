"""Push subscriptions: a client asks to be told of notifications while it is not running."""

from typing import Any

from quart import Blueprint, Response

from node.adapters.push import public_key
from node.api.answers import answer, fields, text, truth
from node.api.auth import scope
from node.context import Context
from node.domain.notifications import KINDS, Kind
from node.domain.push import Circle, Holder, Subscription, Way
from node.domain.viewer import Viewer
from node.errors import Invalid, NotFound
from outbox import subscriptions

push = Blueprint("push", __name__, url_prefix="/v1/push/subscription")

_ALERTS = tuple(kind for kind in KINDS if kind != Kind.WALL.value)


@push.post("")
@scope("push")
async def subscribe(ctx: Context, viewer: Viewer) -> Response:
    """Push notifications to a client from now on, instead of to where it asked for before."""
    given = await fields()
    wanted = _inner(given, "subscription")
    keys = _inner(wanted, "keys")
    place = subscriptions.Place(
        text(wanted.get("endpoint")), text(keys.get("p256dh")), text(keys.get("auth")), truth(wanted.get("standard"))
    )
    alerts, policy = _choice(given)
    made = await subscriptions.subscribe(ctx, viewer.account, _holder(viewer), place, alerts=alerts, policy=policy)
    return answer(_entity(ctx, made))


@push.get("")
@scope("push")
async def show(ctx: Context, viewer: Viewer) -> Response:
    """Return what is pushed to this client."""
    return answer(_entity(ctx, await subscriptions.of(ctx, _holder(viewer))))


@push.put("")
@push.patch("")
@scope("push")
async def choose(ctx: Context, viewer: Viewer) -> Response:
    """Push other notifications to this client than before."""
    alerts, policy = _choice(await fields())
    return answer(_entity(ctx, await subscriptions.choose(ctx, _holder(viewer), alerts=alerts, policy=policy)))


@push.delete("")
@scope("push")
async def unsubscribe(ctx: Context, viewer: Viewer) -> Response:
    """Push nothing to this client any more."""
    await subscriptions.end(ctx, _holder(viewer))
    return answer({})


def _holder(viewer: Viewer) -> Holder:
    return Holder(Way.APP, viewer.token)


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
