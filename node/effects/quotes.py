"""What a quote that is allowed, or taken back, changes here: the tie, the count, and who is told."""

from node.context import Change
from node.domain.accounts import Account
from node.domain.events import PostEdited
from node.domain.notifications import Kind
from node.domain.posts import Post
from node.effects.notifications import notify
from node.store import accounts, posts, quotes


async def tie(change: Change, post: Post, quoted: Post, *, author: Account, stamp: str) -> bool:
    """Tie a post of `author`'s to the one it quotes; False when it was tied before. stamp: where that is allowed."""
    if not await quotes.tie(change.tx, post.id, quoted_id=quoted.id, stamp=stamp):
        return False
    await count(change, post, quoted.id, author=author)
    change.tell(PostEdited(post.id))
    return True


async def count(change: Change, post: Post, quoted_id: int, *, author: Account) -> None:
    """Count a quote, and tell the quoted author, when that is one of ours."""
    await posts.count(change.tx, quoted_id, quotes=1)
    quoted = await posts.by_id(change.tx, quoted_id)
    told = await accounts.by_id(change.tx, quoted.author_id) if quoted else None
    if told is not None:
        await notify(change, Kind.QUOTE, account=told, sender=author, post_id=post.id)


async def untie(change: Change, post: Post, *, end: str) -> None:
    """Take the quote out of a post; what was written stays. end: rejected or revoked, by the quoted author."""
    await quotes.forbid(change.tx, post.id, end=end)
    await _uncount(change, post)


async def revoke(change: Change, stamp: str, *, by: Account) -> list[Post]:
    """Untie the posts that quote by this stamp of `by`'s; return them. A peer's has a link then, ours nothing."""
    found = await quotes.stamped(change.tx, stamp, author_id=by.id)
    for post in found:
        await (quotes.forbid if post.local else quotes.loosen)(change.tx, post.id, end="revoked")
        await _uncount(change, post)
    return found


async def _uncount(change: Change, post: Post) -> None:
    if post.quote_id is not None:
        await posts.count(change.tx, post.quote_id, quotes=-1)
    change.tell(PostEdited(post.id))
