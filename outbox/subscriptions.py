"""Where a member wants to be told: apps by their access token, browsers by their session. Each ends with it."""

from dataclasses import dataclass

from federation import hosts
from federation.errors import Malformed
from node.adapters.push import check_keys
from node.config import is_loopback
from node.context import Context
from node.domain.accounts import Account
from node.domain.push import Circle, Holder, Subscription
from node.errors import Invalid, NotFound
from node.store import push as rows


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client is reached, as it says: at a push service, with the keys to seal messages for it, in base64.

    standard: it reads what RFC 8291 and 8292 describe, not only their drafts.
    """

    endpoint: str
    p256dh: str
    auth: str
    standard: bool


async def subscribe(
    ctx: Context, account: Account, holder: Holder, place: Place, *, alerts: frozenset[str], policy: Circle
) -> Subscription:
    """Tell a client from now on, instead of where it asked for before.

    Raises:
        NotFound: nothing is pushed here. Invalid: no https address, or keys that cannot be used.
    """
    if not ctx.settings.push.enabled:
        raise NotFound("Push messages are switched off on this server.")
    check_keys(place.p256dh, place.auth)
    async with ctx.change() as change:
        subscription = Subscription(
            id=change.new_id(),
            holder=holder,
            account_id=account.id,
            endpoint=_endpoint(ctx, place.endpoint),
            p256dh=place.p256dh,
            auth=place.auth,
            standard=place.standard,
            alerts=alerts,
            policy=policy,
            created_at=change.now,
        )
        await rows.put(change.tx, subscription)
    return subscription


def _endpoint(ctx: Context, given: str) -> str:
    """Return the address at a push service. Whether it may be reached, the guard says each time it is used (N08)."""
    try:
        url = hosts.parse(given)
    except Malformed as error:
        raise Invalid("The endpoint of a push subscription is an https address.") from error
    if url.scheme != "https" and not (ctx.settings.node.development and is_loopback(url.host)):
        raise Invalid("The endpoint of a push subscription is an https address.")
    return url.text


async def choose(ctx: Context, holder: Holder, *, alerts: frozenset[str], policy: Circle) -> Subscription | None:
    """Tell a client of other things than before; return its subscription, None: it has none."""
    async with ctx.change() as change:
        await rows.choose(change.tx, holder, alerts=alerts, policy=policy)
        return await rows.of(change.tx, holder)


async def of(ctx: Context, holder: Holder) -> Subscription | None:
    """Return the subscription of a client."""
    async with ctx.db.read() as tx:
        return await rows.of(tx, holder)


async def devices(ctx: Context, account: Account, *, limit: int) -> list[rows.Device]:
    """Return where a member is told, the newest first."""
    async with ctx.db.read() as tx:
        return await rows.devices(tx, account.id, seen_after=seen_after(ctx), limit=limit)


def seen_after(ctx: Context) -> int:
    """Return since when (Unix ms) a session must have been used to last; what its browser is told ends with it."""
    return ctx.clock() - ctx.settings.limits.session_idle_seconds * 1000


async def end(ctx: Context, holder: Holder) -> None:
    """Tell a client nothing any more."""
    async with ctx.change() as change:
        await rows.remove_of(change.tx, holder)


async def end_one(ctx: Context, account: Account, id: int) -> None:
    """Tell one of a member's clients nothing any more; one that ended before is no error."""
    async with ctx.change() as change:
        await rows.remove(change.tx, id, account_id=account.id)
