"""Invite: a group wants to have one of ours."""

from federation.activities import Invite
from node.context import Change
from node.domain.accounts import Account
from node.domain.notifications import Kind
from node.effects.notifications import notify
from node.errors import Forbidden, NotFound
from node.store import accounts, groups, tombstones


async def handle(change: Change, activity: Invite, sender: Account) -> None:
    """Keep the invitation and tell the member; they join when they want to. One that was taken back says nothing.

    Raises:
        Forbidden: the sender is not the group. NotFound: nobody of ours is meant.
    """
    if activity.object != sender.uri or await groups.by_id(change.tx, sender.id) is None:
        raise Forbidden("A group itself invites into it.")
    person = await accounts.by_uri(change.tx, activity.target)
    if person is None or not person.local or not person.active or person.kind != "Person":
        raise NotFound("Nobody here is invited.")
    if await tombstones.is_buried(change.tx, activity.id, by=sender.uri):
        return
    standing = await groups.standing(change.tx, sender.id, person.id, now=change.now)
    if standing.role is None and await groups.invite(change.tx, sender.id, person.id, uri=activity.id, now=change.now):
        await notify(change, Kind.GROUP_INVITATION, account=person, sender=sender)
