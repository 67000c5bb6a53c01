"""Move: somebody goes on under another account, and their followers here go along."""

from federation.activities import Move
from federation.errors import Retry
from node.context import Change
from node.domain.accounts import Account
from node.errors import Forbidden
from node.store import accounts
from outbox import moves


async def handle(change: Change, activity: Move, sender: Account, *, received_at: int) -> None:
    """Let everybody here who follows the old account follow the new one.

    Both accounts have to name each other, as their own servers show them since the Move came (threat I06).

    Raises:
        Retry: they have to be looked at first. Forbidden: they do not name each other, or the account moved lately.
    """
    target = await accounts.by_uri(change.tx, activity.target)
    for uri, account in ((activity.target, target), (sender.uri, sender)):
        if account is None or (not account.local and account.fetched_at < received_at):
            raise Retry("The account has to be looked at first.", waits_for=uri)
    if target is None or sender.uri not in target.also_known_as or sender.moved_to != target.uri:
        raise Forbidden("The two accounts do not name each other.")
    if sender.moved_at is not None and change.now - sender.moved_at < moves.PAUSE_MS:
        raise Forbidden("The account moved a short while ago.")
    await moves.follow_along(change, old=sender, new=target)
