"""A node wants words of a post kept nowhere: its version from before the order is forgotten, and that is signed for."""

from federation.activities import Passage
from moderation import orders
from node.context import Change
from node.domain.accounts import Account
from node.domain.erasures import Scope
from node.errors import Forbidden


async def handle(change: Change, activity: Passage, sender: Account) -> None:
    """Carry the order out, or ask for the new version first if it is not here: then the order comes again.

    Raises:
        Forbidden: there is no such order.
    """
    order = orders.read(activity, base=change.settings.url)
    if order is None or order.scope is not Scope.PASSAGE:
        raise Forbidden("Only with an order of its node a post is to be known anew.")
    await orders.obey(change, order, sender)
