"""What a post, its edit and its deletion change here, whoever caused it."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

from node.context import Change
from node.domain.accounts import Account
from node.domain.events import ContentErased, InboxFilled, PostAdded, PostDeleted, PostEdited
from node.domain.links import links_in
from node.domain.notifications import Kind
from node.domain.posts import NO_PARTS, Parts, Post
from node.domain.trends import counts
from node.domain.visibility import Visibility, is_private
from node.domain.words import said
from node.effects import conversations
from node.effects.notifications import edited, new_post, notify, notify_each
from node.errors import Unavailable
from node.store import (
    accounts,
    audience,
    boards,
    hashtags,
    media,
    mentions,
    polls,
    posts,
    queues,
    timelines,
    tombstones,
    trends,
    versions,
    words,
)

_ON_SCREENS_MS = 30 * 86_400_000


async def add(
    change: Change, post: Post, *, author: Account, mentioned: Iterable[Account], parts: Parts = NO_PARTS
) -> bool:
    """Store a post, fan it out to homes, tell who is named; False when it is, or was, here already.

    What arrived before a peer's post (replies, a favourite waiting in the queue, its deletion) finds it now. Of one of
    ours nobody has heard yet.
    """
    tx = change.tx
    if not post.local and await _is_gone(change, post, author):
        return False
    if not await posts.insert(tx, post):
        return False
    named = [account for account in mentioned if account.active]
    await mentions.put(tx, post.id, [account.id for account in named])
    await _put_parts(change, post, parts)
    await _put_links(change, post, author)
    await words.put(tx, post, _said(post, parts))
    if parts.hashtags and not is_private(post.visibility):
        await timelines.add_to_tag_followers(tx, id=post.id, names=parts.hashtags)
    if post.reply_to_id is not None:
        await posts.count(tx, post.reply_to_id, replies=1)
    if not post.local:
        await _found_at_last(change, post)
    await _fan_out(change, post, author=author, named=named)
    change.tell(PostAdded(post.id))
    return True


async def _is_gone(change: Change, post: Post, author: Account) -> bool:
    """Tell whether a peer's post was deleted, or this version of it taken back."""
    return await tombstones.is_buried(change.tx, post.uri, by=author.uri) or await tombstones.is_withdrawn(
        change.tx, post.uri, version=post.edited_at or post.published_at
    )


async def add_old(change: Change, post: Post, *, parts: Parts) -> None:
    """Store a post that its author wrote elsewhere, long ago. Nobody is told of it.

    Raises:
        Unavailable: another post took its number a moment ago.
    """
    if not await posts.insert(change.tx, post):
        raise Unavailable("Another post has this number. Try again in a moment.")
    await _put_parts(change, post, parts)
    await words.put(change.tx, post, _said(post, parts))
    if post.reply_to_id is not None:
        await posts.count(change.tx, post.reply_to_id, replies=1)


async def _found_at_last(change: Change, post: Post) -> None:
    """Tie to a post what arrived before it."""
    adopted = await posts.adopt_replies(change.tx, post)
    if adopted:
        await posts.count(change.tx, post.id, replies=adopted)
    if await queues.wake_waiting_for(change.tx, post.uri, now=change.now):
        change.tell(InboxFilled())


def _said(post: Post, parts: Parts) -> str:
    options = [option.name for option in parts.poll.options] if parts.poll else []
    descriptions = [one.description for one in parts.media]
    return said(summary=post.summary, content=post.content, options=options, descriptions=descriptions)


async def _fan_out(change: Change, post: Post, *, author: Account, named: list[Account]) -> None:
    if post.visibility is Visibility.DIRECT:
        ids = [account.id for account in (author, *named) if account.local]
        await timelines.add_to(change.tx, id=post.id, account_ids=ids)
    elif post.visibility is Visibility.GROUP:
        return  # its members are shown it, and told of it, when the group passes it on
    else:
        await timelines.add_to_followers(change.tx, id=post.id, author_id=author.id, language=post.language)
    others = [account for account in named if account.id != post.wall_id]
    await notify_each(change, Kind.MENTION, people=others, sender=author, post_id=post.id)
    if post.wall_id is not None:
        owner = await accounts.by_id(change.tx, post.wall_id)
        if owner is not None:
            await notify(change, Kind.WALL, account=owner, sender=author, post_id=post.id)
    await new_post(change, post)
    await conversations.remember(change, post, author, named)


async def _put_parts(change: Change, post: Post, parts: Parts) -> None:
    tx = change.tx
    if parts.hashtags:
        await hashtags.put(tx, post, parts.hashtags)
    if parts.emojis:
        await media.put_emojis(tx, parts.emojis)
    if parts.media:
        await media.put(tx, parts.media)
    if parts.poll is not None:
        await polls.put(tx, post.id, parts.poll)
    if parts.notice is not None:
        await boards.put(tx, post.id, parts.notice)


async def _put_links(change: Change, post: Post, author: Account) -> None:
    """Note what a post leads to, as far as that is counted. To people and posts here, and where it is from, is not."""
    if change.settings.trends.enabled and counts(post.visibility):
        found = links_in(post.content, but={change.settings.authority, author.host})
        if found:
            await trends.put_links(change.tx, post.id, found)


async def edit(
    change: Change, post: Post, *, author: Account, mentioned: Iterable[Account], parts: Parts | None = None
) -> None:
    """Write an edited post. People it newly names are told; those named before are not told again.

    parts: what hangs on it now; None leaves that as it is.
    """
    tx = change.tx
    before = set((await mentions.of_posts(tx, [post.id])).get(post.id, []))
    named = [account for account in mentioned if account.active]
    earlier = await posts.by_id(tx, post.id)
    written_anew = earlier is not None and await _keep_version(change, earlier, post)
    await posts.rewrite(tx, post)
    if earlier is not None and earlier.quote_id is not None and earlier.quote_id != post.quote_id:
        await posts.count(tx, earlier.quote_id, quotes=-1)
    await mentions.forget(tx, post.id)
    await mentions.put(tx, post.id, [account.id for account in named])
    if parts is not None:
        await _replace_parts(change, post, parts)
    await trends.forget_links(tx, post.id)
    await _put_links(change, post, author)
    await words.put(tx, post, (await words.texts(tx, [post.id]))[post.id])
    new = [account for account in named if account.id not in before and account.id != post.wall_id]
    await notify_each(change, Kind.MENTION, people=new, sender=author, post_id=post.id)
    await conversations.remember(change, post, author, new)
    if written_anew:
        await edited(change, post)
    change.tell(PostEdited(post.id))
    change.tell(ContentErased())  # the earlier text must not stay behind in free pages


async def _keep_version(change: Change, post: Post, newer: Post) -> bool:
    """Keep what a post was; False when its author did not write it anew (votes came in)."""
    if post.edited_at == newer.edited_at:
        return False
    poll = (await polls.of_posts(change.tx, [post.id])).get(post.id) if post.kind == "Question" else None
    options = tuple(option.name for option in poll.options) if poll else ()
    earlier = versions.Version(post.edited_at or post.published_at, post.content, post.summary, post.sensitive, options)
    await versions.keep(change.tx, post.id, earlier)
    return True


async def _replace_parts(change: Change, post: Post, parts: Parts) -> None:
    """Write what hangs on a post now; a file that stays keeps its number and its copy here."""
    held = (await media.of_posts(change.tx, [post.id])).get(post.id, [])
    here = {one.remote_url: one.id for one in held if one.remote_url}
    files = tuple(replace(one, id=here.get(one.remote_url, one.id)) for one in parts.media)
    await media.remove_from_posts(change.tx, [post.id], but=[one.id for one in files])
    await hashtags.forget(change.tx, post.id)
    await boards.forget(change.tx, post.id)
    await _put_parts(change, post, replace(parts, media=files))


async def forget_former_texts(change: Change, post: Post) -> None:
    """Erase what a post said before from our queues, both ways: its newest version follows, or has just come.

    Backups lose it, too: from now on the post is another record of theirs.
    """
    await queues.drop_texts_of(change.tx, post.uri)
    await posts.cut(change.tx, [post.id])
    change.tell(ContentErased())


async def delete(change: Change, gone: Sequence[Post], *, author: Account) -> None:
    """Remove posts of an author, some hundred at most, from every place here, and keep them from coming back.

    Their boosts, favourites, timeline rows and notifications go with them; queued activities about them lose
    their text. What stays is the tombstones and, for our own posts, the copy ledger.
    """
    kinds = {post.uri: "Announce" if post.boost_of is not None else post.kind for post in gone}
    graves = [tombstones.Tombstone(uri, author.uri, kind, change.now) for uri, kind in kinds.items()]
    await tombstones.bury(change.tx, graves)
    await erase_copies(change, gone)


async def erase_copies(change: Change, gone: Sequence[Post]) -> None:
    """Remove posts, some hundred at most, from every place here; they may come again from their origin.

    Each statement is for all of them: what SQLite does at the end of one grows with what the transaction has changed.
    """
    tx, ids, objects = change.tx, [post.id for post in gone], [post.uri for post in gone]
    await _tell_deleted(change, gone)
    await conversations.forget(change, gone)
    await posts.uncount(tx, gone)
    await media.remove_from_posts(tx, ids)
    await posts.delete(tx, ids)
    await queues.wipe_inbox_about(tx, objects)
    await queues.cancel_about(tx, objects)
    change.tell(ContentErased())
    await asyncio.sleep(0)  # an erasure goes on like this for seconds; meanwhile others read


async def conceal(change: Change, held: Sequence[Post]) -> None:
    """Take posts, some hundred at most, whose author is hidden, from screens, and from what is on its way to others."""
    await _tell_deleted(change, held)
    await queues.cancel_about(change.tx, [post.uri for post in held])


async def _tell_deleted(change: Change, gone: Sequence[Post]) -> None:
    """Tell who has posts, or boosts of them, on a screen. After a month nobody has; an erasure deletes many such."""
    recent = [post for post in gone if change.now - post.published_at <= _ON_SCREENS_MS]
    wide = {post.id for post in recent if not is_private(post.visibility)}
    for id, had in (await audience.had(change.tx, recent)).items():
        change.tell(PostDeleted(id, id in wide, had))


async def forget_unseen(change: Change, uri: str, *, by: str, former_type: str) -> None:
    """Remember the deletion, or undoing, of something that is not here (yet): it will not enter."""
    await tombstones.bury(change.tx, [tombstones.Tombstone(uri, by, former_type, change.now)])
    await queues.wipe_inbox_about(change.tx, [uri])


async def lock(change: Change, post: Post, *, locked: bool) -> None:
    """The group in which a post stands closes its conversation, or opens it again."""
    if await posts.lock(change.tx, post.id, locked=locked):
        change.tell(PostEdited(post.id))


async def show_on_wall(change: Change, post: Post, *, owner: Account, shown: bool) -> None:
    """The wall's owner confirms (FEP-400e Add) or withdraws (Remove) a post on it."""
    if not await posts.show_on_wall(change.tx, post.id, shown=shown):
        return
    if shown:
        await timelines.add_to_followers(change.tx, id=post.id, author_id=owner.id)
    change.tell(PostAdded(post.id) if shown else PostEdited(post.id))
