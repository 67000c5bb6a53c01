"""Who receives a post: its visibility and mentions become inboxes, folded to shared ones."""

from collections.abc import Iterable
from dataclasses import dataclass

from federation import addressing
from node.context import Change
from node.domain.accounts import Account
from node.domain.visibility import Visibility
from node.store import nodes, people, relationships


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a post would reach.

    people: how many active members here for the unit and the organisation, how many followers here and at `hosts` for
    followers, how many are named for named people. hosts: the other nodes that it is sent to. named: those mentioned,
    the wall's owner and whose post it answers, as far as it reaches them; left_out: those whom it does not.
    """

    visibility: Visibility
    people: int
    hosts: tuple[str, ...]
    named: tuple[Account, ...]
    left_out: tuple[Account, ...]


def inbox_of(account: Account) -> tuple[str, str]:
    """Return (host, inbox) for a delivery to one account, its node's shared inbox when it has one."""
    return account.host, account.shared_inbox or account.inbox


async def recipients(
    change: Change, *, visibility: Visibility, author: Account, named: Iterable[Account]
) -> list[tuple[str, str]]:
    """Return every (host, inbox) a post of ours goes to, each once.

    `named`: those mentioned, the wall's owner and whose post it answers. What `federation.addressing`
    does not allow is not in it: nothing for the own unit, nobody outside the organisation.
    """
    if not addressing.may_leave(visibility):
        return []
    members = await nodes.members(change.tx)
    inboxes = {inbox_of(account) for account in named if not account.local}
    if visibility in (Visibility.ORGANISATION, Visibility.FOLLOWERS, Visibility.PUBLIC):
        inboxes |= set(await relationships.follower_inboxes(change.tx, author.id))
    if visibility in (Visibility.ORGANISATION, Visibility.PUBLIC):
        inboxes |= {(member.host, member.shared_inbox) for member in members}
    return addressing.allowed(
        inboxes,
        visibility,
        organisation=frozenset(member.host for member in members),
        own=change.settings.authority,
    )


async def reach(change: Change, *, visibility: Visibility, author: Account, named: Iterable[Account]) -> Reach:
    """Return whom a post would reach; `named` as for `recipients`, which says where it is sent."""
    others = {account.id: account for account in named if account.id != author.id}
    inboxes = await recipients(change, visibility=visibility, author=author, named=others.values())
    hosts = tuple(sorted({host for host, _ in inboxes}))
    reached = tuple(account for account in others.values() if account.local or account.host in hosts)
    left_out = tuple(account for account in others.values() if account not in reached)
    match visibility:
        case Visibility.FOLLOWERS:
            followers = await relationships.followers_by_host(change.tx, author.id)
            count = sum(n for host, n in followers.items() if host in ("", *hosts))
        case Visibility.DIRECT:
            count = len(reached)
        case _:
            count = await people.count_members(change.tx)
    return Reach(visibility, count, hosts, reached, left_out)


async def within_organisation(change: Change, inboxes: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return those of the (host, inbox) pairs whose host belongs to the organisation now."""
    pairs = {(host, inbox) for host, inbox in inboxes if host and inbox}
    members = await nodes.members_named(change.tx, [host for host, _ in pairs])
    return sorted((host, inbox) for host, inbox in pairs if host in members)
