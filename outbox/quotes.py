"""Commands on quotes: ask the quoted author, answer who asks, take a permission back (FEP-044f).

The author of what is quoted says yes with a stamp, a document on their own server that names both posts. Between two
members of one node the node says it at once, by the same rule.
"""

from dataclasses import dataclass, replace

from federation import documents, hosts, render
from node.context import Change, Context
from node.domain import uris
from node.domain.accounts import Account
from node.domain.posts import Post, may_quote
from node.domain.visibility import Visibility, is_private
from node.effects import quotes as effects
from node.errors import Forbidden, Invalid, NotFound
from node.store import accounts, posts, queues, quotes, relationships
from outbox.announce import announce_edit
from outbox.audience import inbox_of, within_reach
from outbox.publish import new_uri, publish


@dataclass(frozen=True, slots=True)
class Quote:
    """What a new post quotes. post_id: None until the quoted author says yes. stamp: where they do."""

    uri: str = ""
    post_id: int | None = None
    stamp: str = ""
    author: Account | None = None


async def begin(change: Change, by: Account, id: int | None, *, quoting: str, visibility: Visibility) -> Quote:
    """Return what is to be quoted, allowed already if it is from here.

    Raises:
        NotFound: the author of the quote may not see it. Forbidden: its author wants no quotes, or of others.
        Invalid: it is for certain people, and the quote is for more.
    """
    if id is None:
        return Quote()
    post = await posts.visible_to(change.tx, id, viewer_id=by.id)
    author = await accounts.by_id(change.tx, post.author_id) if post else None
    if post is None or author is None or post.boost_of is not None:
        raise NotFound("The post you quote is not here any more.")
    if is_private(post.visibility) and not is_private(visibility):
        raise Invalid("What you quote is for certain people only. Choose followers or named people as the audience.")
    if not await _allows(change, post, by=by):
        raise Forbidden("Its author does not want this post to be quoted.")
    if post.author_id == by.id:
        return Quote(post.uri, post.id, "", author)
    if author.local:
        stamp = await _stamp(change, post, quoting=quoting, author=author)
        return Quote(post.uri, post.id, stamp, author)
    return Quote(post.uri, None, "", author)


async def _allows(change: Change, post: Post, *, by: Account) -> bool:
    follow = await relationships.between(change.tx, follower_id=by.id, target_id=post.author_id)
    follower = follow is not None and follow.accepted
    return may_quote(post, by_author=post.author_id == by.id, follower=follower)


async def _stamp(change: Change, post: Post, *, quoting: str, author: Account) -> str:
    id = await quotes.stamp(change.tx, id=change.new_id(), post_id=post.id, quoting=quoting)
    return uris.quote_stamp(author.uri, id)


async def ask(change: Change, post: Post, *, author: Account, quote: Quote) -> None:
    """Tell who is quoted: one of ours by a notification, anybody else by a question."""
    if quote.author is None:
        return
    if quote.author.local:
        if quote.post_id is not None:
            await effects.count(change, post, quote.post_id, author=author)
        return
    number, uri = new_uri(change)
    request = render.about(
        "QuoteRequest", id=uri, actor=author.uri, object=quote.uri, instrument=post.uri, to=[quote.author.uri]
    )
    inboxes = await within_reach(change, [inbox_of(quote.author)])
    await publish(change, request, actor=author, object=quote.uri, recipients=inboxes, private=True, id=number)


async def answer(change: Change, asked: render.Json, post: Post, *, author: Account, by: Account, quoting: str) -> None:
    """Answer a peer's question whether one of its people may quote a post of ours: by the post's own rule.

    asked: the QuoteRequest as it is answered. quoting: the id of the post that quotes.
    """
    number, uri = new_uri(change)
    if await _allows(change, post, by=by):
        stamp = await _stamp(change, post, quoting=quoting, author=author)
        body = render.about("Accept", id=uri, actor=author.uri, object=asked, to=[by.uri], result=stamp)
    else:
        body = render.about("Reject", id=uri, actor=author.uri, object=asked, to=[by.uri])
    inboxes = await within_reach(change, [inbox_of(by)])
    await publish(change, body, actor=author, object=post.uri, recipients=inboxes, private=True, id=number)


async def granted(change: Change, request: str, *, by: Account, stamp: str) -> None:
    """A peer's author lets one of ours quote their post: whoever holds the quote learns of the stamp.

    request: the id of our QuoteRequest. stamp: where the permission is, at the author's own server.
    """
    found = await _asked(change, request, by=by)
    if found is not None and stamp and hosts.origin(stamp) == hosts.origin(by.uri):
        post, quoted, author = found
        if await effects.tie(change, post, quoted, author=author, stamp=stamp):
            await announce_edit(change, replace(post, quote_stamp=stamp, quote_id=quoted.id), author=author)


async def refused(change: Change, request: str, *, by: Account) -> None:
    """A peer's author does not let one of ours quote their post: the quote goes, what was written stays."""
    found = await _asked(change, request, by=by)
    if found is not None:
        post, _, author = found
        await effects.untie(change, post, end="rejected")
        await _announce_without(change, post, author=author)


async def _asked(change: Change, request: str, *, by: Account) -> tuple[Post, Post, Account] | None:
    """Return (the quoting post, what it quotes, its author) of a question of ours that `by` may answer."""
    activity = await queues.activity(change.tx, request)
    if activity is None or activity.type != "QuoteRequest":
        return None
    post = await posts.by_uri(change.tx, str(documents.reload(activity.body).get("instrument")))
    quoted = await posts.by_uri(change.tx, activity.object)
    author = await accounts.by_id(change.tx, activity.actor_id)
    if post is None or quoted is None or author is None or post.quote_uri != quoted.uri or quoted.author_id != by.id:
        return None
    return post, quoted, author


async def revoke(ctx: Context, author: Account, post_id: int, quoting_id: int) -> None:
    """Take back that a post may quote one's own: the stamp goes, and its holder is told.

    Raises:
        NotFound: not one's own post, or it is not quoted there.
    """
    async with ctx.change() as change:
        post = await posts.by_id(change.tx, post_id)
        quoting = await posts.visible_to(change.tx, quoting_id, viewer_id=author.id)
        if post is None or post.author_id != author.id or quoting is None or quoting.quote_id != post.id:
            raise NotFound("There is no such quote.")
        id = await quotes.unstamp(change.tx, post_id=post.id, quoting=quoting.uri)
        await effects.untie(change, quoting, end="revoked")
        other = await accounts.by_id(change.tx, quoting.author_id)
        if id is None or other is None:
            return
        if other.local:
            await _announce_without(change, quoting, author=other)
            return
        stamp = render.quote_authorization(
            uris.quote_stamp(author.uri, id), author=author.uri, quoting=quoting.uri, quoted=post.uri
        )
        number, uri = new_uri(change)
        body = render.delete(id=uri, actor=author.uri, object=stamp, to=[other.uri])
        inboxes = await within_reach(change, [inbox_of(other)])
        await publish(change, body, actor=author, object=stamp["id"], recipients=inboxes, private=True, id=number)


async def taken_back(change: Change, stamp: str, *, by: Account) -> bool:
    """A peer's author takes a permission back: what was quoted by it is so no more; False when nothing was.

    Whoever holds the quote is told by its author's node: by this one, where it is ours.
    """
    found = await effects.revoke(change, stamp, by=by)
    for post in found:
        author = await accounts.by_id(change.tx, post.author_id)
        if author is not None and author.local:
            await _announce_without(change, post, author=author)
    return bool(found)


async def _announce_without(change: Change, post: Post, *, author: Account) -> None:
    """Tell whoever holds a post of ours that it quotes nothing any more."""
    await announce_edit(change, replace(post, quote_uri="", quote_stamp="", quote_id=None), author=author)
