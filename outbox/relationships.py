"""Commands on follows: follow, unfollow, answer a request, remove a follower."""

from federation import render
from node.context import Change, Context
from node.domain.accounts import Account
from node.domain.relationships import Follow
from node.effects import relationships as effects
from node.errors import Invalid, NotFound
from node.store import accounts, relationships
from outbox.audience import inbox_of, within_organisation
from outbox.publish import new_uri, publish


async def follow(ctx: Context, follower: Account, target_id: int) -> Follow:
    """Follow an account, or ask to; return the follow, the earlier one when there is one.

    Raises:
        NotFound: no such account. Invalid: oneself.
    """
    async with ctx.change() as change:
        target = await _person(change, target_id)
        if target.id == follower.id:
            raise Invalid("You see your own posts anyway.")
        if await relationships.are_parted(change.tx, follower.id, target.id):
            raise NotFound("There is no such account.")
        return await begin(change, follower, target)


async def begin(change: Change, follower: Account, target: Account) -> Follow:
    """Store and send a follow; return it, the earlier one when there is one."""
    earlier = await relationships.between(change.tx, follower_id=follower.id, target_id=target.id)
    if earlier is not None:
        return earlier
    number, uri = new_uri(change)
    accepted = target.local and not target.locked
    wanted = Follow(number, uri, follower.id, target.id, accepted)
    await effects.request(change, wanted, follower=follower, target=target)
    body = render.follow(id=uri, follower=follower.uri, target=target.uri)
    await _send(change, body, actor=follower, to=target, id=number)
    return wanted


async def unfollow(ctx: Context, follower: Account, target_id: int) -> None:
    """End a follow or withdraw a request; without one nothing happens."""
    async with ctx.change() as change:
        await stop(change, follower, await _person(change, target_id))


async def stop(change: Change, follower: Account, target: Account) -> None:
    """End a follow or request, and tell the target's node."""
    follow = await relationships.between(change.tx, follower_id=follower.id, target_id=target.id)
    if follow is None:
        return
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
        follower = await _person(change, follower_id)
        follow = await relationships.between(change.tx, follower_id=follower.id, target_id=target.id)
        if follow is None:
            raise NotFound("There is no such request.")
        await settle(change, follow, follower=follower, target=target, accept=accept)


async def settle(change: Change, follow: Follow, *, follower: Account, target: Account, accept: bool) -> None:
    """Accept or reject a follow of a local account, and tell the follower's node."""
    if not accept:
        await effects.end(change, follow)
        await refuse(change, follow, follower, target)
        return
    await effects.accept(change, follow, follower=follower, target=target)
    await _answer(change, "Accept", follow, follower=follower, target=target)


async def refuse(change: Change, follow: Follow, follower: Account, target: Account) -> None:
    """Tell a follower's node that its follow is refused, or over."""
    await _answer(change, "Reject", follow, follower=follower, target=target)


async def _answer(change: Change, kind: str, follow: Follow, *, follower: Account, target: Account) -> None:
    number, uri = new_uri(change)
    body = render.about(kind, id=uri, actor=target.uri, object=_follow(follow, follower, target))
    await _send(change, body, actor=target, to=follower, id=number)


def _follow(follow: Follow, follower: Account, target: Account) -> render.Json:
    return render.follow(id=follow.uri, follower=follower.uri, target=target.uri)


async def _person(change: Change, id: int) -> Account:
    account = await accounts.by_id(change.tx, id)
    if account is None or not account.active:
        raise NotFound("There is no such account.")
    return account


async def _send(change: Change, body: render.Json, *, actor: Account, to: Account, id: int) -> None:
    if not to.local:
        inboxes = await within_organisation(change, [inbox_of(to)])
        await publish(change, body, actor=actor, object=to.uri, recipients=inboxes, private=True, id=id)
