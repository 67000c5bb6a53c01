"""Create: a post arrives."""

from dataclasses import replace

from federation import arrivals
from federation.activities import Create
from federation.addressing import visibility_of
from node.context import Change
from node.domain.accounts import Account
from node.domain.groups import check_name, may_write
from node.domain.posts import Post
from node.domain.visibility import Visibility
from node.effects import errands
from node.effects.errands import Errand
from node.errors import Forbidden
from node.store import accounts, groups, minors, nodes, posts, relationships
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
    if post.group_id is not None:
        post = await _into_group(change, activity, post, sender)
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


async def _into_group(change: Change, activity: Create, post: Post, sender: Account) -> Post:
    """Check that the sender may write in a group of ours; what is for others besides is kept without it.

    Raises:
        Forbidden: they may not, and it is for the group's members; or see `check_name`.
    """
    group = await accounts.by_id(change.tx, post.group_id or 0)
    found = await groups.by_id(change.tx, post.group_id or 0)
    if group is None or not group.local or found is None:
        return post
    if await posts.boost_by(change.tx, author_id=group.id, post_id=post.id) is not None:
        return post
    check_name(found, sender)
    standing = await groups.standing(change.tx, group.id, sender.id, now=change.now)
    if may_write(found, standing.role, answer=bool(post.reply_to_uri)) and not standing.banned:
        return post
    if post.visibility is Visibility.GROUP:
        raise Forbidden("The sender may not write in this group.")
    await posts.leave_group(change.tx, post.id)
    return replace(post, group_id=None)


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
    inside = [account for account in named if account.kind == "Group" and account.uri in note.audience]
    group = inside[0].followers if inside else ""
    visibility = visibility_of(note.to, note.cc, followers=sender.followers, members=members, group=group)
    # What is for few does not come to members under age: without anybody else here it is not kept.
    young = await minors.among(tx, [account.id for account in named if account.local])
    if visibility is not Visibility.GROUP and any(account.local and account.id not in young for account in named):
        return True
    # Whom it names reads it as a member of the group, or not at all.
    return any([group.local or await relationships.has_local_follower(tx, group.id) for group in inside])
