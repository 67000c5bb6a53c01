"""Who comes into a group of ours: at once, by somebody's word, or not at all."""

from node.context import Change
from node.domain.accounts import Account
from node.domain.bridges import Side, State
from node.domain.groups import LONGEST_ANSWER, Act, check_name, may, may_join
from node.domain.notifications import Kind
from node.domain.relationships import Follow
from node.domain.text import plain
from node.effects import relationships as effects
from node.effects.notifications import notify_each
from node.errors import Forbidden, Invalid
from node.store import bridges, groups, minors


async def check_answer(change: Change, group: Account, member: Account, answer: str) -> None:
    """Check that a member of ours who asks to join a group, here or at another node, does it as the group wants.

    Raises:
        Invalid: the question is not answered. Forbidden: see `check_name`.
    """
    found = await groups.by_id(change.tx, group.id)
    if found is not None:
        check_name(found, member)
    if found is None or not found.question or answer.strip():
        return
    standing = await groups.standing(change.tx, group.id, member.id, now=change.now)
    if may_join(found, standing) is None:
        raise Invalid("Answer the question of this group to join it.")


async def check_age(change: Change, group: Account, member: Account) -> None:
    """Check that nobody under age comes into a group that is shared with a partner, or is to be.

    Raises:
        Forbidden: somebody would.
    """
    if await minors.is_minor(change.tx, member.id) and await bridges.of_group(change.tx, group.id) is not None:
        raise Forbidden("This group is shared with another organisation, and not open to you.")


async def check_open(change: Change, group: Account, member: Account) -> None:
    """Check that a group of a partner hears a member of ours now: what it is not told would be waited for in vain.

    Raises:
        Forbidden: the bridge to it is not open, or paused, or for pseudonyms only.
    """
    bridge = await bridges.of_group(change.tx, group.id)
    if bridge is not None and bridge.side is Side.PARTNER and bridge.state is not State.ACTIVE:
        raise Forbidden("Nothing goes to this group for now: the bridge to it is paused.")
    if bridge is not None and bridge.side is Side.PARTNER and not bridge.terms.met(member):
        raise Forbidden("People of both organisations meet in this group under pseudonyms. Join it under yours.")


async def enter(change: Change, group: Account, member: Account, *, id: int, uri: str, answer: str = "") -> Follow:
    """Let somebody into a group of ours, or keep that they ask to; return their follow of it.

    id, uri: the Follow's. answer: to the group's question.

    Raises:
        Forbidden: the group does not want them, or takes nobody in that way.
    """
    found = await groups.by_id(change.tx, group.id)
    if found is not None:
        check_name(found, member)
    standing = await groups.standing(change.tx, group.id, member.id, now=change.now)
    welcome = may_join(found, standing) if found else False
    if found is None or welcome is False:
        raise Forbidden("This group takes in only people whom it invites. Ask one of its members.")
    follow = Follow(id, uri, member.id, group.id, bool(welcome))
    await effects.request(change, follow, follower=member, target=group)
    await groups.uninvite(change.tx, group.id, member.id)
    if welcome is None:
        await groups.put_answer(change.tx, follow, plain(answer, longest=LONGEST_ANSWER))
        officers = await groups.officers(change.tx, group.id, now=change.now)
        people = [one.account for one in officers if may(one.role, Act.MODERATE)]
        await notify_each(change, Kind.GROUP_REQUEST, people=people, sender=group)
    return follow
