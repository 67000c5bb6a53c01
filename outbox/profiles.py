"""Commands on one's own account: change the profile, and leave for good."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from federation import actors, bridges, keys, render
from node.context import Change, Context
from node.domain import profiles, uris
from node.domain.accounts import Account, Habits, Profile
from node.domain.erasures import Ground, Scope
from node.domain.events import ContentErased
from node.domain.groups import Role
from node.domain.openings import What, openness
from node.effects import accounts as effects
from node.effects import files
from node.errors import Forbidden, NotFound
from node.store import accounts, copies, departures, groups, holds, minors, nodes, openings, queues, relationships
from outbox import erasures
from outbox.audience import within_reach
from outbox.organisation import sealed_keys
from outbox.publish import new_uri, publish


async def edit(ctx: Context, account: Account, profile: Profile, habits: Habits | None = None) -> Account:
    """Change what is set in `profile`, of which every node that knows the person is told, and how the member writes.

    habits: all of them, but for the typed text about oneself, which is `profile`'s; None leaves them as they are.

    Raises:
        NotFound: no such member. Invalid: a text that is too long, or too many fields. Forbidden: a guest, or a member
            under age, wants to be found beyond the own unit.
    """
    async with ctx.change() as change:
        user = await accounts.user(change.tx, account.id)
        if user is None or not user.account.active:
            raise NotFound("There is no such account.")
        bio = user.habits.bio if profile.summary is None else profile.summary.strip()
        wanted = replace(habits or user.habits, bio=bio)
        if wanted != user.habits:
            await accounts.set_habits(change.tx, account.id, wanted)
        current, changed = user.account, profiles.changed(user.account, profile, ctx.settings.limits)
        wants_more = changed.discoverable and not current.discoverable
        if wants_more and (current.guest or await minors.is_minor(change.tx, current.id)):
            raise Forbidden("This account is found in its own unit only. Ask an administrator.")
        await _note_openings(change, openness(current, user.habits), openness(changed, wanted), of=current)
        if changed != current:
            await replace_pictures(change, current, changed)
            await accounts.update(change.tx, changed)
            await announce(change, changed)
        return changed


async def _note_openings(change: Change, before: Mapping[What, int], after: Mapping[What, int], *, of: Account) -> None:
    opened = [(change.new_id(), what) for what in What if after[what] > before[what]]
    closed = [what for what in What if after[what] < before[what]]
    if closed:
        await openings.close(change.tx, of.id, closed, now=change.now)
    if opened:
        await openings.note(change.tx, of.id, opened, now=change.now)


async def replace_pictures(change: Change, old: Account, new: Account) -> None:
    """Keep the files of an account's new pictures, and let those go that they replace."""
    for before, after in ((old.icon_file, new.icon_file), (old.image_file, new.image_file)):
        if before != after:
            await files.keep(change, after, instead_of=before)


async def announce(change: Change, account: Account, *, also: Iterable[tuple[str, str]] = ()) -> None:
    """Send the present state of an actor of ours to every node that holds or follows it, and partners that may know it.

    Until they have it: it may hide somebody, or tell less than before. What is still on its way of them is out of date.

    also: further (host, inbox) pairs.
    """
    held = await copies.holders_of_owner(change.tx, account.uri)
    followers = await relationships.follower_inboxes(change.tx, account.id)
    around = await bridges.around(change.tx, account)
    reached = await within_reach(change, {*held, *followers, *also}, beyond=around)
    await _tell(change, account, reached, carries=account.uri, until_confirmed=True)


async def _tell(
    change: Change,
    account: Account,
    reached: Iterable[tuple[str, str]],
    *,
    carries: str = "",
    until_confirmed: bool = False,
    private: bool = False,
    numbers: tuple[int, int] | None = None,
) -> None:
    """Send an actor's state to these (host, inbox) pairs: to our organisation, and what others may know to them.

    What was sent of it before is forgotten, and not sent any more: nothing is kept of what a profile was (D18).
    numbers: of both activities, if they have them already; for the rest see `publish`.
    """
    if await queues.drop_updates_of(change.tx, account.uri):
        change.tell(ContentErased())
    pairs = set(reached)
    inside = set(await within_reach(change, pairs))
    ids = numbers or (change.new_id(), change.new_id())
    for id, recipients, beyond in ((ids[0], inside, False), (ids[1], pairs - inside, True)):
        if beyond and not recipients:
            continue
        described = await actors.described(change.tx, account, base=change.settings.url, beyond=beyond)
        uri = uris.activity(change.settings.url, id)
        body = render.about("Update", id=uri, actor=account.uri, object=described, to=[account.followers])
        await publish(
            change,
            body,
            actor=account,
            object=account.uri,
            recipients=recipients,
            carries=carries,
            until_confirmed=until_confirmed,
            private=private,
            id=id,
        )


async def rotate_keys(ctx: Context, uri: str) -> None:
    """Give an actor of ours new keys, and tell every node that may know the old ones.

    Raises:
        NotFound: no such actor of ours, or it was deleted.
    """
    rsa, proof = keys.generate_rsa(), keys.generate_ed25519()
    async with ctx.change() as change:
        current = await accounts.by_uri(change.tx, uri)
        if current is None or not current.local or current.deleted_at is not None:
            raise NotFound("There is no such account.")
        numbers = change.new_id(), change.new_id()
        for key in sealed_keys(ctx, current.uri, rsa, proof):
            assert key.sealed is not None
            await accounts.rotate_key(
                change.tx, key.id, public=key.public, sealed=key.sealed, by=numbers[-1], now=change.now
            )
        reached = await everybody_who_knows(change, current)
        # Nobody has the key yet that a proof would be made with.
        await _tell(change, current, reached, private=True, numbers=numbers)


async def hide(change: Change, account: Account) -> Account:
    """Keep an account of ours from everybody, here and at every node that knows it; return it as it is now."""
    hidden = replace(account, hidden_at=change.now)
    await accounts.update(change.tx, hidden)
    await announce(change, hidden)
    return hidden


async def show(change: Change, account: Account) -> Account:
    """Bring back what was hidden, here and at every node that knows the account; return it as it is now."""
    shown = replace(account, hidden_at=None)
    await accounts.update(change.tx, shown)
    await announce(change, shown)
    return shown


async def withdraw(change: Change, account: Account) -> None:
    """Let a person of ours be here no more: every session and token ends, groups are handed on, nobody sees them."""
    await bequeath(change, account)
    if account.suspended_at is None:
        await effects.suspend(change, account)
        account = replace(account, suspended_at=change.now)
    await hide(change, account)


async def delete(ctx: Context, account: Account) -> bool:
    """Erase an account: everything here, and at every node that holds anything of it.

    The Delete is queued before the wipe, in the same transaction; the key stays until it is delivered. Where a legal
    hold stands against it, the account is only withdrawn, and erased when that ends; then it returns False.

    Raises:
        NotFound: no such account of ours. Forbidden: the last administrator.
    """
    async with ctx.change() as change:
        current = await accounts.by_id(change.tx, account.id)
        if current is None or not current.local or current.deleted_at is not None or current.kind != "Person":
            raise NotFound("There is no such account.")
        if await accounts.is_last_admin(change.tx, account.id):
            raise Forbidden("The last administrator cannot be erased. Name another one first.")
        if await holds.of(change.tx, current.id) is not None:
            await departures.ask(change.tx, current.id, now=change.now)
            await withdraw(change, current)
            return False
        await bequeath(change, current)
        await erase(change, current)
        return True


async def bequeath(change: Change, account: Account, *, only: int | None = None) -> None:
    """Hand the groups of somebody who leaves to whoever looks after them here; one without is closed.

    only: the one group that they leave.
    """
    for group in await groups.owned(change.tx, account.id):
        if only is not None and group.account.id != only:
            continue
        heir = await groups.heir(change.tx, group.account.id, but=account.id, now=change.now)
        if heir is not None:
            await groups.take(change.tx, group.account.id, heir)
            await groups.give(change.tx, group.account.id, heir, Role.OWNER)
            continue
        await groups.put(change.tx, replace(group.group, archived_at=group.group.archived_at or change.now))
        await announce(change, group.account)


async def erase(change: Change, account: Account, *, ground: Ground = Ground.WISH) -> None:
    """Erase an account of ours, a group among them, here and at every node that holds anything of it."""
    reached = await everybody_who_knows(change, account)
    await effects.bury(change, account)
    number, uri = new_uri(change)
    order = await erasures.order(change, account, account.uri, holders=reached, scope=Scope.ACTOR, ground=ground)
    body = render.delete(id=uri, actor=account.uri, object=account.uri, to=[account.followers], order=order)
    await publish(
        change,
        body,
        actor=account,
        object=account.uri,
        recipients=reached,
        carries=account.uri,
        until_confirmed=True,
        id=number,
    )
    await copies.order_all_of(change.tx, account.uri)


async def everybody_who_knows(change: Change, account: Account) -> list[tuple[str, str]]:
    """Return (host, inbox) of the ledger's holders, the followers' nodes and every node of the organisation."""
    reached = dict(await relationships.follower_inboxes(change.tx, account.id))
    reached |= {member.host: member.shared_inbox for member in await nodes.members(change.tx) if member.shared_inbox}
    reached |= {host: inbox for host, inbox in await copies.holders_of_owner(change.tx, account.uri) if inbox}
    reached.pop(change.settings.authority, None)
    return sorted(reached.items())
