"""What remains of a bridge here when it is over."""

from node.context import Change
from node.domain.bridges import Bridge, Side
from node.effects import accounts as account_effects
from node.effects import posts as post_effects
from node.effects import relationships
from node.store import accounts, bridges, posts
from node.store import relationships as follows


async def beyond_of(change: Change, bridge: Bridge) -> set[str]:
    """Return the hosts on the other side of a bridge, seen from here."""
    if bridge.side is not Side.PARTNER:
        return {bridge.partner}
    return {one.host for one in await bridges.hosts(change.tx, bridge.id)} - {change.settings.authority}


async def close(change: Change, bridge: Bridge) -> None:
    """Let nothing cross any more, and erase what came over a bridge; at its home the ledger waits for the partner.

    At the partner that is everything of the group and of the people who write in it, elsewhere what the partner's
    people wrote. Whom another open bridge concerns stays known for that.
    """
    tx = change.tx
    beyond = await beyond_of(change, bridge)
    # Elsewhere than at home the ledger waits for nobody's word, unless each copy is taken back by itself.
    waits = bridge.side is Side.HOME or bridge.terms.one_sided
    for host in sorted(beyond):
        await bridges.stop_deliveries(tx, bridge.group_id, host)
        await bridges.order_erasure(tx, bridge.group_id, host, confirmed=not waits)
    for host in ("",) if bridge.side is Side.PARTNER else sorted(beyond):
        for account_id in await bridges.members_at(tx, bridge.group_id, host):
            await _part(change, bridge.group_id, account_id)
    while batch := await bridges.posts_from(tx, bridge.group_id, beyond):
        await post_effects.erase_copies(change, list((await posts.by_ids(tx, batch)).values()))
    for account_id in await bridges.strangers_at(tx, beyond, but=bridge.id):
        account = await accounts.by_id(tx, account_id)
        if account is not None:
            await account_effects.forget(change, account)


async def _part(change: Change, group_id: int, account_id: int) -> None:
    follow = await follows.between(change.tx, follower_id=account_id, target_id=group_id)
    if follow is not None:
        await relationships.end(change, follow)
