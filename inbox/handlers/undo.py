"""Undo: an actor takes an earlier activity back."""

from federation import hosts
from federation.activities import Undo
from node.context import Change
from node.domain.accounts import Account
from node.domain.notifications import Kind
from node.domain.posts import Post
from node.domain.relationships import Follow
from node.effects import groups as group_effects
from node.effects import posts as post_effects
from node.effects import reactions as effects
from node.effects import relationships as relationship_effects
from node.errors import Forbidden
from node.store import accounts, groups, notifications, posts, reactions, relationships
from outbox import narrowing
from outbox import relationships as outbox


async def handle(change: Change, activity: Undo, sender: Account) -> None:
    """Take back a follow, favourite, boost, block or invitation (federation.md 3.4, 3.7).

    It is found by its id, else by who and what.

    One that is not here yet is remembered, so that it does not take effect when it comes late.

    Raises:
        Forbidden: it is another's (threat I06).
    """
    if await _by_id(change, activity, sender) or await _by_object(change, activity, sender):
        return
    if activity.object and hosts.origin(activity.object) == hosts.origin(sender.uri):
        await post_effects.forget_unseen(
            change, activity.object, by=sender.uri, former_type=activity.kind or "Activity"
        )


async def _by_id(change: Change, activity: Undo, sender: Account) -> bool:
    follow = await relationships.by_uri(change.tx, activity.object)
    mark = await reactions.by_uri(change.tx, activity.object)
    boost = await posts.by_uri(change.tx, activity.object)
    block = await relationships.block_by_uri(change.tx, activity.object)
    owners = [
        *([follow.follower_id] if follow else []),
        *([mark.account_id] if mark else []),
        *([boost.author_id] if boost else []),
        *([block.account_id] if block else []),
    ]
    if any(owner != sender.id for owner in owners) or (boost is not None and boost.boost_of is None):
        raise Forbidden("Only its own actor undoes an activity.")
    if follow is not None:
        await _end(change, follow, sender)
    if mark is not None:
        await effects.unfavourite(change, mark)
    if boost is not None:
        await _unboost(change, boost, sender)
    if block is not None:
        await relationship_effects.unblock(change, block)
    return bool(owners)


async def _end(change: Change, follow: Follow, follower: Account) -> None:
    target = await accounts.by_id(change.tx, follow.target_id)
    assert target is not None, "a follow is of somebody"
    await outbox.end(change, follow, follower=follower, target=target)


async def _unboost(change: Change, boost: Post, sender: Account) -> None:
    """Take a boost back; what a group passed on stands in it no more.

    Some who got a post of ours by that never had the group's Announce: they came later, and fetched it from here.
    """
    if boost.group_id != sender.id:
        await effects.unboost(change, boost, by=sender)
        return
    await group_effects.take_out(change, sender, boost)
    await narrowing.taken_out(change, await posts.by_id(change.tx, boost.boost_of or 0))


async def _by_object(change: Change, activity: Undo, sender: Account) -> bool:
    match activity.kind:
        case "Follow":
            target = await accounts.by_uri(change.tx, activity.about)
            follow = target and await relationships.between(change.tx, follower_id=sender.id, target_id=target.id)
            if follow:
                await _end(change, follow, sender)
            return bool(follow)
        case "Block":
            target = await accounts.by_uri(change.tx, activity.about)
            block = target and await relationships.block_between(change.tx, account_id=sender.id, target_id=target.id)
            if block:
                await relationship_effects.unblock(change, block)
            return bool(block)
        case "Invite":
            return await _uninvite(change, activity, sender)
        case "Like" | "EmojiReact" | "Announce":
            post = await posts.by_uri(change.tx, activity.about)
            if post is None:
                return False
            if activity.kind != "Announce":
                mark = await reactions.of(change.tx, account_id=sender.id, post_id=post.id)
                if mark:
                    await effects.unfavourite(change, mark)
                return mark is not None
            boost = await posts.boost_by(change.tx, author_id=sender.id, post_id=post.id)
            if boost:
                await _unboost(change, boost, sender)
            elif post.group_id == sender.id:  # it came with a later edit, or was fetched: its Announce was before us
                await group_effects.drop(change, sender, post)
            return boost is not None or post.group_id == sender.id
        case _:
            return False


async def _uninvite(change: Change, activity: Undo, sender: Account) -> bool:
    """Take back what a group invited one of ours to; a member stays one."""
    person = await accounts.by_uri(change.tx, activity.about)
    if person is None or await groups.uninvite(change.tx, sender.id, person.id) is None:
        return False
    await notifications.withdraw(
        change.tx, kind=Kind.GROUP_INVITATION, from_id=sender.id, post_id=None, account_id=person.id
    )
    return True
