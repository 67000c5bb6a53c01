"""Commands on one's own account: change the profile, and leave for good."""

from dataclasses import replace

from federation import keys, render
from node.context import Change, Context
from node.domain import text
from node.domain.accounts import Account, Profile
from node.effects import accounts as effects
from node.errors import NotFound
from node.store import accounts, copies, nodes, relationships
from outbox.audience import within_organisation
from outbox.organisation import sealed_keys
from outbox.publish import new_uri, publish


async def edit(ctx: Context, account: Account, profile: Profile) -> Account:
    """Change what is set in `profile`; every node that knows the person gets the new version."""
    limits = ctx.settings.limits
    async with ctx.change() as change:
        current = await accounts.by_id(change.tx, account.id)
        if current is None or not current.active:
            raise NotFound("There is no such account.")

        def line(value: str | None, old: str) -> str:
            return old if value is None else text.plain(value, longest=limits.name_length)

        changed = replace(
            current,
            name=line(profile.name, current.name),
            summary=current.summary
            if profile.summary is None
            else text.render(profile.summary[: limits.bio_length], mentions={}),
            position=line(profile.position, current.position),
            department=line(profile.department, current.department),
            skills=current.skills
            if profile.skills is None
            else tuple(dict.fromkeys(filter(None, (line(skill, "") for skill in profile.skills[:50])))),
            locked=current.locked if profile.locked is None else profile.locked,
            wall_open=current.wall_open if profile.wall_open is None else profile.wall_open,
        )
        await accounts.update(change.tx, changed)
        await announce(change, changed)
        return changed


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
