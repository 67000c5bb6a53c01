"""Follow: somebody wants the posts of one of ours."""

from federation.activities import Follow
from node.context import Change
from node.domain.accounts import Account
from node.domain.relationships import Follow as FollowRow
from node.effects import relationships as effects
from node.errors import Forbidden, NotFound
from node.store import accounts, relationships, tombstones
from outbox import membership
from outbox.relationships import refuse, settle


async def handle(change: Change, activity: Follow, sender: Account) -> None:
    """Grant the follow, or leave it as a request for a locked account to answer; who follows a group joins it.

    A repeated Follow is answered again: peers lose state (federation.md 3.4).

    Raises:
        NotFound: it is nobody of ours, e.g. a post (Friendica) or the node itself.
    """
    target = await accounts.by_uri(change.tx, activity.object)
    if target is None or not target.local or not target.active or not target.shown:
        raise NotFound("There is nobody here to follow by that id.")
    if await tombstones.is_buried(change.tx, activity.id, by=sender.uri):
        return
    if await relationships.are_parted(change.tx, sender.id, target.id):
        await refuse(change, FollowRow(change.new_id(), activity.id, sender.id, target.id, False), sender, target)
        return
    known = await relationships.between(change.tx, follower_id=sender.id, target_id=target.id)
    if known is None and target.kind == "Group":
        try:
            known = await membership.enter(
                change, target, sender, id=change.new_id(), uri=activity.id, answer=activity.content
            )
        except Forbidden:
            await refuse(change, FollowRow(change.new_id(), activity.id, sender.id, target.id, False), sender, target)
            return
    if known is None:
        known = FollowRow(change.new_id(), activity.id, sender.id, target.id, not target.locked)
        await effects.request(change, known, follower=sender, target=target)
    if known.accepted or (not target.locked and target.kind != "Group"):
        await settle(change, known, follower=sender, target=target, accept=True)
