"""What joining, changing, suspending and burying an account changes here."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from node.context import Change
from node.domain.accounts import Account, emptied
from node.domain.events import ContentErased, InboxFilled, TokensEnded
from node.effects import circles, personas
from node.effects import posts as post_effects
from node.errors import Conflict, Gone
from node.store import accounts, imports, media, personal, posts, queues, reactions, relationships, tokens, tombstones


@dataclass(frozen=True, slots=True)
class ActorKey:
    """A key to store with an account; `sealed` is the wrapped private half of our own."""

    id: str
    algorithm: str
    public: str
    sealed: bytes | None = None


async def remember(change: Change, account: Account) -> Account:
    """Store or refresh what a peer's actor document says, but for its keys; return the account with our id.

    Suspension is ours to decide and stays.

    Raises:
        Gone: the actor was deleted; it does not come back. Conflict: another actor of its server has that name here.
    """
    tx = change.tx
    if await tombstones.is_buried(tx, account.uri, by=account.uri):
        raise Gone("This account has been deleted.")
    known = await accounts.by_uri(tx, account.uri)
    if known is None:
        await accounts.insert(tx, account)
        # Another process may have met the same actor in the meantime.
        met = await accounts.by_uri(tx, account.uri)
        if met is None:
            raise _taken()
        stored = met
    else:
        renamed = account.username != known.username
        namesake = await accounts.by_handle(tx, account.username, account.host) if renamed else None
        if namesake is not None and namesake.id != known.id:
            raise _taken()
        icon_file = known.icon_file if known.icon == account.icon else ""
        image_file = known.image_file if known.image == account.image else ""
        await media.doom(tx, {known.icon_file, known.image_file} - {icon_file, image_file, ""})
        stored = replace(
            account,
            id=known.id,
            icon_file=icon_file,
            image_file=image_file,
            created_at=known.created_at,
            suspended_at=known.suspended_at,
            hidden_at=account.hidden_at and (known.hidden_at or account.hidden_at),
            moved_at=known.moved_at,
            deleted_at=None,
        )
        await accounts.update(tx, stored)
    if await queues.wake_waiting_for(tx, account.uri, now=change.now):
        change.tell(InboxFilled())
    return stored


def _taken() -> Conflict:
    return Conflict("Another account of that server has this name.")


async def create(change: Change, account: Account, keys: Iterable[ActorKey]) -> bool:
    """Add an account of our own; False when the name is taken."""
    if await tombstones.of(change.tx, account.uri) or not await accounts.insert(change.tx, account):
        return False
    await put_keys(change, account, keys)
    return True


async def put_keys(change: Change, account: Account, keys: Iterable[ActorKey]) -> None:
    """Store an actor's keys; those it no longer lists are dropped at once (threat S11)."""
    keys = list(keys)
    await accounts.drop_other_keys(change.tx, account.id, [key.id for key in keys])
    for key in keys:
        await accounts.put_key(
            change.tx,
            id=key.id,
            account_id=account.id,
            algorithm=key.algorithm,
            public=key.public,
            sealed=key.sealed,
            now=change.now,
        )


async def keep_keys(change: Change, account: Account, listed: Iterable[ActorKey]) -> None:
    """Keep an actor's keys if these are the same; drop them all if not."""
    known = {(row["id"], row["public"]) for row in await accounts.keys_of(change.tx, account.id)}
    if known != {(key.id, key.public) for key in listed}:
        await accounts.drop_other_keys(change.tx, account.id, [])


async def suspend(change: Change, account: Account) -> None:
    """Stop an account: it is neither shown nor heard, and its sessions and tokens, and its persona's, end at once."""
    await accounts.update(change.tx, replace(account, suspended_at=change.now))
    await end_all(change, account)


async def end_all(change: Change, account: Account, *, keep: str = "") -> None:
    """End every session, token and code of an account and its persona, but the session of the secret `keep`."""
    await tokens.end_all(change.tx, account.id, keep=keep)
    await personas.end_all(change, account)
    change.tell(TokensEnded(account.id))


async def hide(change: Change, account: Account) -> None:
    """Show nobody a peer's account any more, nor anything it wrote, and hear nothing of it but deletions.

    What is on screens goes, and what is on its way to others is stopped.
    """
    after = 0
    while batch := await posts.of_author(change.tx, account.id, after=after):
        await post_effects.conceal(change, batch)
        after = batch[-1].id
    at = account.suspended_at or change.now
    await accounts.update(change.tx, replace(account, suspended_at=at, hidden_at=account.hidden_at or change.now))
    change.tell(TokensEnded(account.id))


async def restore(change: Change, account: Account) -> None:
    """Lift a suspension."""
    await accounts.update(change.tx, replace(account, suspended_at=None))


async def forget(change: Change, account: Account) -> None:
    """Erase a peer's account and all it wrote here, as if it had never been here; it may come again."""
    tx = change.tx
    while batch := await posts.of_author(tx, account.id):
        await post_effects.erase_copies(change, batch)
    await reactions.withdraw_all_of(tx, account.id)
    await personal.erase(tx, account.id)
    if account.kind == "Group":
        await circles.clear(change, account.id)
    await queues.wipe_inbox_from(tx, account.uri, but=0)
    await media.doom(tx, filter(None, (account.icon_file, account.image_file)))
    await accounts.delete(tx, account.id)
    change.tell(ContentErased())


async def bury(change: Change, account: Account) -> None:
    """Erase an account and everything it wrote here; its name stays taken and its uri never returns.

    The keys of a local one stay until its Delete has reached every holder (requirements E4). A persona of theirs goes
    some days later.
    """
    tx = change.tx
    if account.local and account.kind == "Person":
        await personas.let_go(change, account)
        await media.doom(tx, await imports.files_of(tx, account.id))
    while batch := await posts.of_author(tx, account.id):
        await post_effects.delete(change, batch, author=account)
    await reactions.withdraw_all_of(tx, account.id)
    await media.remove(tx, await media.of_uploader(tx, account.id))
    followed = await relationships.targets_of(tx, account.id, local=False) if account.local else []
    await personal.erase(tx, account.id)
    for actor_id in followed:
        await circles.clear(change, actor_id)
    await tombstones.bury(tx, [tombstones.Tombstone(account.uri, account.uri, account.kind, change.now)])
    await queues.cancel_from(tx, account.id)
    if account.kind == "Group":
        await circles.clear(change, account.id)
    await accounts.update(
        tx,
        replace(emptied(account), url="", deleted_at=change.now),
    )
    await media.doom(tx, filter(None, (account.icon_file, account.image_file)))
    change.tell(TokensEnded(account.id))
    change.tell(ContentErased())
