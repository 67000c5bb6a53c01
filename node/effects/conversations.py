"""Keep each member's conversations: which direct messages they exchange with whom, and whether they have read them."""

from collections.abc import Iterable, Mapping, Sequence

from node.context import Change
from node.domain.accounts import Account
from node.domain.events import ConversationChanged
from node.domain.posts import Post
from node.domain.visibility import Visibility
from node.store import conversations, notifications
from node.store.conversations import Conversation


async def remember(change: Change, post: Post, author: Account, named: Iterable[Account]) -> None:
    """Put a direct message into the conversations of its author and of those who were told that it names them.

    To be called once they were: who blocked or muted the author, or wants to be asked first, is not told.
    """
    if post.visibility is not Visibility.DIRECT or post.boost_of is not None:
        return
    told = await notifications.told_of(change.tx, post.id)
    addressed = {one.id for one in named} | {post.wall_id}
    unread = dict.fromkeys(sorted(told & addressed), True)
    if author.local:
        unread[author.id] = False
    await _put(change, [(id, post.thread_id, post.id, new) for id, new in unread.items()])


async def admit(change: Change, account_id: int, latest: Mapping[int, int]) -> None:
    """Put messages that waited into a member's conversations. latest: thread → its newest one."""
    await _put(change, [(account_id, thread_id, post_id, True) for thread_id, post_id in latest.items()])


async def _put(change: Change, rows: list[tuple[int, int, int, bool]]) -> None:
    made = [Conversation(change.new_id(), *row) for row in rows]
    await conversations.put(change.tx, made)
    for account_id, id in await conversations.ids(change.tx, made):
        change.tell(ConversationChanged(account_id, id))


async def forget(change: Change, gone: Sequence[Post]) -> None:
    """Take messages that are deleted out of the conversations that end with them."""
    messages = [post for post in gone if post.visibility is Visibility.DIRECT and post.boost_of is None]
    if messages:
        threads = {post.thread_id for post in messages}
        await conversations.forget(change.tx, [post.id for post in messages], threads=sorted(threads))
