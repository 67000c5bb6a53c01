"""Who receives a post: its visibility and mentions become inboxes, folded to shared ones."""

from collections.abc import Iterable

from federation import addressing
from node.context import Change
from node.domain.accounts import Account
from node.domain.visibility import Visibility
from node.store import nodes, relationships


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


async def within_organisation(change: Change, inboxes: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return those of the (host, inbox) pairs whose host belongs to the organisation now."""
    pairs = {(host, inbox) for host, inbox in inboxes if host and inbox}
    members = await nodes.members_named(change.tx, [host for host, _ in pairs])
    return sorted((host, inbox) for host, inbox in pairs if host in members)
