"""A vote in a poll of ours."""

from federation.activities import Vote
from inbox.rights import may_see
from node.context import Change
from node.domain.accounts import Account
from node.domain.polls import check_choice
from node.errors import Forbidden, Invalid, NotFound
from node.store import polls, posts


async def handle(change: Change, activity: Vote, sender: Account) -> None:
    """Count it, once for each answer, and for one answer only where one is to be chosen.

    Raises:
        NotFound: no poll of ours. Forbidden: the sender may not see it. Invalid: over, or voted before.
    """
    post = await posts.by_uri(change.tx, activity.object)
    poll = (await polls.of_posts(change.tx, [post.id])).get(post.id) if post is not None and post.local else None
    if post is None or poll is None:
        raise NotFound("There is no such poll here.")
    if not await may_see(change, sender, post):
        raise Forbidden("The sender may not see that poll.")
    before = (await polls.choices(change.tx, [post.id], account_id=sender.id)).get(post.id, [])
    names = [option.name for option in poll.options]
    places = tuple(names.index(name) for name in activity.names if name in names)
    check_choice(poll, tuple({*before, *places}) if places else (), now=change.now)
    counted = [await polls.vote(change.tx, post.id, sender.id, place) for place in places]
    if not before and any(counted):
        await polls.add_voter(change.tx, post.id)
    await polls.note_count(change.tx, post.id, now=change.now)
    if not any(counted):
        raise Invalid("That vote was counted before.")
