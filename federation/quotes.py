"""May this post quote that one? Its author's server says so with a stamp, or not at all (FEP-044f)."""

from federation import documents, hosts, resolve
from federation.errors import FederationError
from node.context import Context
from node.domain import uris
from node.domain.accounts import Account
from node.domain.posts import Post
from node.effects import quotes as effects
from node.store import accounts, posts, quotes


async def check(ctx: Context, uri: str) -> None:
    """Fetch what a post quotes, and tie the two when the quoted author allows it.

    Oneself may always be quoted. Anybody else's stamp has to be on that author's own server and to name both
    posts; without one the quote stays a link.
    """
    async with ctx.db.read() as tx:
        post = await posts.by_uri(tx, uri)
    if post is None or not post.quote_uri or post.quote_id is not None:
        return
    quoted = await resolve.post(ctx, post.quote_uri)
    if quoted is None or quoted.boost_of is not None:
        return
    async with ctx.db.read() as tx:
        author = await accounts.by_id(tx, quoted.author_id)
        quoter = await accounts.by_id(tx, post.author_id)
    if author is None or quoter is None:
        return
    if quoted.author_id == post.author_id or await _is_stamped(ctx, post, quoted, author):
        async with ctx.change() as change:
            await effects.tie(change, post, quoted, author=quoter, stamp=post.quote_stamp)


async def _is_stamped(ctx: Context, post: Post, quoted: Post, author: Account) -> bool:
    if not post.quote_stamp:
        return False
    if author.local:
        return await _is_stamped_here(ctx, post, quoted, author)
    try:
        if hosts.origin(post.quote_stamp) != hosts.origin(author.uri):
            return False
        stamp = await resolve.document(ctx, post.quote_stamp)
    except FederationError:
        return False
    return (
        documents.kind(stamp) == "QuoteAuthorization"
        and documents.one_id(stamp.get("attributedTo")) == author.uri
        and documents.one_id(stamp.get("interactingObject")) == post.uri
        and documents.one_id(stamp.get("interactionTarget")) == quoted.uri
    )


async def _is_stamped_here(ctx: Context, post: Post, quoted: Post, author: Account) -> bool:
    async with ctx.db.read() as tx:
        stamp = await quotes.of(tx, post_id=quoted.id, quoting=post.uri)
    return stamp is not None and post.quote_stamp == uris.quote_stamp(author.uri, stamp)
