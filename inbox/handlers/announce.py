"""Announce: somebody passes a post on."""

from federation.activities import Announce
from federation.addressing import visibility_of
from federation.errors import Retry
from inbox.handlers import group_word
from node.context import Change
from node.domain import ids
from node.domain.accounts import Account
from node.domain.posts import boost_of
from node.domain.visibility import Visibility, may_boost
from node.effects import errands
from node.effects import reactions as effects
from node.effects.errands import Errand
from node.errors import Forbidden
from node.store import accounts, nodes, posts, relationships, tombstones


async def handle(change: Change, activity: Announce, sender: Account) -> None:
    """Show the boost to the sender's followers here, and count it.

    Raises:
        Retry: the post could not be fetched yet. Forbidden: its author meant it for certain people (I08).
    """
    tx = change.tx
    if activity.inner is not None and activity.inner.verb != "Create":
        await group_word.settle(change, activity, activity.inner, sender)
        return
    if await tombstones.is_buried(tx, activity.id, by=sender.uri):
        return
    followed = await relationships.has_local_follower(tx, sender.id)
    post = await posts.by_uri(tx, activity.object)
    if post is None:
        if followed and await tombstones.of(tx, activity.object) is None:
            raise Retry("The post is not here yet.", waits_for=activity.object)
        return
    if post.boost_of is not None or activity.object == activity.id:
        raise Forbidden("A boost is not boosted.")
    if sender.kind == "Group":
        at = min(activity.published or change.now, change.now)
        await group_word.let_in(change, sender, post, uri=activity.id, at=at)
        return
    if post.visibility is Visibility.UNIT or not may_boost(post.visibility, by_author=post.author_id == sender.id):
        raise Forbidden("That post was meant for certain people.")
    if post.quote_uri and post.quote_id is None:
        await errands.ask(change, Errand.QUOTE, post.uri)
    author = await accounts.by_id(tx, post.author_id)
    if not followed and (author is None or not author.local):
        return  # nobody here would see it
    members = await nodes.members_collection(tx)
    visibility = visibility_of(activity.to, activity.cc, followers=sender.followers, members=members)
    published = min(activity.published or change.now, change.now)
    visibility = visibility if visibility is not Visibility.DIRECT else Visibility.FOLLOWERS
    boost = boost_of(post, id=ids.at(published), uri=activity.id, by=sender, visibility=visibility, at=published)
    await effects.boost(change, boost, by=sender, post=post)
