"""Delete: an object, or its actor, is gone for good."""

from federation.activities import Delete
from node.context import Change
from node.domain.accounts import Account
from node.effects import accounts as account_effects
from node.effects import posts as effects
from node.effects import quotes as quote_effects
from node.errors import Forbidden
from node.store import accounts, posts, queues


async def handle(change: Change, activity: Delete, sender: Account) -> None:
    """Bury the object, when it is the actor's own.

    An unknown object is no error: the Delete may have overtaken its Create, so the tombstone is
    kept and the late Create finds it. Repeating the activity changes nothing. The stamp of a quote takes the
    quote with it (FEP-044f).

    Raises:
        Forbidden: the actor is not the author (ActivityPub, section 7.4).
    """
    if activity.object == sender.uri:
        await account_effects.bury(change, sender)
        await queues.wipe_inbox_from(change.tx, sender.uri, but=0)
        return
    post = await posts.by_uri(change.tx, activity.object)
    if post is None:
        if await accounts.by_uri(change.tx, activity.object) is not None:
            raise Forbidden("Only an actor deletes itself.")
        if await quote_effects.revoke(change, activity.object, by=sender):
            return
        await effects.forget_unseen(
            change, activity.object, by=sender.uri, former_type=activity.former_type or "Object"
        )
        return
    if post.author_id != sender.id:
        raise Forbidden("Only the author deletes a post.")
    await effects.delete(change, post, author=sender)
