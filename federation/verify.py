"""Who signed this request: cheap checks, then policy, then the key, then the signature."""

from dataclasses import dataclass

from federation import hosts, keys, message_signatures, resolve, signatures
from federation.errors import BadSignature, Refused, Unreachable
from node.context import Context
from node.domain.events import DeliveriesQueued
from node.ports import Scheme
from node.store import accounts, nodes


@dataclass(frozen=True, slots=True)
class Peer:
    """The verified signer of a request."""

    account_id: int
    actor: str
    host: str


@dataclass(frozen=True, slots=True)
class _Holder:
    peer: Peer
    key: keys.PublicKey


async def signer(ctx: Context, request: signatures.SignedRequest, *, allowed: frozenset[str] | None = None) -> Peer:
    """Return who signed, or raise; no key is fetched from a host that may not speak (threat S09).

    allowed: the hosts that may; the organisation's and its partners' by default.

    Raises:
        Malformed, BadSignature: see `signatures.read`. Refused: the host or the actor may not speak.
        Vanished: the key's owner is gone. Unreachable: the key could not be fetched.
    """
    claim = _claim(ctx, request)
    host = hosts.authority(claim.key_id)
    speaking = allowed if allowed is not None else await ctx.policy.speaking()
    if host not in speaking or host == ctx.settings.authority:
        raise Refused("This node speaks only with members of its organisation.")
    holder = await _holder(ctx, claim.key_id)
    try:
        if holder is None:
            raise BadSignature("The key could not be fetched a moment ago. Try again later.")
        claim.verify(holder.key)
    except BadSignature:
        # Unknown, or it may have changed: look once, and not again for a while (threats S10, S11). Who comes
        # meanwhile waits for that look: a new actor's first activities often come together.
        holder = await ctx.once.do(f"key {claim.key_id}", lambda: _looked_up(ctx, claim.key_id, allowed))
        if holder is None:
            raise
        claim.verify(holder.key)
    await _note_contact(ctx, host)
    return holder.peer


def take_apart(request: signatures.SignedRequest, *, base: str) -> signatures.Parts | message_signatures.Parts:
    """Return the signature of a request, unchecked, by the scheme it uses; `base` is our public address.

    Raises:
        Malformed, BadSignature: see `signatures.take_apart`.
    """
    if request.scheme is Scheme.RFC9421:
        return message_signatures.take_apart(request, base=base)
    return signatures.take_apart(request, authority=hosts.authority(base))


def _claim(ctx: Context, request: signatures.SignedRequest) -> signatures.Claim | message_signatures.Claim:
    now, limits = ctx.clock(), ctx.settings.limits
    if request.scheme is Scheme.RFC9421:
        return message_signatures.read(request, base=ctx.settings.url, now=now, limits=limits)
    return signatures.read(request, authority=ctx.settings.authority, now=now, limits=limits)


async def known_signer(ctx: Context, request: signatures.SignedRequest) -> Peer:
    """Return who signed, by a key that is here already, even of one who may not speak any more: for Deletes.

    Raises:
        Malformed, BadSignature: see `signatures.read`. Refused: the key is not here.
    """
    claim = _claim(ctx, request)
    holder = await _holder(ctx, claim.key_id, suspended=True)
    if holder is None or holder.peer.host == "":
        raise Refused("This node speaks only with members of its organisation.")
    claim.verify(holder.key)
    return holder.peer


async def _holder(ctx: Context, key_id: str, *, suspended: bool = False) -> _Holder | None:
    # Asked of the database each time: what was rotated, suspended or deleted a moment ago counts at once (S11).
    async with ctx.db.read() as tx:
        row = await accounts.key(tx, key_id)
    if row is None or row["deleted_at"] is not None:
        return None
    if row["suspended_at"] is not None and not suspended:
        raise Refused("This account is suspended here.")
    limits = ctx.settings.limits
    key: keys.PublicKey
    if row["algorithm"] == "ed25519":
        key = keys.load_multikey(row["public"])
    else:
        key = keys.load_public(row["public"], min_bits=limits.rsa_min_bits, max_bits=limits.rsa_max_bits)
    return _Holder(Peer(row["account_id"], row["uri"], row["host"]), key)


async def _looked_up(ctx: Context, key_id: str, allowed: frozenset[str] | None) -> _Holder | None:
    return await _fetched(ctx, key_id, allowed) if ctx.keys.may_fetch(key_id, ctx.clock()) else None


async def _fetched(ctx: Context, key_id: str, allowed: frozenset[str] | None) -> _Holder:
    try:
        await resolve.key_owner(ctx, key_id, allowed=allowed)
    except Unreachable as error:
        raise BadSignature("The key could not be fetched.") from error
    holder = await _holder(ctx, key_id)
    if holder is None:
        raise BadSignature("The actor does not list that key.")
    return holder


async def _note_contact(ctx: Context, host: str) -> None:
    """A host we had given up on is back: what waits for it goes out now."""
    async with ctx.db.read() as tx:
        waiting = await nodes.is_waiting_for(tx, host)
    if waiting:
        async with ctx.change() as change:
            await nodes.host_is_back(change.tx, host, now=change.now)
            change.tell(DeliveriesQueued())
