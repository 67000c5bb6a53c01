"""What a member's lists change: an exclusive one takes its people out of the home stream."""

from collections.abc import Iterable

from node.context import Change
from node.domain.accounts import Account
from node.domain.lists import List, check_list
from node.errors import Invalid, NotFound
from node.store import homes, lists, relationships


async def create(change: Change, made: List) -> List:
    """Add a list.

    Raises:
        Invalid: see `check_list`, or the member has too many.
    """
    limits = change.settings.limits
    check_list(made, longest=limits.name_length)
    if len(await lists.of_member(change.tx, made.account_id)) >= limits.lists_per_member:
        raise Invalid("You have %(most)d lists already. Delete one first.", most=limits.lists_per_member)
    await lists.insert(change.tx, made)
    return made


async def alter(change: Change, old: List, new: List) -> None:
    """Write a list's title and how it is read.

    Raises:
        Invalid: see `check_list`.
    """
    check_list(new, longest=change.settings.limits.name_length)
    await lists.update(change.tx, new)
    if new.exclusive != old.exclusive:
        await homes.settle_authors(change.tx, old.account_id, await lists.member_ids(change.tx, old.id))


async def delete(change: Change, old: List) -> None:
    """Remove a list; its people come back into the home stream."""
    people = await lists.member_ids(change.tx, old.id)
    await lists.delete(change.tx, old.id)
    if old.exclusive:
        await homes.settle_authors(change.tx, old.account_id, people)


async def add(change: Change, owner: Account, into: List, account_ids: Iterable[int]) -> None:
    """Put people into a list: those whom its owner follows, or asks to, and the owner.

    Raises:
        NotFound: somebody else, or nobody.
    """
    wanted = set(account_ids)
    followed = await relationships.of_viewer(change.tx, owner.id, wanted)
    if wanted - followed.keys() - {owner.id}:
        raise NotFound("You put only people into a list whom you follow. Follow them first.")
    await lists.add(change.tx, into.id, [(change.new_id(), id) for id in sorted(wanted)])
    if into.exclusive:
        await homes.settle_authors(change.tx, owner.id, wanted)


async def remove(change: Change, of: List, account_ids: Iterable[int]) -> None:
    """Take people out of a list; who is not in it stays out."""
    gone = set(account_ids)
    await lists.remove(change.tx, of.id, gone)
    if of.exclusive:
        await homes.settle_authors(change.tx, of.account_id, gone)
