"""Who signed this request: cheap checks, then policy, then the key, then the signature."""

from dataclasses import dataclass

from federation import hosts, keys, resolve, signatures
from federation.errors import BadSignature, Refused, Unreachable
from node.context import Context
from node.domain.events import DeliveriesQueued
from node.ports import KeyHolder
from node.store import accounts, nodes
from node.store.database import Row


@dataclass(frozen=True, slots=True)
class Peer:
    """The verified signer of a request."""

    account_id: int
    actor: str
    host: str


async def signer(ctx: Context, request: signatures.SignedRequest, *, allowed: frozenset[str] | None = None) -> Peer:
    """Return who signed, or raise; no key is fetched from a host that may not speak (threat S09).

    allowed: the hosts that may; the organisation's by default.

    Raises:
        Malformed, BadSignature: see `signatures.read`. Refused: the host or the actor may not speak.
        Vanished: the key's owner is gone. Unreachable: the key could not be fetched.
    """
    claim = signatures.read(request, authority=ctx.settings.authority, now=ctx.clock(), limits=ctx.settings.limits)
    host = hosts.authority(claim.key_id)
    members = allowed if allowed is not None else await ctx.policy.members()
    if host not in members or host == ctx.settings.authority:
        raise Refused("This node speaks only with members of its organisation.")
    holder = await _holder(ctx, claim.key_id) or await _fetched(ctx, claim.key_id, allowed)
    try:
        claim.verify(holder.key)
    except BadSignature:
        # The key may have changed: look once, and not again for a while (threats S10, S11).
        if not ctx.keys.may_fetch(claim.key_id, ctx.clock()):
            raise
        holder = await _fetched(ctx, claim.key_id, allowed, counted=True)
        claim.verify(holder.key)
    await _note_contact(ctx, holder.host)
    return Peer(holder.account_id, holder.actor, holder.host)


async def _holder(ctx: Context, key_id: str) -> KeyHolder | None:
    known = ctx.keys.known(key_id)
    if known is not None:
        return known
    async with ctx.db.read() as tx:
        row = await accounts.key(tx, key_id)
    if row is None or row["deleted_at"] is not None:
        return None
    if row["suspended_at"] is not None:
        raise Refused("This account is suspended here.")
    return _remember(ctx, row)


async def _fetched(ctx: Context, key_id: str, allowed: frozenset[str] | None, *, counted: bool = False) -> KeyHolder:
    if not counted and not ctx.keys.may_fetch(key_id, ctx.clock()):
        raise BadSignature("The key could not be fetched a moment ago. Try again later.")
    try:
        owner = await resolve.key_owner(ctx, key_id, allowed=allowed)
    except Unreachable as error:
        raise BadSignature("The key could not be fetched.") from error
    if owner.suspended_at is not None:
        raise Refused("This account is suspended here.")
    async with ctx.db.read() as tx:
        row = await accounts.key(tx, key_id)
    if row is None:
        raise BadSignature("The actor does not list that key.")
    return _remember(ctx, row)


def _remember(ctx: Context, row: Row) -> KeyHolder:
    limits = ctx.settings.limits
    holder = KeyHolder(
        key_id=row["id"],
        account_id=row["account_id"],
        actor=row["uri"],
        host=row["host"],
        key=keys.load_public(row["public"], min_bits=limits.rsa_min_bits, max_bits=limits.rsa_max_bits),
        fetched_at=row["created_at"],
    )
    ctx.keys.remember(holder)
    return holder


async def _note_contact(ctx: Context, host: str) -> None:
    """A host we had given up on is back: what waits for it goes out now."""
    async with ctx.db.read() as tx:
        waiting = await nodes.is_waiting_for(tx, host)
    if waiting:
        async with ctx.change() as change:
            await nodes.host_is_back(change.tx, host, now=change.now)
            change.tell(DeliveriesQueued())
