"""Block: somebody wants nothing to do with one of ours."""

from federation.activities import Block
from node.context import Change
from node.domain.accounts import Account
from node.domain.relationships import Block as BlockRow
from node.effects import relationships as effects
from node.errors import NotFound
from node.store import accounts, tombstones
from outbox import narrowing


async def handle(change: Change, activity: Block, sender: Account) -> None:
    """Hide each from the other, and end their follows.

    Raises:
        NotFound: it is nobody of ours.
    """
    target = await accounts.by_uri(change.tx, activity.object)
    if target is None or not target.local or target.kind != "Person":
        raise NotFound("There is nobody here to block by that id.")
    if not await tombstones.is_buried(change.tx, activity.id, by=sender.uri):
        await effects.block(change, BlockRow(change.new_id(), activity.id, sender.id, target.id))
        await narrowing.leave_out(change, target, sender.host)
