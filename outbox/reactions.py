"""Commands on posts that are there: favourite, boost, bookmark, mute, pin, and taking each back."""

from federation import render
from node.context import Change, Context
from node.domain.accounts import Account
from node.domain.posts import MOST_PINNED, Post, boost_of, narrowed
from node.domain.visibility import Visibility, is_private, may_boost
from node.effects import reactions as effects
from node.errors import Forbidden, Invalid, NotFound
from node.store import accounts, copies, nodes, posts, reactions
from outbox import bylines, group_posts
from outbox.audience import inboxes_of_post, recipients
from outbox.publish import new_uri, publish


async def favourite(ctx: Context, by: Account, post_id: int) -> None:
    """Favourite a post; once is enough, twice changes nothing.

    Raises:
        NotFound: the member may not see it.
    """
    async with ctx.change() as change:
        post = await _seen(change, by, post_id)
        if "like" in post.closed and post.author_id != by.id:
            raise Forbidden("Its author takes no likes for this post.")
        number, uri = new_uri(change)
        mark = reactions.Favourite(change.new_id(), uri, by.id, post.id)
        if not await effects.favourite(change, mark, by=by, post=post):
            return
        await _tell(change, render.about("Like", id=uri, actor=by.uri, object=post.uri), by=by, post=post, id=number)


async def unfavourite(ctx: Context, by: Account, post_id: int) -> None:
    """Take a favourite back; without one nothing happens."""
    async with ctx.change() as change:
        post = await _seen(change, by, post_id)
        mark = await reactions.of(change.tx, account_id=by.id, post_id=post.id)
        if mark is None:
            return
        await effects.unfavourite(change, mark)
        like = render.about("Like", id=mark.uri, actor=by.uri, object=post.uri)
        number, uri = new_uri(change)
        await _tell(change, render.about("Undo", id=uri, actor=by.uri, object=like), by=by, post=post, id=number)


async def boost(ctx: Context, by: Account, post_id: int, *, visibility: Visibility | None = None) -> Post:
    """Pass a post on to one's followers; return the boost, the earlier one when there is one.

    visibility: a narrower circle than the post's own.

    Raises:
        NotFound: the member may not see it. Forbidden: its author chose a narrower circle, or it is a guest who asks.
    """
    if by.guest:
        raise Forbidden("Guests pass nothing on.")
    async with ctx.change() as change:
        post = await _seen(change, by, post_id)
        earlier = await posts.boost_by(change.tx, author_id=by.id, post_id=post.id)
        if earlier is not None:
            return earlier
        own = post.author_id == by.id
        if not may_boost(post.visibility, by_author=own) or ("announce" in post.closed and not own):
            raise Forbidden("Its author meant this post for certain people, so it cannot be passed on.")
        author = await _author(change, post)
        number, uri = new_uri(change)
        circle = post.visibility
        if visibility is not None and visibility is not Visibility.DIRECT:
            circle = narrowed(visibility, parent=post.visibility, parent_local=post.local)
        boost = boost_of(post, id=number, uri=uri, by=by, visibility=circle, at=change.now)
        await effects.boost(change, boost, by=by, post=post)
        announce = render.announce(
            boost,
            by=by,
            object=post.uri,
            author=author.uri,
            members=await nodes.members_collection(change.tx),
        )
        reached = await recipients(change, visibility=circle, author=by, named=[author])
        private = is_private(boost.visibility)
        await publish(
            change, announce, actor=by, object=uri, recipients=reached, carries=uri, private=private, id=number
        )
        return boost


async def unboost(ctx: Context, by: Account, post_id: int) -> None:
    """Take a boost back at every node that got it; without one nothing happens."""
    async with ctx.change() as change:
        post = await _seen(change, by, post_id)
        boost = await posts.boost_by(change.tx, author_id=by.id, post_id=post.id)
        if boost is None:
            return
        held = await copies.holders(change.tx, boost.uri)
        await effects.unboost(change, boost, by=by)
        announce = render.about("Announce", id=boost.uri, actor=by.uri, object=post.uri)
        number, uri = new_uri(change)
        undo = render.about("Undo", id=uri, actor=by.uri, object=announce)
        inboxes = [(copy.host, copy.inbox) for copy in held if copy.inbox]
        private = is_private(boost.visibility)
        await publish(
            change,
            undo,
            actor=by,
            object=boost.uri,
            recipients=inboxes,
            until_confirmed=True,
            private=private,
            id=number,
        )
        await copies.order(change.tx, boost.uri)


async def bookmark(ctx: Context, by: Account, post_id: int) -> None:
    """Keep a post at hand; nobody is told."""
    async with ctx.change() as change:
        post = await _seen(change, by, post_id)
        await reactions.bookmark(change.tx, id=change.new_id(), account_id=by.id, post_id=post.id)


async def unbookmark(ctx: Context, by: Account, post_id: int) -> None:
    """Take a bookmark back."""
    async with ctx.change() as change:
        post = await _seen(change, by, post_id)
        await reactions.unbookmark(change.tx, account_id=by.id, post_id=post.id)


async def mute(ctx: Context, by: Account, post_id: int) -> None:
    """Hear nothing more of the conversation a post belongs to."""
    async with ctx.change() as change:
        post = await _seen(change, by, post_id)
        await reactions.mute_thread(change.tx, account_id=by.id, thread_id=post.thread_id)


async def unmute(ctx: Context, by: Account, post_id: int) -> None:
    """Hear of the conversation again."""
    async with ctx.change() as change:
        post = await _seen(change, by, post_id)
        await reactions.unmute_thread(change.tx, account_id=by.id, thread_id=post.thread_id)


async def pin(ctx: Context, by: Account, post_id: int) -> None:
    """Put one's own post, or one of a page that one edits, at the top of its author's wall, on every node.

    Raises:
        NotFound: no such post. Invalid: for named people only, or there are enough already.
    """
    async with ctx.change() as change:
        post, author = await bylines.written(change.tx, by, post_id)
        if post.visibility is Visibility.DIRECT:
            raise Invalid("A post for named people cannot be pinned.")
        if post.pinned_at is None:
            if await posts.count_pinned(change.tx, author.id) >= MOST_PINNED:
                raise Invalid("You have pinned %(most)d posts already. Take one down first.", most=MOST_PINNED)
            await posts.pin(change.tx, post.id, at=change.now)
            await _tell_pinned(change, post, by=author, kind="Add")


async def unpin(ctx: Context, by: Account, post_id: int) -> None:
    """Take such a post down from the top of its author's wall."""
    async with ctx.change() as change:
        post, author = await bylines.written(change.tx, by, post_id)
        if post.pinned_at is not None:
            await posts.pin(change.tx, post.id, at=None)
            await _tell_pinned(change, post, by=author, kind="Remove")


async def _tell_pinned(change: Change, post: Post, *, by: Account, kind: str) -> None:
    number, uri = new_uri(change)
    body = render.about(kind, id=uri, actor=by.uri, object=post.uri, target=by.featured, to=[by.followers])
    reached = await recipients(change, visibility=post.visibility, author=by, named=[])
    private = is_private(post.visibility)
    await publish(change, body, actor=by, object=post.uri, recipients=reached, private=private, id=number)


async def _seen(change: Change, by: Account, post_id: int) -> Post:
    post = await posts.visible_to(change.tx, post_id, viewer_id=by.id)
    if post is not None and post.boost_of is not None:
        post = await posts.visible_to(change.tx, post.boost_of, viewer_id=by.id)
    if post is None or not by.active:
        raise NotFound("There is no such post.")
    return post


async def _author(change: Change, post: Post) -> Account:
    author = await accounts.by_id(change.tx, post.author_id)
    if author is None:
        raise NotFound("There is no such post.")
    return author


async def _tell(change: Change, activity: render.Json, *, by: Account, post: Post, id: int) -> None:
    """Tell the author of a post what somebody here did with it, and the members of the group in which it stands.

    Only for these it needs a proof: they get it from the group.
    """
    group = await accounts.by_id(change.tx, post.group_id) if post.group_id else None
    activity = activity | ({"audience": group.uri} if group else {})
    inboxes = await inboxes_of_post(change, post, await _author(change, post), group, by=by)
    here = group is not None and group.local
    sent = await publish(
        change,
        activity,
        actor=by,
        object=post.uri,
        recipients=inboxes,
        private=group is None,
        id=id,
        handed_on=here,
    )
    if group is not None and here:
        await group_posts.tell_reaction(change, group, sent, post=post, by=by)
