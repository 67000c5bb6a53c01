"""What commands on one's own posts share: the post, its document, and telling its holders how it stands now."""

from federation import bridges, render
from federation.notes import notes
from node.context import Change
from node.domain.accounts import Account
from node.domain.posts import Post
from node.domain.visibility import is_provable
from node.errors import NotFound
from node.store import accounts, copies, mentions, posts
from outbox import narrowing
from outbox.audience import recipients, within_reach
from outbox.publish import new_uri
from outbox.publish import publish as send


async def note_of(change: Change, post: Post, *, author: Account) -> render.Json:
    """Return a post of ours as peers get it."""
    return (await notes(change.tx, [post], author=author, base=change.settings.url))[0]


async def announce_edit(change: Change, post: Post, *, author: Account, erases: bool = False) -> None:
    """Send the present state of a post to whoever it is for, those who hold a copy among them.

    Holders at which nobody is in its audience any more are told to erase theirs instead.

    erases: what it said before is to be kept nowhere, so this is tried until each of them has it, as a Delete is.
    """
    named = (await mentions.of_posts(change.tx, [post.id])).get(post.id, [])
    known = await accounts.by_ids(change.tx, [*named, *([post.wall_id] if post.wall_id else [])])
    await narrowing.narrow(change, post, author=author)
    holders = await copies.holders(change.tx, post.uri)
    held = [(copy.host, copy.inbox) for copy in holders if copy.inbox and copy.state == "held"]
    group = await accounts.by_id(change.tx, post.group_id) if post.group_id else None
    audience = await recipients(change, visibility=post.visibility, author=author, named=known.values(), group=group)
    beyond = await bridges.post_crosses(change.tx, post, author=author)
    number, activity = new_uri(change)
    note = await note_of(change, post, author=author)
    await send(
        change,
        render.update(note | ({"erasesVersions": True} if erases else {}), id=activity),
        actor=author,
        object=post.uri,
        recipients={*(held if erases else await within_reach(change, held, beyond=beyond)), *audience},
        carries=post.uri,
        until_confirmed=erases,
        private=not is_provable(post.visibility),
        id=number,
    )


async def own(change: Change, author: Account, id: int) -> Post:
    """Return a post of an author's own.

    Raises:
        NotFound: there is none.
    """
    post = await posts.by_id(change.tx, id)
    if post is None or post.author_id != author.id or post.boost_of is not None:
        raise NotFound("There is no such post of yours.")
    return post
