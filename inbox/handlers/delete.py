"""Delete: an object, or its actor, is gone for good."""

from federation import hosts
from federation.activities import Delete
from moderation import erasing, orders
from node.context import Change
from node.domain.accounts import Account
from node.domain.erasures import Scope
from node.domain.groups import Act, may
from node.domain.posts import Post
from node.effects import posts as effects
from node.errors import Forbidden
from node.store import accounts, groups, posts
from outbox import group_posts, quotes


async def handle(change: Change, activity: Delete, sender: Account) -> None:
    """Bury the object, when it is the actor's own.

    An unknown object is no error: the Delete may have overtaken its Create, so the tombstone is
    kept and the late Create finds it. Repeating the activity changes nothing. The stamp of a quote takes the
    quote with it (FEP-044f). An actor on whom a legal hold stands here is only hidden. An order of the author's node
    counts whoever sends it, and is answered with a receipt.

    Raises:
        Forbidden: the actor is not the author (ActivityPub, section 7.4), nor has a group or wall to take it from.
    """
    order = orders.read(activity, base=change.settings.url)
    if order is not None and order.scope is Scope.PASSAGE:
        order = None  # that is another thing than to delete it
    if order is not None and await orders.obey(change, order, sender):
        return
    try:
        await _bury(change, activity, sender)
    except Forbidden:
        if order is None:
            raise  # else the node that it comes from is asked whether it wants so


async def _bury(change: Change, activity: Delete, sender: Account) -> None:
    if activity.object == sender.uri:
        await erasing.erase_account(change, sender)
        return
    post = await posts.by_uri(change.tx, activity.object)
    if post is None:
        if await accounts.by_uri(change.tx, activity.object) is not None:
            raise Forbidden("Only an actor deletes itself.")
        if await quotes.taken_back(change, activity.object, by=sender):
            return
        if hosts.origin(activity.object) != hosts.origin(sender.uri):
            raise Forbidden("Only its own server deletes an object.")
        await effects.forget_unseen(
            change, activity.object, by=sender.uri, former_type=activity.former_type or "Object"
        )
        return
    if post.author_id != sender.id and post.wall_id == sender.id:
        # Smithereen: on one's own wall one deletes what others wrote. It is taken off, and stays its author's.
        await effects.show_on_wall(change, post, owner=sender, shown=False)
        return
    if post.author_id != sender.id:
        await _out_of_group(change, post, sender)
        return
    await effects.delete(change, [post], author=sender)


async def _out_of_group(change: Change, post: Post, sender: Account) -> None:
    """Take a post out of a group of ours, as who looks after it from another node asks for (FEP-1b12).

    Raises:
        Forbidden: the sender is neither the author nor a moderator.
    """
    group = await accounts.by_id(change.tx, post.group_id) if post.group_id else None
    role = (
        (await groups.standing(change.tx, group.id, sender.id, now=change.now)).role
        if group is not None and group.local
        else None
    )
    if group is None or not may(role, Act.MODERATE):
        raise Forbidden("Only the author deletes a post.")
    passed_on = await posts.boost_by(change.tx, author_id=group.id, post_id=post.id)
    if passed_on is not None:
        await group_posts.take_out(change, group, passed_on)
