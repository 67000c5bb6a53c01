"""What happens in groups, whoever caused it: what they pass on, and what they take out."""

from dataclasses import replace

from node.context import Change
from node.domain.accounts import Account
from node.domain.events import PostAdded
from node.domain.notifications import Kind
from node.domain.posts import Post, boost_of
from node.domain.visibility import Visibility
from node.effects import posts as post_effects
from node.effects.notifications import new_post, notify_each
from node.store import accounts, mentions, posts, timelines, tombstones


async def pass_on(change: Change, group: Account, post: Post, *, id: int, uri: str, at: int) -> bool:
    """Let a post stand in a group: it is shown to members, and conversations come into their homes.

    Of what is for members only nobody was told before. id, uri: the Announce's; at: Unix ms. False when it stands
    there already.
    """
    tx = change.tx
    if not await stand(change, group, post, id=id, uri=uri, at=at):
        return False
    if not post.reply_to_uri:
        await timelines.add_to_members(tx, id=id, group_id=group.id, post_id=post.id, language=post.language)
    if post.visibility is Visibility.GROUP:
        await _tell(change, post)
    change.tell(PostAdded(id))
    return True


async def stand(change: Change, group: Account, post: Post, *, id: int, uri: str, at: int) -> bool:
    """Let a post stand in a group, and tell nobody; see `pass_on`."""
    passed_on = replace(
        boost_of(post, id=id, uri=uri, by=group, visibility=post.visibility, at=at),
        group_id=group.id,
        reply_to_uri=post.reply_to_uri,
    )
    return not await tombstones.is_buried(change.tx, uri, by=group.uri) and await posts.insert(change.tx, passed_on)


async def _tell(change: Change, post: Post) -> None:
    author = await accounts.by_id(change.tx, post.author_id)
    if author is None:
        return
    named = (await mentions.of_posts(change.tx, [post.id])).get(post.id, [])
    people = await accounts.by_ids(change.tx, named)
    await notify_each(change, Kind.MENTION, people=people.values(), sender=author, post_id=post.id)
    await new_post(change, post)


async def take_out(change: Change, group: Account, passed_on: Post) -> None:
    """Let a post stand in a group no more. Where neither the group nor its author is, what was for members goes."""
    post = await posts.by_id(change.tx, passed_on.boost_of or 0)
    await post_effects.delete(change, [passed_on], author=group)
    if post is not None:
        await drop(change, group, post)


async def drop(change: Change, group: Account, post: Post) -> None:
    """Erase what was for a group's members and stands in it no more, where neither the group nor its author is."""
    if not group.local and not post.local and post.visibility is Visibility.GROUP:
        await post_effects.erase_copies(change, [post])
