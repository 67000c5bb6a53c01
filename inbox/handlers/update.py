"""Update: a post or an actor has a newer version."""

from federation import arrivals, hosts
from federation.activities import Create, Update
from federation.objects import Actor
from inbox.handlers import create
from node.context import Change
from node.domain.accounts import Account
from node.effects import errands
from node.effects.errands import Errand
from node.errors import Forbidden
from node.store import accounts, posts, relationships


async def handle(change: Change, activity: Update, sender: Account) -> None:
    """Write the newer version; an Update that overtook its Create counts as both.

    Raises:
        Forbidden: the stored object is another's (threat I04).
    """
    if isinstance(activity.object, Actor) and activity.object.id != sender.uri:
        await _group(change, activity.object.id, sender)
        return
    if isinstance(activity.object, Actor):
        await arrivals.actor(change, activity.object, host=hosts.authority(sender.uri), fetched=False)
        return
    known = await posts.by_uri(change.tx, activity.object.id)
    if known is not None and known.author_id != sender.id:
        raise Forbidden("Only the author edits a post.")
    await create.handle(change, Create(activity.id, activity.actor, activity.object), sender)


async def _group(change: Change, uri: str, sender: Account) -> None:
    """Ask a group how it is now: Lemmy has whoever looks after one say what they changed. Nothing of that is believed.

    Raises:
        Forbidden: it is none that anybody here follows.
    """
    group = await accounts.by_uri(change.tx, uri)
    if group is None or group.local or group.kind != "Group":
        raise Forbidden("Only an actor changes itself.")
    if not await relationships.has_local_follower(change.tx, group.id):
        raise Forbidden("Nobody here follows that group.")
    if sender.host == group.host or change.keys.may_fetch(f"group {uri}", change.now):
        await errands.ask(change, Errand.REFETCH, uri, actor=sender.uri)
