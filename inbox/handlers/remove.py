"""Remove: a collection's owner takes something out of it: a post off a wall, a node from the organisation."""

from federation.activities import Remove
from inbox.handlers.add import settle
from node.context import Change
from node.domain.accounts import Account


async def handle(change: Change, activity: Remove, sender: Account) -> None:
    """Take the post off the sender's wall, or take over the organisation's newer list."""
    await settle(change, activity, sender, shown=False)
