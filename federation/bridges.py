"""What crosses a bridge: the one module that all four doors ask. What leaves, is fetched, comes in, and who is known.

A host that does not belong to the organisation speaks with us only of groups that are shared with it, by a contract
that is active: everything else is refused (threats C03, L06).
"""

from federation import activities
from federation.errors import Refused
from federation.objects import Actor, Note
from node.domain.accounts import Account
from node.domain.bridges import Bridge, State
from node.domain.posts import Post
from node.errors import Unavailable
from node.store import accounts, bridges, copies, media, minors, nodes, posts, relationships
from node.store.database import Tx

_MOST = 20


# What leaves


async def crossing(tx: Tx, group_id: int, *, about: Account | None = None) -> set[str]:
    """Return the hosts outside the organisation to which what concerns a group goes.

    about: the person whom it names, who may be one that the other side does not meet.
    """
    bridge = (await bridges.of_groups(tx, [group_id])).get(group_id)
    if bridge is None or bridge.state is not State.ACTIVE or not (about is None or bridge.terms.met(about)):
        return set()
    return await _other_side(tx, bridge)


async def parting(tx: Tx, group_id: int) -> set[str]:
    """Return the hosts outside the organisation that hear who leaves a group: they do while its bridge is paused, too.

    Else whoever is a member no more would be one again, over there, when it goes on.
    """
    bridge = (await bridges.of_groups(tx, [group_id])).get(group_id)
    return await _other_side(tx, bridge) if bridge is not None else set()


async def post_crosses(tx: Tx, post: Post, *, author: Account) -> set[str]:
    """Return the hosts outside the organisation that get a post that stands in a group, and what becomes of it.

    Nothing from before it opened, unless they have it; nobody's who is a minor; nothing from a node that has not taken
    the contract in, for only it knows who is one.
    """
    if post.group_id is None:
        return set()
    bridge = (await bridges.of_groups(tx, [post.group_id])).get(post.group_id)
    if bridge is None or (not bridge.terms.files and await media.of_posts(tx, [post.id])):
        return set()
    reached = await _reached(tx, bridge, author)
    if reached and post.published_at < (bridge.opened_at or 0):
        held = {copy.host for copy in await copies.holders(tx, post.uri) if copy.state == "held"}
        return reached & held
    return reached


async def would_cross(tx: Tx, group_id: int, *, author: Account) -> set[str]:
    """Return the hosts outside the organisation to which what somebody writes in a group goes; see `post_crosses`."""
    bridge = (await bridges.of_groups(tx, [group_id])).get(group_id)
    return await _reached(tx, bridge, author) if bridge is not None else set()


async def _reached(tx: Tx, bridge: Bridge, author: Account) -> set[str]:
    """Whom an author reaches over a bridge.

    Of other nodes' people it is what members say: who is found to be under age is one no more, and only that is told.
    """
    if bridge.state is not State.ACTIVE or not bridge.terms.met(author) or await minors.is_minor(tx, author.id):
        return set()
    ready = await _taking_part(tx, bridge)
    if not author.local:
        follow = await relationships.between(tx, follower_id=author.id, target_id=bridge.group_id)
        if author.host not in ready or follow is None or not follow.accepted:
            return set()
    return ready - await nodes.members_named(tx, sorted(ready))


async def around(tx: Tx, account: Account) -> set[str]:
    """Return the hosts outside the organisation that may know an account of ours, see `may_know`."""
    if account.kind == "Group":
        return await crossing(tx, account.id)
    found = await bridges.hosts_around(tx, account.id)
    return found - await nodes.members_named(tx, sorted(found))


async def _other_side(tx: Tx, bridge: Bridge) -> set[str]:
    ready = await _taking_part(tx, bridge)
    return ready - await nodes.members_named(tx, sorted(ready))


async def _taking_part(tx: Tx, bridge: Bridge) -> set[str]:
    return {one.host for one in await bridges.hosts(tx, bridge.id) if one.ready}


# What is fetched, and who is known


async def may_know(tx: Tx, account: Account, host: str) -> bool:
    """Tell whether a host outside the organisation may read who an account of ours is."""
    return await bridges.knows_of(tx, account.id, host)


# What comes in


async def admit(tx: Tx, activity: activities.Activity, *, host: str) -> None:
    """Check that a host outside the organisation may say this to us; of members' hosts nothing is asked here.

    A deletion is heard from everybody (requirements E12), and what takes something else back while a bridge is paused.

    Raises:
        Refused: it concerns no group that is shared with it. Unavailable: it does, but not now; what is told of the
            bridge itself may come a moment later than what crosses it.
    """
    if isinstance(activity, activities.HEARD_FROM_ANYBODY) or not await is_partner(tx, host):
        return
    takes_back = isinstance(activity, activities.Undo | activities.Reject)
    speaker = await accounts.by_uri(tx, activity.actor)
    by_name = speaker is not None and speaker.kind == "Person" and not speaker.persona and not takes_back
    states = (State.ACTIVE, State.PAUSED) if takes_back else (State.ACTIVE,)
    if await _concerns(tx, activity, host, states, by_name=by_name):
        return
    if await _concerns(tx, activity, host, (State.OFFERED, State.ACCEPTED, State.PAUSED), by_name=by_name):
        raise Unavailable("Nothing crosses this bridge now. Try again later.")
    raise Refused("Between our organisations only groups are open that we share. This is of none.")


async def _concerns(
    tx: Tx, activity: activities.Activity, host: str, states: tuple[State, ...], *, by_name: bool
) -> bool:
    """Whether an activity is about a bridge with this host, or about a group that has one that stands so.

    by_name: it comes from a person under their own name, and some bridges are for pseudonyms only.
    """

    async def open_to(group_id: int) -> bool:
        return await bridges.between(tx, group_id, host, states, by_name=by_name)

    async def group(*uris: str) -> bool:
        found = await accounts.by_uris(tx, [uri for uri in uris if uri])
        return any([one.kind == "Group" and await open_to(one.id) for one in found])

    async def inside(*uris: str) -> bool:
        found = [await posts.by_uri(tx, uri) for uri in uris if uri]
        return any([one and one.group_id and await open_to(one.group_id) for one in found])

    match activity:
        case activities.Contract() | activities.Agreement():
            return await _of_contract(tx, activity.object, host)
        case activities.Accept(object=object) | activities.Reject(object=object):
            return await _of_contract(tx, object, host) or await group(activity.actor)
        case activities.Update(object=Actor()):
            return await accounts.by_uri(tx, activity.actor) is not None
        case activities.Create(object=Note() as note) | activities.Update(object=Note() as note):
            return await group(*sorted(note.audience)[:_MOST])
        case activities.Follow(object=object):
            return await group(object)
        case activities.Undo(object=object, about=about):
            follow = await relationships.by_uri(tx, object)
            if follow is not None and await open_to(follow.target_id):
                return True
            return await group(activity.actor, about) or await inside(about)
        case activities.Like(object=object) | activities.Vote(object=object) | activities.Passage(object=object):
            return await inside(object)
        case activities.Flag(objects=objects):
            return await inside(*objects[:_MOST])
        case activities.Announce() | activities.Add() | activities.Remove() | activities.Invite():
            return await group(activity.actor)
        case _:
            return False


async def _of_contract(tx: Tx, uri: str, host: str) -> bool:
    bridge = await bridges.by_uri(tx, uri)
    if bridge is None:
        return await bridges.told_of(tx, uri, host=host)
    return host in (bridge.home, bridge.partner)


async def is_partner(tx: Tx, host: str) -> bool:
    """Tell whether a host whose people we know does not belong to the organisation."""
    return not await nodes.members_named(tx, [host])


async def shares(tx: Tx, group_id: int | None, *, host: str) -> bool:
    """Tell whether a group is shared with a partner now: only there may what its people write enter."""
    return group_id is not None and await bridges.between(tx, group_id, host, (State.ACTIVE,))
