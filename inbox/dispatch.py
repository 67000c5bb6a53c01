"""Which handler an activity goes to, and what has to be here before it can be handled."""

from collections.abc import Awaitable, Callable

from federation import activities, resolve
from federation.errors import Unsupported
from inbox.handlers import (
    accept,
    add,
    announce,
    block,
    bridge,
    create,
    delete,
    flag,
    follow,
    invite,
    like,
    move,
    passage,
    quote_request,
    reject,
    remove,
    undo,
    update,
    vote,
)
from node.context import Change, Context
from node.domain.accounts import Account
from outbox import erasures

Fetch = Callable[[Context, str], Awaitable[object]]


def needs(activity: activities.Activity) -> dict[str, Fetch]:
    """Return what an activity may have to wait for that we can fetch: uri → how. Anything else comes by itself."""
    match activity:
        case activities.Announce():
            return {activity.object: resolve.post}
        case activities.Add() if activity.document is None:
            return {activity.object: resolve.post}
        case activities.Move():
            return dict.fromkeys((activity.target, activity.actor), resolve.anew)
        case _:
            return {}


async def handle(change: Change, activity: activities.Activity, sender: Account, *, received_at: int) -> None:
    """Do what the activity says, within its sender's rights. `received_at`: when it came, in Unix ms.

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
        case activities.Vote():
            await vote.handle(change, activity, sender)
        case activities.QuoteRequest():
            await quote_request.handle(change, activity, sender)
        case activities.Block():
            await block.handle(change, activity, sender)
        case activities.Flag():
            await flag.handle(change, activity, sender)
        case activities.Move():
            await move.handle(change, activity, sender, received_at=received_at)
        case activities.Invite():
            await invite.handle(change, activity, sender)
        case activities.Contract():
            await bridge.told(change, activity, sender)
        case activities.Passage():
            await passage.handle(change, activity, sender)
        case activities.Agreement():
            await bridge.agreed(change, activity, sender)
        case activities.Receipt():
            await erasures.receipt(change, activity.document, sender)
        case activities.Other():
            raise Unsupported(f"{activity.type} is not acted on")
