"""Create: a post arrives."""

from federation import arrivals
from federation.activities import Create
from federation.addressing import visibility_of
from node.context import Change
from node.domain.accounts import Account
from node.domain.visibility import Visibility
from node.effects import errands
from node.effects.errands import Errand
from node.errors import Forbidden
from node.store import accounts, nodes, posts, relationships
from outbox import posts as commands


async def handle(change: Change, activity: Create, sender: Account) -> None:
    """Keep the post when it concerns somebody here: read by all, followed, named, answered, or on a wall.

    On a wall of ours the owner's answer is the wall's own setting: shown and confirmed with an Add, or refused.
    """
    note = activity.object
    if not await concerns_us(change, activity, sender):
        return
    post = await arrivals.note(change, note, author=sender)
    if post is None:
        return
    if post.reply_to_uri and post.reply_to_id is None:
        await errands.ask(change, Errand.THREAD, post.uri)
    if post.quote_uri and post.quote_id is None:
        await errands.ask(change, Errand.QUOTE, post.uri)
    if post.wall_id is None or post.wall_shown:
        return
    owner = await accounts.by_id(change.tx, post.wall_id)
    if owner is None or not owner.local:
        return
    if not owner.wall_open:
        raise Forbidden("Only its owner writes on this wall.")
    await commands.show(change, post, owner=owner)


async def concerns_us(change: Change, activity: Create, sender: Account) -> bool:
    """Tell whether anybody here is meant: what nobody here may read is not kept."""
    note = activity.object
    tx = change.tx
    if await posts.by_uri(tx, note.id) is not None:
        return True
    members = await nodes.members_collection(tx)
    visibility = visibility_of(note.to, note.cc, followers=sender.followers, members=members)
    if visibility in (Visibility.ORGANISATION, Visibility.PUBLIC):
        return True
    if visibility is Visibility.FOLLOWERS and await relationships.has_local_follower(tx, sender.id):
        return True
    named = await accounts.by_uris(tx, {mention.href for mention in note.mentions} | {*note.to, *note.cc})
    return any(account.local for account in named)
