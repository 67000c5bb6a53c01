"""Who receives a post: its visibility and mentions become inboxes, folded to shared ones."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from federation import addressing, bridges
from node.context import Change
from node.domain.accounts import Account
from node.domain.bridges import State
from node.domain.posts import Post
from node.domain.visibility import Visibility
from node.store import bridges as bridge_rows
from node.store import nodes, people, relationships


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a post would reach.

    people: how many active members here for the unit and the organisation, how many followers here and at `hosts` for
    followers, how many are named for named people, how many members of the `group` are known here. hosts: the other
    nodes that it is sent to. named: those mentioned, the wall's owner and whose post it answers, as far as it reaches
    them; left_out: those whom it does not. beyond: the host of the partner that reads it as well, '' for none.
    """

    visibility: Visibility
    people: int
    hosts: tuple[str, ...]
    named: tuple[Account, ...]
    left_out: tuple[Account, ...]
    group: Account | None = None
    beyond: str = ""


def inbox_of(account: Account) -> tuple[str, str]:
    """Return (host, inbox) for a delivery to one account, its node's shared inbox when it has one."""
    return account.host, account.shared_inbox or account.inbox


async def inbox_of_author(change: Change, post: Post, author: Account, *, by: Account) -> list[tuple[str, str]]:
    """Return where the author of a post is told what somebody here did with it; nowhere when it is one of ours."""
    if author.local:
        return []
    beyond = await bridges.crossing(change.tx, post.group_id, about=by) if post.group_id else set()
    return await within_reach(change, [inbox_of(author)], beyond=beyond)


async def inboxes_of_post(
    change: Change, post: Post, author: Account, group: Account | None, *, by: Account
) -> list[tuple[str, str]]:
    """Return where it is told that somebody here reacted to a post: at its author's, and its group's, which tells its
    members (FEP-1b12)."""
    inboxes = await inbox_of_author(change, post, author, by=by)
    if group is None or group.local:
        return inboxes
    beyond = await bridges.crossing(change.tx, group.id, about=by)
    return sorted({*inboxes, *await within_reach(change, [inbox_of(group)], beyond=beyond)})


async def recipients(
    change: Change,
    *,
    visibility: Visibility,
    author: Account,
    named: Iterable[Account],
    group: Account | None = None,
) -> list[tuple[str, str]]:
    """Return every (host, inbox) a post of ours goes to, each once.

    group: the one it stands in, which hands it to its members; what is for those only goes nowhere else. `named`: those
    mentioned, the wall's owner and whose post it answers. What `federation.addressing` does not allow is not in it:
    nothing for the own unit, and outside the organisation only the home of a group that is shared with us.
    """
    if not addressing.may_leave(visibility):
        return []
    members = await nodes.members(change.tx)
    inboxes = {inbox_of(account) for account in named if not account.local and visibility is not Visibility.GROUP}
    if group is not None and not group.local:
        inboxes.add(inbox_of(group))
    if visibility in (Visibility.ORGANISATION, Visibility.FOLLOWERS, Visibility.PUBLIC):
        inboxes |= set(await relationships.follower_inboxes(change.tx, author.id))
    if visibility in (Visibility.ORGANISATION, Visibility.PUBLIC):
        inboxes |= {(member.host, member.shared_inbox) for member in members}
    beyond = await bridges.would_cross(change.tx, group.id, author=author) if group is not None else set()
    return addressing.allowed(
        inboxes,
        visibility,
        organisation=frozenset(member.host for member in members) | (beyond & {group.host} if group else set()),
        own=change.settings.authority,
    )


async def reach(
    change: Change,
    *,
    visibility: Visibility,
    author: Account,
    named: Iterable[Account],
    group: Account | None = None,
) -> Reach:
    """Return whom a post would reach; `named` and `group` as for `recipients`, which says where it is sent."""
    others = {account.id: account for account in named if account.id != author.id}
    inboxes = await recipients(change, visibility=visibility, author=author, named=others.values(), group=group)
    if group is not None and group.local:
        crossing = await bridges.would_cross(change.tx, group.id, author=author)
        members = await relationships.follower_inboxes(change.tx, group.id)
        inboxes += await within_reach(change, members, beyond=crossing)
    hosts = tuple(sorted({host for host, _ in inboxes}))
    reached = tuple(account for account in others.values() if account.local or account.host in hosts)
    match visibility:
        case Visibility.FOLLOWERS:
            followers = await relationships.followers_by_host(change.tx, author.id)
            count = sum(n for host, n in followers.items() if host in ("", *hosts))
        case Visibility.DIRECT:
            count = len(reached)
        case Visibility.GROUP:
            assert group is not None, "what is for the members of a group stands in one"
            count = sum((await relationships.followers_by_host(change.tx, group.id)).values())
            reached = await _members_of(change, group, others.values())
        case _:
            count = await people.count_members(change.tx)
    left_out = tuple(account for account in others.values() if account not in reached)
    bridge = (await bridge_rows.of_groups(change.tx, [group.id])).get(group.id) if group is not None else None
    crosses = bridge is not None and bridge.state is State.ACTIVE and bridge.terms.met(author)
    beyond = bridge.beyond if bridge is not None and crosses else ""
    return Reach(visibility, count, hosts, reached, left_out, group, beyond)


async def _members_of(change: Change, group: Account, people: Iterable[Account]) -> tuple[Account, ...]:
    members = await relationships.followers_among(change.tx, group.id, [one.id for one in people])
    return tuple(one for one in people if members.get(one.id))


async def within_reach(
    change: Change, inboxes: Iterable[tuple[str, str]], *, beyond: AbstractSet[str] = frozenset()
) -> list[tuple[str, str]]:
    """Return those of the (host, inbox) pairs whose host belongs to the organisation now, or is reached over a bridge.

    beyond: the hosts for which that is so, from `federation.bridges`.
    """
    pairs = {(host, inbox) for host, inbox in inboxes if host and inbox}
    reached = await nodes.members_named(change.tx, [host for host, _ in pairs]) | beyond
    return sorted((host, inbox) for host, inbox in pairs if host in reached)
