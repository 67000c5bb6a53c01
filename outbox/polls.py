"""Commands on polls: vote, and tell others the numbers."""

from federation import render
from node.context import Context
from node.domain.accounts import Account
from node.domain.personas import check_oneself
from node.domain.polls import check_choice
from node.domain.posts import Post
from node.effects.notifications import polls_ended
from node.errors import Invalid, NotFound
from node.store import accounts, polls, posts
from outbox.announce import announce_edit
from outbox.audience import inbox_of_author
from outbox.publish import new_uri, publish

_TELL_AFTER_MS = 30_000


async def do_due(ctx: Context) -> None:
    """Tell of polls that are over, and send new numbers of ours to whoever holds a copy.

    Half a minute after the first new vote, or at once when the poll is over: many votes are one activity.
    """
    now = ctx.clock()
    async with ctx.db.read() as tx:
        if not await polls.is_any_due(tx, before=now - _TELL_AFTER_MS, now=now):
            return
    async with ctx.change() as change:
        await polls_ended(change)
        counted = await polls.take_counted(change.tx, before=change.now - _TELL_AFTER_MS, now=change.now)
        found = await posts.by_ids(change.tx, counted)
        authors = await accounts.by_ids(change.tx, {post.author_id for post in found.values()})
        for post in found.values():
            await announce_edit(change, post, author=authors[post.author_id])


async def vote(ctx: Context, by: Account, post_id: int, places: tuple[int, ...]) -> Post:
    """Vote for the answers at these places, once and for all; only the poll's author is told.

    Raises:
        NotFound: no such poll, or the member may not see it. Invalid: see `check_choice`; voted before.
        Forbidden: a persona, whose member votes themselves.
    """
    check_oneself(by)
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
        if author.local:
            await polls.note_count(change.tx, post.id, now=change.now)
        inboxes = await inbox_of_author(change, post, author, by=by)
        for place in chosen if inboxes else ():
            number, uri = new_uri(change)
            ballot = render.ballot(
                id=f"{uri}#vote", by=by.uri, name=poll.options[place].name, question=post.uri, to=author.uri
            )
            body = render.about("Create", id=uri, actor=by.uri, object=ballot, to=[author.uri])
            await publish(change, body, actor=by, object=post.uri, recipients=inboxes, private=True, id=number)
        return post
