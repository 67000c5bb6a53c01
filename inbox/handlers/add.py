"""Add: an owner puts something into a collection: a post on a wall or on top of it, a node into the organisation."""

from federation.activities import Add, Remove
from federation.errors import Retry, Unsupported
from node.context import Change
from node.domain.accounts import Account
from node.domain.groups import Role
from node.effects import posts as effects
from node.errors import Forbidden
from node.store import accounts, groups, nodes, posts, tombstones
from outbox import organisation


async def handle(change: Change, activity: Add, sender: Account) -> None:
    """Show the post on the sender's wall (FEP-400e), pin it, or take over the organisation's newer list.

    Raises:
        Forbidden: the collection is another's. Retry: the post is not here yet.
    """
    await settle(change, activity, sender, shown=True)


async def settle(change: Change, activity: Add | Remove, sender: Account, *, shown: bool) -> None:
    """Add and Remove, which differ in one word."""
    known = await nodes.organisation(change.tx)
    if known is not None and activity.target == known.members:
        if sender.uri != known.uri:
            raise Forbidden("Only the organisation changes its list of members.")
        if activity.document is not None:
            await organisation.apply(change, activity.document)
        return
    if sender.kind == "Group" and await of_group(change, activity.object, activity.target, sender, shown=shown):
        return
    if activity.target not in (sender.wall, sender.featured) or not activity.target:
        raise Unsupported("That is no collection we follow.")
    post = await posts.by_uri(change.tx, activity.object)
    if post is None:
        if shown and await tombstones.of(change.tx, activity.object) is None:
            raise Retry("The post is not here yet.", waits_for=activity.object)
        return
    if activity.target == sender.featured:
        if post.author_id != sender.id:
            raise Forbidden("Only own posts are pinned.")
        await posts.pin(change.tx, post.id, at=change.now if shown else None)
        return
    if post.wall_id != sender.id:
        raise Forbidden("That post does not stand on the sender's wall.")
    await effects.show_on_wall(change, post, owner=sender, shown=shown)


async def of_group(change: Change, object: str, target: str, group: Account, *, shown: bool) -> bool:
    """Keep who looks after a peer's group, and what it pins (FEP-1b12); False when it is about something else.

    object, target: what the group put into which collection or, not `shown`, took out of it.
    """
    found = await groups.by_id(change.tx, group.id)
    if found is None or not target:
        return False
    if target == found.moderators:
        person = await accounts.by_uri(change.tx, object)
        if person is not None and shown:
            await groups.give(change.tx, group.id, person.id, Role.MODERATOR)
        elif person is not None:
            await groups.take(change.tx, group.id, person.id)
        return True
    if target != group.featured:
        return False
    post = await posts.by_uri(change.tx, object)
    passed_on = await posts.boost_by(change.tx, author_id=group.id, post_id=post.id) if post else None
    if passed_on is not None:
        await posts.pin(change.tx, passed_on.id, at=change.now if shown else None)
    return True
