"""Commands on somebody else's posts: black out a passage of one, or take it out whole. Its author is told why.

Both are for posts of this node's authors, and reach every copy. Who may do this the doors and `moderation.desk` know.
"""

import logging
from dataclasses import replace
from functools import partial

from moderation import journal
from moderation.telling import tell_author
from node.context import Change, Context
from node.domain import blackout, uris
from node.domain.accounts import Account
from node.domain.erasures import Ground
from node.domain.measures import check_reason
from node.domain.posts import Parts, Post, edit_moment
from node.effects import posts as effects
from node.errors import Invalid, NotFound
from node.store import accounts, parts, posts, versions
from outbox import erasures
from outbox.announce import announce_edit
from outbox.posts import delete_everywhere
from themes import told

audit = logging.getLogger("allmende.audit")

_EVERY_VERSION = 1_000_000


async def take_out(ctx: Context, by: Account, post_id: int, *, reason: str) -> None:
    """Take a post of ours out, here and at every node that holds a copy.

    Raises:
        NotFound: no such post of an author of ours. Invalid: no reason is given.
    """
    async with ctx.change() as change:
        await remove(change, post_id, reason=reason, by=by, subject=f"post {post_id}")


async def remove(change: Change, post_id: int, *, reason: str, by: Account, subject: str) -> Post:
    """Do the same within a transaction, for what the journal shall name as its subject; return what was there."""
    said = check_reason(reason)
    post, author = await _ours(change, post_id)
    await delete_everywhere(change, post, author=author, ground=Ground.MODERATION)
    where = uris.complaint(change.settings.url)
    say = partial(told.taken_out, published_at=post.published_at, reason=said, complain_at=where)
    await tell_author(change, author, say)
    await journal.append(change, "post.taken_out", subject=subject, by=by, digest=_digest(change, post, said))
    audit.warning("post %s taken out", post.uri)
    return post


async def black_out(change: Change, post_id: int, passage: str, *, reason: str, by: Account, subject: str) -> Post:
    """Take a passage out of a post of ours, and of all that it ever said; blocks stand in its place. Return it.

    The new version goes to everybody who holds a copy, and says that no earlier one is to be kept.

    Raises:
        NotFound: no such post of an author of ours. Invalid: no such passage in it, or no reason is given.
    """
    blackout.check_passage(passage)
    said = check_reason(reason)
    post, author = await _ours(change, post_id)
    former = await versions.of_post(change.tx, post.id, limit=_EVERY_VERSION)
    whole = (await parts.wholes(change.tx, [post], known=[author]))[0]
    edited, hanging = _blacked(post, passage), _without(whole.parts, passage)
    if (edited, hanging) == (post, whole.parts) and all(_version(one, passage) == one for one in former):
        raise Invalid("These words do not stand in this post.")
    edited = replace(edited, edited_at=edit_moment(post, now=change.now))
    named = [one for one in whole.mentioned if one.url not in post.content or one.url in edited.content]
    await effects.edit(change, edited, author=author, mentioned=named, parts=hanging)
    for one in await versions.of_post(change.tx, post.id, limit=_EVERY_VERSION):
        await versions.rewrite(change.tx, post.id, _version(one, passage))
    await effects.forget_former_texts(change, edited)
    await announce_edit(change, edited, author=author, erases=True)
    await erasures.order_passage(change, author, post.uri, ground=Ground.MODERATION)
    where = uris.complaint(change.settings.url)
    say = partial(told.blacked_out, published_at=post.published_at, url=post.url, reason=said, complain_at=where)
    await tell_author(change, author, say)
    await journal.append(change, "post.blacked_out", subject=subject, by=by, digest=_digest(change, post, said))
    audit.warning("post %s blacked out", post.uri)
    return edited


def _digest(change: Change, post: Post, reason: str) -> str:
    return journal.digest_of(f"{post.uri}\n{reason}", salt=change.secret.hex())


async def _ours(change: Change, post_id: int) -> tuple[Post, Account]:
    post = await posts.by_id(change.tx, post_id)
    if post is None or not post.local or post.boost_of is not None:
        raise NotFound("There is no such post of somebody here.")
    author = await accounts.by_id(change.tx, post.author_id)
    assert author is not None, "a post has an author"
    return post, author


def _blacked(post: Post, passage: str) -> Post:
    content = blackout.html(post.content, passage)
    return replace(
        post,
        content=content,
        source=blackout.source(post.source, passage, content=content),
        summary=blackout.plain(post.summary, passage),
    )


def _without(hanging: Parts, passage: str) -> Parts:
    """What hangs on a post: hashtags go, the rest keeps its place, and a poll its votes."""
    poll, notice = hanging.poll, hanging.notice
    if poll is not None:
        options = tuple(replace(one, name=blackout.plain(one.name, passage)) for one in poll.options)
        poll = replace(poll, options=options)
    if notice is not None:
        notice = replace(notice, category=blackout.plain(notice.category, passage))
    return replace(
        hanging,
        hashtags=tuple(name for name in hanging.hashtags if not blackout.has(name, passage)),
        media=tuple(replace(one, description=blackout.plain(one.description, passage)) for one in hanging.media),
        poll=poll,
        notice=notice,
    )


def _version(version: versions.Version, passage: str) -> versions.Version:
    return replace(
        version,
        content=blackout.html(version.content, passage),
        summary=blackout.plain(version.summary, passage),
        options=tuple(blackout.plain(one, passage) for one in version.options),
    )
