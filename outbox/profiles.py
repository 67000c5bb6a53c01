"""Commands on one's own account: change the profile, and leave for good."""

from dataclasses import replace

from federation import keys, render
from node.context import Change, Context
from node.domain import profiles
from node.domain.accounts import Account, Habits, Profile
from node.effects import accounts as effects
from node.effects import files
from node.errors import NotFound
from node.store import accounts, copies, nodes, relationships
from outbox.audience import within_organisation
from outbox.organisation import sealed_keys
from outbox.publish import new_uri, publish


async def edit(ctx: Context, account: Account, profile: Profile, habits: Habits | None = None) -> Account:
    """Change what is set in `profile`, of which every node that knows the person is told, and how the member writes.

    habits: all of them, but for the typed text about oneself, which is `profile`'s; None leaves them as they are.

    Raises:
        NotFound: no such member. Invalid: a text that is too long, or too many fields.
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
        if changed != current:
            await _replace_pictures(change, current, changed)
            await accounts.update(change.tx, changed)
            await announce(change, changed)
        return changed


async def _replace_pictures(change: Change, old: Account, new: Account) -> None:
    for before, after in ((old.icon_file, new.icon_file), (old.image_file, new.image_file)):
        if before != after:
            await files.keep(change, after, instead_of=before)


async def announce(change: Change, account: Account) -> None:
    """Send the present state of an actor of ours to every node of the organisation that holds or follows it."""
    held = await copies.holders_of_owner(change.tx, account.uri)
    followers = await relationships.follower_inboxes(change.tx, account.id)
    reached = await within_organisation(change, {*held, *followers})
    number, uri = new_uri(change)
    body = await _update(change, account, id=uri)
    await publish(change, body, actor=account, object=account.uri, recipients=reached, carries=account.uri, id=number)


async def _update(change: Change, account: Account, *, id: str) -> render.Json:
    keys = await accounts.keys_of(change.tx, account.id)
    described = render.actor(account, keys=keys, base=change.settings.url)
    return render.about("Update", id=id, actor=account.uri, object=described, to=[account.followers])


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
        number, activity = new_uri(change)
        for key in sealed_keys(ctx, current.uri, rsa, proof):
            assert key.sealed is not None
            await accounts.rotate_key(
                change.tx, key.id, public=key.public, sealed=key.sealed, by=number, now=change.now
            )
        body = await _update(change, current, id=activity)
        reached = await everybody_who_knows(change, current)
        # Nobody has the key yet that a proof would be made with.
        await publish(change, body, actor=current, object=current.uri, recipients=reached, private=True, id=number)


async def delete(ctx: Context, account: Account) -> None:
    """Erase an account: everything here, and at every node that holds anything of it.

    The Delete is queued before the wipe, in the same transaction; the key stays until it is delivered.

    Raises:
        NotFound: no such account of ours.
    """
    async with ctx.change() as change:
        current = await accounts.by_id(change.tx, account.id)
        if current is None or not current.local or current.deleted_at is not None or current.kind != "Person":
            raise NotFound("There is no such account.")
        reached = await everybody_who_knows(change, current)
        await effects.bury(change, current)
        number, uri = new_uri(change)
        body = render.delete(id=uri, actor=current.uri, object=current.uri, to=[current.followers])
        await publish(
            change,
            body,
            actor=current,
            object=current.uri,
            recipients=reached,
            carries=current.uri,
            until_confirmed=True,
            id=number,
        )
        await copies.order_all_of(change.tx, current.uri)


async def everybody_who_knows(change: Change, account: Account) -> list[tuple[str, str]]:
    """Return (host, inbox) of the ledger's holders, the followers' nodes and every node of the organisation."""
    reached = dict(await relationships.follower_inboxes(change.tx, account.id))
    reached |= {member.host: member.shared_inbox for member in await nodes.members(change.tx) if member.shared_inbox}
    reached |= {host: inbox for host, inbox in await copies.holders_of_owner(change.tx, account.uri) if inbox}
    reached.pop(change.settings.authority, None)
    return sorted(reached.items())
