"""The end of a bridge, at a partner whose server has other software: it signs nothing, so it is told in plain words.

Each of our posts that it has a copy of is taken back by an ordinary Delete, which the ledger waits for, and its people
hear by a Reject that they follow the group no more. What became of that there nobody can prove.
"""

from federation import render
from node.context import Change
from node.domain.accounts import Account
from node.domain.bridges import Bridge, Side
from node.effects import bridges as effects
from node.store import accounts, bridges, posts, relationships
from outbox.audience import inbox_of
from outbox.publish import new_uri, publish


async def close(change: Change, bridge: Bridge) -> None:
    """Let nothing cross a bridge any more, see `node.effects.bridges.close`; from other software all is taken back."""
    group = await accounts.by_id(change.tx, bridge.group_id)
    if not bridge.terms.one_sided or bridge.side is Side.PARTNER or group is None:
        await effects.close(change, bridge)
        return
    members = await accounts.by_ids(change.tx, await bridges.members_at(change.tx, group.id, bridge.partner))
    held = await bridges.ours_held_at(change.tx, group.id, bridge.partner)
    known = {*map(inbox_of, members.values()), *((bridge.partner, inbox) for _, inbox in held if inbox)}
    recipients = sorted(known)[:1]  # one server, and all its people behind one inbox
    rejected = [await _rejected(change, group, one) for one in members.values()] if group.local else []
    await effects.close(change, bridge)
    for body in filter(None, rejected):
        number, uri = new_uri(change)
        answer = body | {"id": uri}
        await publish(change, answer, actor=group, object=group.uri, recipients=recipients, private=True, id=number)
    for batch in _batches([id for id, _ in held]):
        for post in (await posts.by_ids(change.tx, batch)).values():
            author = await accounts.by_id(change.tx, post.author_id)
            if author is not None:
                number, uri = new_uri(change)
                grave = render.tombstone(post.uri, former_type=post.kind, deleted_at=change.now)
                await publish(
                    change,
                    render.delete(id=uri, actor=author.uri, object=grave, to=[author.followers]),
                    actor=author,
                    object=post.uri,
                    recipients=recipients,
                    until_confirmed=True,
                    id=number,
                )


async def _rejected(change: Change, group: Account, member: Account) -> render.Json | None:
    follow = await relationships.between(change.tx, follower_id=member.id, target_id=group.id)
    if follow is None:
        return None
    asked = render.follow(id=follow.uri, follower=member.uri, target=group.uri)
    return render.about("Reject", id="", actor=group.uri, object=asked, to=[member.uri])


def _batches(ids: list[int], size: int = 200) -> list[list[int]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]
