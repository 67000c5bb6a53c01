"""A post of somebody who leaves becomes one of a page of the unit: another post, and the old one is erased everywhere.

Nothing of who wrote it is in the new one: not its address, its earlier versions, nor who liked it. Nobody is told of it
anew, and it stands where the old one stood. On other nodes the order to erase the old one and the new one come
together; what was answered there stands by itself then, since its authors answered the old one.
"""

from dataclasses import replace

from federation import render
from federation.notes import of_wholes
from node.context import Change
from node.domain import bequests, uris
from node.domain.accounts import Account
from node.domain.erasures import Ground
from node.domain.posts import Parts, Post, Whole
from node.domain.visibility import is_provable
from node.effects import posts as effects
from node.store import accounts, hashtags, media, posts
from node.store import bequests as rows
from node.store import parts as hanging
from outbox import group_posts
from outbox import posts as commands
from outbox.audience import recipients
from outbox.publish import new_uri, publish


async def hand_over(change: Change, post_id: int, *, of: Account, to: Account) -> bool:
    """Let a page have a post of somebody who leaves; False, and nothing is done, when the post says who wrote it."""
    post = await posts.by_id(change.tx, post_id)  # as it is now: what it answers may be the page's by now
    assert post is not None, "it was found in this transaction"
    files = (await media.of_posts(change.tx, [post.id])).get(post.id, [])
    if bequests.names(of, post, files):
        return False
    group = await accounts.by_id(change.tx, post.group_id) if post.group_id else None
    new = await _as_the_pages(change, post, to)
    tags = (await hashtags.of_posts(change.tx, [post.id])).get(post.id, [])
    await effects.add_old(change, new, parts=Parts(hashtags=tuple(tags)))
    await rows.hand_over(change.tx, post, new)
    # How many answer it was counted at the old one.
    await posts.count(change.tx, new.id, replies=post.replies)
    await _send(change, new, page=to, group=group)
    await commands.delete_everywhere(change, post, author=of, ground=Ground.TIME)
    return True


async def _as_the_pages(change: Change, post: Post, page: Account) -> Post:
    id = await posts.free_id(change.tx, post.published_at)
    return replace(
        post,
        id=id,
        uri=uris.post(page.uri, id),
        url=uris.post_page(change.settings.url, page.username, id),
        author_id=page.id,
        edited_at=None,
        pinned_at=None,
        quote_uri="",
        quote_stamp="",
        quote_id=None,
        quote_end="",
        thread_id=id if post.thread_id == post.id else post.thread_id,
        replies=0,
        boosts=0,
        favourites=0,
        quotes=0,
    )


async def _send(change: Change, post: Post, *, page: Account, group: Account | None) -> None:
    files = (await media.of_posts(change.tx, [post.id])).get(post.id, [])
    tags = (await hashtags.of_posts(change.tx, [post.id])).get(post.id, [])
    emojis = (await hanging.emojis(change.tx, [post], {page.id: page})).get(post.id, [])
    whole = Whole(post, page, (), None, Parts(hashtags=tuple(tags), emojis=tuple(emojis), media=tuple(files)))
    (note,) = await of_wholes(change.tx, [whole], base=change.settings.url)
    number, activity = new_uri(change)
    created = await publish(
        change,
        render.create(note, id=activity),
        actor=page,
        object=post.uri,
        recipients=await recipients(change, visibility=post.visibility, author=page, named=(), group=group),
        carries=post.uri,
        private=not is_provable(post.visibility),
        id=number,
        handed_on=group is not None,
    )
    if group is not None:
        await group_posts.pass_on(change, group, post, created, author=page, at=post.published_at)
