"""Whose word an activity is: its sender's own, or a third's who vouches for it with a proof (FEP-8b32)."""

from enum import Enum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from federation import hosts, keys, proofs, resolve
from federation.activities import Activity
from federation.documents import Json
from federation.errors import BadSignature, FederationError, Refused
from federation.verify import Peer
from node.context import Context
from node.store import accounts


class Word(Enum):
    """How far an activity can be believed."""

    OWN = "its actor signed the request"
    PROVEN = "its actor's proof holds, whoever handed it on"
    HEARSAY = "somebody handed it on: only its origin knows whether it is true"


async def word(ctx: Context, peer: Peer, document: Json, activity: Activity) -> Word:
    """Tell whose word a received activity is. A proof that is there has to hold, whoever signed the request.

    `document` is the JSON as it was received. Linked-data signatures count for nothing (threat S15).

    Raises:
        Refused: a third's actor is not of the organisation (threat C02). BadSignature: the proof does not hold.
    """
    own = activity.actor == peer.actor
    if not own and hosts.authority(activity.actor) not in await ctx.policy.speaking():
        raise Refused("The actor does not belong to a member of the organisation.")
    proven = await _proven(ctx, document, activity.actor)
    return Word.OWN if own else Word.PROVEN if proven else Word.HEARSAY


async def _proven(ctx: Context, document: Json, actor: str) -> bool:
    """Tell whether the actor vouches for a document; it is asked once when its key is unknown or has changed."""
    key_id = proofs.key_of(document)
    if not key_id:
        return False
    key = await _key(ctx, key_id, actor)
    if key is None or not _holds(document, key):
        if await _asked_again(ctx, key_id, actor):
            key = await _key(ctx, key_id, actor)
        if key is not None:
            proofs.check(document, key=key)
    return key is not None


def _holds(document: Json, key: Ed25519PublicKey) -> bool:
    try:
        proofs.check(document, key=key)
    except BadSignature:
        return False
    return True


async def _asked_again(ctx: Context, key_id: str, actor: str) -> bool:
    if hosts.origin(key_id) != hosts.origin(actor) or not ctx.keys.may_fetch(key_id, ctx.clock()):
        return False
    try:
        await resolve.actor(ctx, actor, again=True)
    except FederationError:
        return False
    return True


async def _key(ctx: Context, key_id: str, actor: str) -> Ed25519PublicKey | None:
    async with ctx.db.read() as tx:
        row = await accounts.key(tx, key_id)
    if row is None or row["uri"] != actor or row["algorithm"] != "ed25519" or row["deleted_at"] is not None:
        return None
    return keys.load_multikey(row["public"])
