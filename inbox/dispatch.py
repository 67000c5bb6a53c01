"""Which handler an activity goes to, and what has to be here before it can be handled."""

from federation import activities
from inbox.handlers import accept, add, announce, create, delete, follow, like, reject, remove, undo, update
from node.context import Change
from node.domain.accounts import Account


def needs(activity: activities.Activity) -> tuple[str, ...]:
    """Return the uris of posts to fetch when they are not here; others are waited for."""
    match activity:
        case activities.Announce():
            return (activity.object,)
        case _:
            return ()


async def handle(change: Change, activity: activities.Activity, sender: Account) -> None:
    """Do what the activity says, within its sender's rights.

    Raises:
        Forbidden, Refused: the sender may not. Retry: something it is about is not here yet.
        Unsupported: stored, acknowledged, and nothing to do.
    """
    match activity:
        case activities.Create():
            await create.handle(change, activity, sender)
        case activities.Update():
            await update.handle(change, activity, sender)
        case activities.Delete():
            await delete.handle(change, activity, sender)
        case activities.Follow():
            await follow.handle(change, activity, sender)
        case activities.Accept():
            await accept.handle(change, activity, sender)
        case activities.Reject():
            await reject.handle(change, activity, sender)
        case activities.Undo():
            await undo.handle(change, activity, sender)
        case activities.Like():
            await like.handle(change, activity, sender)
        case activities.Announce():
            await announce.handle(change, activity, sender)
        case activities.Add():
            await add.handle(change, activity, sender)
        case activities.Remove():
            await remove.handle(change, activity, sender)
        case activities.Other():
            await undo.ignore(activity)
