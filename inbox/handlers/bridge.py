"""The contract of a bridge: its home tells how it stands, a partner says yes to it."""

from federation import contracts
from federation.activities import Agreement, Contract
from moderation import erasing, orders
from node.context import Change
from node.domain.accounts import Account
from node.domain.bridges import OPEN
from outbox import bridges, bridges_beyond
from outbox.audience import inbox_of


async def told(change: Change, activity: Contract, sender: Account) -> None:
    """Take in how a bridge stands; see `outbox.bridges_beyond.heard`. An order to erase is signed for."""
    contract, order = contracts.parse_contract(activity.document), orders.read(activity, base=change.settings.url)
    held = await erasing.held_over(change, order) if order is not None else None
    await bridges_beyond.heard(change, activity.id, contract, sender)
    if order is not None and contract.state not in OPEN:
        await orders.carry_out(change, order, to=inbox_of(sender), erased=held)


async def agreed(change: Change, activity: Agreement, sender: Account) -> None:
    """Take in the partner's yes; see `outbox.bridges.agreed`."""
    await bridges.agreed(change, activity.document, sender)
