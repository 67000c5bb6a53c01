"""Update: a post or an actor has a newer version."""

from federation import arrivals, hosts
from federation.activities import Create, Update
from federation.objects import Actor
from inbox.handlers import create
from node.context import Change
from node.domain.accounts import Account
from node.errors import Forbidden
from node.store import posts


async def handle(change: Change, activity: Update, sender: Account) -> None:
    """Write the newer version; an Update that overtook its Create counts as both.

    Raises:
        Forbidden: the stored object is another's (threat I04).
    """
    if isinstance(activity.object, Actor):
        await arrivals.actor(change, activity.object, host=hosts.authority(sender.uri), fetched=False)
        return
    known = await posts.by_uri(change.tx, activity.object.id)
    if known is not None and known.author_id != sender.id:
        raise Forbidden("Only the author edits a post.")
    await create.handle(change, Create(activity.id, activity.actor, activity.object), sender)
