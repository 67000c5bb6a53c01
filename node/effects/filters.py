"""What a member's filters change here: only what that member is shown."""

from node.context import Change
from node.domain.events import FiltersChanged
from node.domain.filters import MOST_FILTERS, Filter, Filtered, check
from node.errors import Invalid, NotFound
from node.store import filters, posts


async def add(change: Change, filter: Filter) -> None:
    """Store a new filter.

    Raises:
        Invalid: see `node.domain.filters.check`; or the member has too many already.
    """
    if await filters.count(change.tx, filter.account_id) >= MOST_FILTERS:
        raise Invalid("You have %(most)d filters already. Delete one first.", most=MOST_FILTERS)
    await save(change, filter)


async def save(change: Change, filter: Filter) -> None:
    """Store what a filter is now.

    Raises:
        Invalid: see `node.domain.filters.check`.
    """
    check(filter)
    await filters.put(change.tx, filter)
    change.tell(FiltersChanged(filter.account_id))


async def delete(change: Change, filter: Filter) -> None:
    """Remove a filter."""
    await filters.delete(change.tx, filter.id)
    change.tell(FiltersChanged(filter.account_id))


async def add_post(change: Change, filter: Filter, post_id: int) -> int:
    """Put a single post into a filter, of a boost what it passes on; return the id of what went in.

    Raises:
        NotFound: the member may not know of that post.
    """
    post = await posts.visible_to(change.tx, post_id, viewer_id=filter.account_id)
    if post is None:
        raise NotFound("There is no such post.")
    shown = post.boost_of or post.id
    await filters.add_post(change.tx, filter.id, Filtered(change.new_id(), shown))
    change.tell(FiltersChanged(filter.account_id))
    return shown


async def remove_post(change: Change, filter: Filter, entry_id: int) -> None:
    """Take a single post out of a filter."""
    await filters.remove_post(change.tx, entry_id)
    change.tell(FiltersChanged(filter.account_id))
