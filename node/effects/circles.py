"""What was for the followers of an account, or the members of a group, goes where nobody is one any more."""

from collections.abc import Sequence

from node.context import Change
from node.domain.posts import Post
from node.effects import posts as effects
from node.store import circles, posts


async def clear(change: Change, actor_id: int) -> None:
    """Erase what is here of peers for an account's followers, or a group's members, if nobody here is one any more."""
    if await circles.is_empty(change.tx, actor_id):
        while batch := await circles.posts_for(change.tx, actor_id, until=change.now):
            await erase(change, batch)


async def erase(change: Change, ids: Sequence[int]) -> list[Post]:
    """Erase copies of posts, some hundred at most, that may come again; return what they were."""
    found = list((await posts.by_ids(change.tx, ids)).values())
    await effects.erase_copies(change, found)
    return found
