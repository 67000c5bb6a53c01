"""Commands on moving house: an employee changes the unit, and followers go along (ActivityStreams Move)."""

import logging
from collections.abc import Iterable
from dataclasses import replace

from federation import render, resolve
from node.context import Change, Context
from node.domain.accounts import Account
from node.domain.lists import List
from node.domain.personas import check_moves
from node.domain.relationships import Follow
from node.effects import lists as list_effects
from node.effects import relationships as follow_effects
from node.errors import Forbidden, Invalid, NotFound
from node.store import accounts, lists, relationships
from outbox import relationships as follows
from outbox.audience import within_reach
from outbox.profiles import announce, everybody_who_knows
from outbox.publish import new_uri, publish

log = logging.getLogger("allmende.outbox")

PAUSE_MS = 7 * 86_400_000
"""An account moves once in this time; Mastodon's rule."""


async def add_alias(ctx: Context, account: Account, username: str, host: str) -> Account:
    """Say that another account is the same person's; that lets it move here. Who went on there lives here again.

    Raises:
        NotFound: nobody of that name, or oneself. Forbidden: one of them is a persona.
    """
    other = await _other(ctx, account, username, host)
    check_moves(account, other)
    async with ctx.change() as change:
        current = await _current(change, account)
        known_as = tuple(dict.fromkeys((*current.also_known_as, other.uri)))
        moved_to = "" if current.moved_to == other.uri else current.moved_to
        changed = replace(current, also_known_as=known_as, moved_to=moved_to)
        await accounts.update(change.tx, changed)
        await announce(change, changed)
        return changed


async def move(ctx: Context, account: Account, username: str, host: str) -> Account:
    """Go on under another account, which has to name this one first; followers everywhere go along.

    What was written stays where it is. The old profile points to the new one, within the organisation: a partner meets
    nobody but in the groups that are shared with it.

    Raises:
        NotFound: nobody of that name. Invalid: it does not name this account yet, or moved itself; or this one moved
            lately. Forbidden: one of them is a persona.
    """
    target = await _other(ctx, account, username, host)
    check_moves(account, target)
    if not target.local:
        target = await resolve.actor(ctx, target.uri, again=True)
    # Where nobody writes any more, not even who came from there and did not name this one anew, nobody goes on.
    if account.uri not in target.also_known_as or target.moved_to == account.uri:
        raise Invalid("The other account does not name this one yet. Add this one there as an alias first.")
    if target.moved_to:
        raise Invalid("The other account has moved itself. Choose the one that it goes on as.")
    async with ctx.change() as change:
        current = await _current(change, account)
        if current.moved_at is not None and change.now - current.moved_at < PAUSE_MS:
            raise Invalid("This account moved a short while ago. Wait a week, then try again.")
        changed = replace(current, moved_to=target.uri)
        await accounts.update(change.tx, changed)
        await announce(change, changed)
        number, uri = new_uri(change)
        body = render.about(
            "Move", id=uri, actor=changed.uri, object=changed.uri, target=target.uri, to=[changed.followers]
        )
        reached = await within_reach(change, await everybody_who_knows(change, changed))
        await publish(change, body, actor=changed, object=changed.uri, recipients=reached, id=number)
        await follow_along(change, old=changed, new=target)
        return changed


async def follow_along(change: Change, *, old: Account, new: Account) -> None:
    """Let every member here who follows the old account follow the new one instead, and read it as they read that.

    Who may not follow the new one, or wants nothing to do with it, stays with the old.
    """
    await accounts.update(change.tx, replace(old, moved_at=change.now))
    wishes = await relationships.by_local_followers(change.tx, old.id)
    listed = await lists.listing(change.tx, old.id)
    for follower in await accounts.local_followers(change.tx, old.id):
        if not follower.active or follower.id == new.id:
            continue
        if await relationships.are_parted(change.tx, follower.id, new.id):
            continue
        try:
            async with change.tx.savepoint():
                await _go_along(change, wishes[follower.uri], listed.get(follower.id, []), follower, old=old, new=new)
        except (Forbidden, Invalid, NotFound) as error:
            log.info("a follower does not go along to %s: %s", new.uri, error.message)


async def _go_along(
    change: Change, wish: Follow, listed: Iterable[List], follower: Account, *, old: Account, new: Account
) -> None:
    """Let one member follow the new account as the old one: with what they want of it, and in the same lists."""
    before = await relationships.between(change.tx, follower_id=follower.id, target_id=new.id)
    begun = await follows.begin(change, follower, new)
    if before is None:
        await follow_effects.wish(change, begun, boosts=wish.boosts, notify=wish.notify, languages=wish.languages)
    for one in listed:
        await list_effects.add(change, follower, one, [new.id])
    await follows.stop(change, follower, old)


async def _other(ctx: Context, account: Account, username: str, host: str) -> Account:
    found = await resolve.handle(ctx, username, host)
    if found is None or not found.active or found.uri == account.uri:
        raise NotFound("Nobody of that name can be found.")
    return found


async def _current(change: Change, account: Account) -> Account:
    current = await accounts.by_id(change.tx, account.id)
    if current is None or not current.active:
        raise NotFound("There is no such account.")
    return current
