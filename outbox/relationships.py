"""Commands on follows and blocks: follow, unfollow, answer a request, remove a follower, block, mute a whole node."""

from federation import bridges, hosts, render
from federation.errors import Malformed
from node.context import Change, Context
from node.domain.accounts import Account
from node.domain.groups import Role
from node.domain.relationships import Block, Follow
from node.effects import relationships as effects
from node.errors import Forbidden, Invalid, NotFound
from node.store import accounts, groups, mutes, nodes, people, queues, relationships
from outbox import membership, narrowing
from outbox.audience import inbox_of, within_reach
from outbox.publish import new_uri, publish


async def follow(
    ctx: Context,
    follower: Account,
    target_id: int,
    *,
    boosts: bool | None = None,
    notify: bool | None = None,
    languages: tuple[str, ...] | None = None,
) -> Follow:
    """Follow an account, or ask to; return the follow, the earlier one when there is one.

    boosts, notify, languages: what is wanted of it (see `Follow`); None: as it is, or as usual.

    Raises:
        NotFound: no such account. Invalid: oneself, or somebody whom one blocks.
    """
    async with ctx.change() as change:
        target = await _person(change, follower, target_id)
        if target.id == follower.id:
            raise Invalid("You see your own posts anyway.")
        if await relationships.block_between(change.tx, account_id=follower.id, target_id=target.id):
            raise Invalid("You block this person. Unblock them first.")
        if await relationships.are_parted(change.tx, follower.id, target.id):
            raise NotFound("There is no such account.")
        begun = await begin(change, follower, target)
        return await effects.wish(change, begun, boosts=boosts, notify=notify, languages=languages)


async def begin(change: Change, follower: Account, target: Account, *, answer: str = "") -> Follow:
    """Store and send a follow; return it, the earlier one when there is one. Who follows a group joins it.

    answer: to the question of a group.

    Raises:
        Forbidden, Invalid: see `membership`; somebody of a partner organisation; NotFound, Forbidden: a guest, see
            `_check_guest`.
    """
    earlier = await relationships.between(change.tx, follower_id=follower.id, target_id=target.id)
    if earlier is not None:
        return earlier
    if follower.guest:
        await _check_guest(change, follower, target)
    number, uri = new_uri(change)
    if target.kind == "Group":
        await membership.check_age(change, target, follower)
        await membership.check_open(change, target, follower)
        await membership.check_answer(change, target, follower, answer)
        if target.local:
            return await membership.enter(change, target, follower, id=number, uri=uri, answer=answer)
        await groups.uninvite(change.tx, target.id, follower.id)
    elif not target.local and not await nodes.members_named(change.tx, [target.host]):
        raise Forbidden("You meet people of other organisations only in the groups that are shared with them.")
    accepted = target.local and not target.locked
    wanted = Follow(number, uri, follower.id, target.id, accepted)
    await effects.request(change, wanted, follower=follower, target=target)
    body = render.follow(id=uri, follower=follower.uri, target=target.uri, content=answer)
    await _send(change, body, actor=follower, to=target, id=number)
    return wanted


async def _check_guest(change: Change, guest: Account, target: Account) -> None:
    """Let a guest follow people they meet, and join the groups that are named for them.

    Raises:
        Forbidden: it is another group. NotFound: they know of no such account.
    """
    if await people.hidden(change.tx, [target.id], viewer_id=guest.id):
        raise NotFound("There is no such account.")
    if target.kind == "Group" and (await groups.standing(change.tx, target.id, guest.id, now=change.now)).shut:
        raise Forbidden("Guests join only groups that are named for them. Ask an administrator.")


async def unfollow(ctx: Context, follower: Account, target_id: int) -> None:
    """End a follow or withdraw a request; without one nothing happens.

    Raises:
        NotFound: no such account. Forbidden: see `stop`.
    """
    async with ctx.change() as change:
        await stop(change, follower, await _known(change, follower, target_id))


async def stop(change: Change, follower: Account, target: Account) -> None:
    """End a follow or request, and tell the target's node. Who follows a group no more leaves it.

    Raises:
        Forbidden: the owner of a group hands it over first.
    """
    if target.kind == "Group":
        if (await groups.standing(change.tx, target.id, follower.id, now=change.now)).role is Role.OWNER:
            raise Forbidden("Hand the group over to another member first.")
        await groups.uninvite(change.tx, target.id, follower.id)
    follow = await relationships.between(change.tx, follower_id=follower.id, target_id=target.id)
    if follow is not None:
        await part(change, follow, follower=follower, target=target)


async def part(change: Change, follow: Follow, *, follower: Account, target: Account) -> None:
    """End a follow or request of one of ours, whatever its follower is there, and tell the target's node."""
    await effects.end(change, follow)
    number, uri = new_uri(change)
    # The whole Follow is embedded: GoToSocial finds it by its id (federation.md 3.4).
    body = render.about("Undo", id=uri, actor=follower.uri, object=_follow(follow, follower, target))
    await _send(change, body, actor=follower, to=target, id=number)


async def answer(ctx: Context, target: Account, follower_id: int, *, accept: bool) -> None:
    """Grant or refuse a request; refusing an accepted follower removes them.

    Raises:
        NotFound: nobody of that kind asks or follows.
    """
    async with ctx.change() as change:
        follower = await _person(change, target, follower_id)
        follow = await relationships.between(change.tx, follower_id=follower.id, target_id=target.id)
        if follow is None:
            raise NotFound("There is no such request.")
        await settle(change, follow, follower=follower, target=target, accept=accept)


async def remove_follower(ctx: Context, target: Account, follower_id: int) -> None:
    """Let somebody follow no more, or ask no more; without a follow nothing happens."""
    async with ctx.change() as change:
        await shake_off(change, target, await _known(change, target, follower_id))


async def shake_off(change: Change, target: Account, follower: Account) -> None:
    """End somebody's follow or request of a local account, and tell the follower's node."""
    follow = await relationships.between(change.tx, follower_id=follower.id, target_id=target.id)
    if follow is not None:
        await settle(change, follow, follower=follower, target=target, accept=False)


async def settle(change: Change, follow: Follow, *, follower: Account, target: Account, accept: bool) -> None:
    """Accept or reject a follow of a local account, and tell the follower's node."""
    if not accept:
        await end(change, follow, follower=follower, target=target)
        await refuse(change, follow, follower, target)
        return
    await effects.accept(change, follow, follower=follower, target=target)
    earlier = ("Reject",)  # one that is on its way still would end what begins here
    await queues.supersede(change.tx, actor_id=target.id, object=follower.uri, types=earlier, hosts=[follower.host])
    await _answer(change, "Accept", follow, follower=follower, target=target)


async def end(change: Change, follow: Follow, *, follower: Account, target: Account) -> None:
    """End a follow or request, by whichever side; a node with nobody else in that audience loses what was for it."""
    await effects.end(change, follow)
    if follow.accepted:
        await narrowing.leave_out(change, target, follower.host)


async def refuse(change: Change, follow: Follow, follower: Account, target: Account) -> None:
    """Tell a follower's node that its follow is refused, or over."""
    await _answer(change, "Reject", follow, follower=follower, target=target)


async def _answer(change: Change, kind: str, follow: Follow, *, follower: Account, target: Account) -> None:
    number, uri = new_uri(change)
    body = render.about(kind, id=uri, actor=target.uri, object=_follow(follow, follower, target))
    await _send(change, body, actor=target, to=follower, id=number)


async def block(ctx: Context, account: Account, target_id: int) -> None:
    """Have nothing to do with somebody any more: follows end both ways, and neither sees the other.

    Their node is told, so that it hides the member from them; it does not tell them, nor do we (federation.md 3.10).

    Raises:
        NotFound: no such account. Invalid: oneself. Forbidden: see `stop`.
    """
    async with ctx.change() as change:
        target = await _known(change, account, target_id)
        if target.id == account.id:
            raise Invalid("You cannot block yourself.")
        if await relationships.block_between(change.tx, account_id=account.id, target_id=target.id):
            return
        await stop(change, account, target)
        await shake_off(change, account, target)
        number, uri = new_uri(change)
        begun = Block(number, uri, account.id, target.id)
        await effects.block(change, begun)
        await _send(change, _block(begun, account, target), actor=account, to=target, id=number)


async def unblock(ctx: Context, account: Account, target_id: int) -> None:
    """End a block; what it ended stays ended. Without one nothing happens."""
    async with ctx.change() as change:
        target = await _known(change, account, target_id)
        ended = await relationships.block_between(change.tx, account_id=account.id, target_id=target.id)
        if ended is None:
            return
        await effects.unblock(change, ended)
        number, uri = new_uri(change)
        body = render.about("Undo", id=uri, actor=account.uri, object=_block(ended, account, target))
        await _send(change, body, actor=account, to=target, id=number)


async def mute_host(ctx: Context, account: Account, host: str) -> None:
    """Hide everybody of a node from a member; follows with them end, both ways.

    Raises:
        Invalid: the name is none, or this node's.
    """
    name = _node(host)
    if name == ctx.settings.authority:
        raise Invalid("This is your own node. Mute or block single people instead.")
    async with ctx.change() as change:
        if not await mutes.put_host(change.tx, id=change.new_id(), account_id=account.id, host=name):
            return
        ties = await relationships.with_host(change.tx, account.id, name)
        others = await accounts.by_ids(change.tx, {id for tie in ties for id in (tie.follower_id, tie.target_id)})
        for tie in ties:
            if tie.follower_id == account.id:
                await stop(change, account, others[tie.target_id])
            else:
                await shake_off(change, account, others[tie.follower_id])


async def unmute_host(ctx: Context, account: Account, host: str) -> None:
    """Show everybody of a node again."""
    async with ctx.change() as change:
        await mutes.delete_host(change.tx, account_id=account.id, host=_node(host))


def _node(host: str) -> str:
    """The canonical name of a node, which clients may give as an address."""
    try:
        return hosts.authority(host.strip())
    except Malformed as error:
        raise Invalid("Name another node by its domain, such as example.org.") from error


def _block(block: Block, account: Account, target: Account) -> render.Json:
    return render.about("Block", id=block.uri, actor=account.uri, object=target.uri, to=[target.uri])


def _follow(follow: Follow, follower: Account, target: Account) -> render.Json:
    return render.follow(id=follow.uri, follower=follower.uri, target=target.uri)


async def _person(change: Change, by: Account, id: int) -> Account:
    account = await _known(change, by, id)
    if not account.active:
        raise NotFound("There is no such account.")
    return account


async def _known(change: Change, by: Account, id: int) -> Account:
    """An account that somebody may have to do with no more, though it is suspended now."""
    account = await accounts.by_id(change.tx, id)
    hidden = await people.hidden(change.tx, [id], viewer_id=by.id)
    if account is None or account.deleted_at is not None or hidden:
        raise NotFound("There is no such account.")
    return account


async def _send(change: Change, body: render.Json, *, actor: Account, to: Account, id: int) -> None:
    if not to.local:
        group = next((one for one in (to, actor) if one.kind == "Group"), None)
        beyond: set[str] = set()
        if group is not None and body["type"] in ("Undo", "Reject"):
            beyond = await bridges.parting(change.tx, group.id)
        elif group is not None:
            person = to if group is actor else actor
            beyond = await bridges.crossing(change.tx, group.id, about=person if person.local else None)
        inboxes = await within_reach(change, [inbox_of(to)], beyond=beyond)
        await publish(
            change,
            body,
            actor=actor,
            object=to.uri,
            recipients=inboxes,
            until_confirmed=body["type"] == "Reject",  # else they would read on what is for followers, or members
            private=True,
            id=id,
        )
