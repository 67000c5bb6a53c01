"""The command to vote in a poll."""

from federation import render
from node.context import Context
from node.domain.accounts import Account
from node.domain.polls import check_choice
from node.domain.posts import Post
from node.errors import Invalid, NotFound
from node.store import accounts, polls, posts
from outbox.audience import inbox_of, within_organisation
from outbox.publish import new_uri, publish


async def vote(ctx: Context, by: Account, post_id: int, places: tuple[int, ...]) -> Post:
    """Vote for the answers at these places, once and for all; only the poll's author is told.

    Raises:
        NotFound: no such poll, or the member may not see it. Invalid: see `check_choice`; voted before.
    """
    async with ctx.change() as change:
        post = await posts.visible_to(change.tx, post_id, viewer_id=by.id)
        poll = (await polls.of_posts(change.tx, [post_id])).get(post_id) if post else None
        author = await accounts.by_id(change.tx, post.author_id) if post else None
        if post is None or poll is None or author is None:
            raise NotFound("There is no such poll.")
        chosen = tuple(dict.fromkeys(places))
        check_choice(poll, chosen, now=change.now)
        if await polls.choices(change.tx, [post.id], account_id=by.id):
            raise Invalid("You have voted already.")
        for place in chosen:
            await polls.vote(change.tx, post.id, by.id, place)
        await polls.add_voter(change.tx, post.id)
        inboxes = [] if author.local else await within_organisation(change, [inbox_of(author)])
        for place in chosen if inboxes else ():
            number, uri = new_uri(change)
            ballot = render.ballot(
                id=f"{uri}#vote", by=by.uri, name=poll.options[place].name, question=post.uri, to=author.uri
            )
            body = render.about("Create", id=uri, actor=by.uri, object=ballot, to=[author.uri])
            await publish(change, body, actor=by, object=post.uri, recipients=inboxes, private=True, id=number)
        return post
