"""What a group says, within an Announce (FEP-1b12), of itself and of what stands in it: its own signature is enough.

Of anything else it says nothing here: what was done to an object its origin knows, and what people say, they say
themselves (`inbox.accept`).
"""

from federation.activities import Announce, Told
from federation.errors import Unsupported
from inbox.handlers import add
from node.context import Change
from node.domain import ids
from node.domain.accounts import Account
from node.domain.posts import Post
from node.domain.visibility import Visibility, is_private
from node.effects import errands
from node.effects import groups as effects
from node.effects import posts as post_effects
from node.effects.errands import Errand
from node.errors import Forbidden
from node.store import accounts, posts, relationships, tombstones


async def settle(change: Change, activity: Announce, told: Told, group: Account) -> None:
    """Do what a peer's group says was done in it, by whoever it lets do so.

    Raises:
        Unsupported: nothing that a group decides.
    """
    if group.kind != "Group" or group.local:
        raise Unsupported("Only a group passes activities on.")
    match told.verb, told.undone:
        case "Delete", _:
            await _deleted(change, activity.object, told, group)
        case "Remove", _ if told.target and told.target in (group.uri, group.outbox, group.wall):
            await _take_out(change, activity.object, group)
        case "Undo", "Delete" | "Remove":
            await _put_back(change, activity, group)
        case "Add" | "Remove" as verb, _:
            if not await add.of_group(change, activity.object, told.target, group, shown=verb == "Add"):
                raise Unsupported("That is no collection of the group that we follow.")
        case ("Lock", _) | ("Undo", "Lock"):
            await _lock(change, activity.object, group, locked=told.verb == "Lock")
        case _:
            raise Unsupported("Of what a group passes on, this is not acted on.")


async def let_in(change: Change, group: Account, post: Post, *, uri: str, at: int) -> None:
    """Let a post stand in a peer's group. What is for members only was meant for this very group by its author.

    uri: the Announce's. at: since when it stands there, Unix ms.

    Raises:
        Forbidden: its author meant it for others.
    """
    meant = post.group_id == group.id if is_private(post.visibility) else True
    if post.visibility in (Visibility.UNIT, Visibility.FOLLOWERS, Visibility.DIRECT) or not meant:
        raise Forbidden("That post was meant for certain people.")
    author = await accounts.by_id(change.tx, post.author_id)
    here = author is not None and author.local
    if not here and not await relationships.has_local_follower(change.tx, group.id):
        return  # nobody here would see it
    if not here:  # where one of ours stands, its author has said
        await posts.enter_group(change.tx, post.id, group.id)
    await effects.pass_on(change, group, post, id=ids.at(at), uri=uri, at=at)


async def _deleted(change: Change, uri: str, told: Told, group: Account) -> None:
    """Take a post out of the group. By a moderator's word no more happens; at its author's the origin is asked."""
    post = await posts.by_uri(change.tx, uri)
    if post is None:
        return
    await _take_out(change, uri, group)
    author = await accounts.by_id(change.tx, post.author_id)
    if author is not None and not author.local and told.actor == author.uri:
        await errands.ask(change, Errand.REFETCH, uri, actor=group.uri)


async def _take_out(change: Change, uri: str, group: Account) -> None:
    _, passed_on = await _standing(change, uri, group)
    if passed_on is not None:
        await effects.take_out(change, group, passed_on)


async def _put_back(change: Change, activity: Announce, group: Account) -> None:
    """Let a post stand in the group again that a moderator had taken out; its place is where it was."""
    if await tombstones.is_buried(change.tx, activity.id, by=group.uri):
        return
    post = await posts.by_uri(change.tx, activity.object)
    if post is not None and post.boost_of is None and post.group_id == group.id:
        await let_in(change, group, post, uri=activity.id, at=post.published_at)


async def _lock(change: Change, uri: str, group: Account, *, locked: bool) -> None:
    post, passed_on = await _standing(change, uri, group)
    # What its author did not write for the group is passed on by it as by anybody: there it decides nothing.
    if post is not None and passed_on is not None and post.group_id == group.id:
        await post_effects.lock(change, post, locked=locked)


async def _standing(change: Change, uri: str, group: Account) -> tuple[Post | None, Post | None]:
    """Return a post, and the row by which it stands in the group, if it does."""
    post = await posts.by_uri(change.tx, uri)
    passed_on = await posts.boost_by(change.tx, author_id=group.id, post_id=post.id) if post is not None else None
    return post, passed_on
