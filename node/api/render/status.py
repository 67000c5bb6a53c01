"""The Status entity, for a page of posts in a dozen queries however long it is."""

from typing import Any

from node.api.render.account import account as render_account
from node.api.render.parts import parts as render_parts
from node.context import Context
from node.domain.accounts import Account
from node.domain.posts import Post
from node.domain.times import iso
from node.domain.visibility import Visibility
from node.store import accounts, parts, posts, reactions
from node.store.database import Tx

_CLIENT_VISIBILITY = {
    Visibility.UNIT: "unlisted",
    Visibility.ORGANISATION: "public",
    Visibility.PUBLIC: "public",
    Visibility.FOLLOWERS: "private",
    Visibility.DIRECT: "direct",
}


async def statuses(ctx: Context, tx: Tx, found: list[Post], *, viewer_id: int) -> list[dict[str, Any]]:
    """Return posts as statuses, with what the viewer did to them."""
    related = await posts.related(tx, found, viewer_id=viewer_id)
    every = [*found, *related.values()]
    ids = {post.id for post in every}
    named = await posts.mentioned(tx, ids)
    people = {post.author_id for post in every} | {id for some in named.values() for id in some}
    walls = {post.wall_id for post in every if post.wall_id}
    known = await accounts.by_ids(tx, people | walls)
    favourited, reblogged = await reactions.of_viewer(tx, viewer_id, ids)
    parents = {post.reply_to_id for post in every if post.reply_to_id}
    authors = {id: post.author_id for id, post in (await posts.visible_ids(tx, parents, viewer_id=viewer_id)).items()}
    hanging = await parts.of_page(tx, every, known, viewer_id=viewer_id)

    def one(post: Post) -> dict[str, Any]:
        body = _status(
            post,
            author=known[post.author_id],
            mentioned=[known[id] for id in named.get(post.id, []) if id in known],
            wall=known.get(post.wall_id) if post.wall_id else None,
            reply_author=authors.get(post.reply_to_id) if post.reply_to_id else None,
            favourited=post.id in favourited,
            reblogged=post.id in reblogged,
            authority=ctx.settings.authority,
        )
        return body | render_parts(ctx, post, hanging)

    def whole(post: Post) -> dict[str, Any]:
        boosted, quoted = related.get(post.boost_of or 0), related.get(post.quote_id or 0)
        quote = {"state": "accepted", "quoted_status": one(quoted)} if quoted else None
        return one(post) | {"reblog": whole(boosted) if boosted else None, "quote": quote}

    return [whole(post) for post in found if post.boost_of is None or post.boost_of in related]


def _status(
    post: Post,
    *,
    author: Account,
    mentioned: list[Account],
    wall: Account | None,
    reply_author: int | None,
    favourited: bool,
    reblogged: bool,
    authority: str,
) -> dict[str, Any]:
    return {
        "id": str(post.id),
        "uri": post.uri,
        "url": post.url,
        "created_at": iso(post.published_at),
        "edited_at": iso(post.edited_at) if post.edited_at else None,
        "account": render_account(author, authority=authority),
        "content": post.content,
        "spoiler_text": post.summary,
        "sensitive": post.sensitive,
        "visibility": _CLIENT_VISIBILITY[post.visibility],
        "local_only": post.visibility is Visibility.UNIT,
        "audience": post.visibility.value,
        "wall": render_account(wall, authority=authority) if wall else None,
        "language": post.language or None,
        "in_reply_to_id": str(post.reply_to_id) if reply_author else None,
        "in_reply_to_account_id": str(reply_author) if reply_author else None,
        "replies_count": post.replies,
        "reblogs_count": post.boosts,
        "favourites_count": post.favourites,
        "favourited": favourited,
        "reblogged": reblogged,
        "bookmarked": False,
        "muted": False,
        "pinned": False,
        "mentions": [
            {"id": str(one.id), "username": one.username, "url": one.url, "acct": one.handle(authority)}
            for one in mentioned
        ],
        "filtered": [],
        "card": None,
        "application": None,
    }
