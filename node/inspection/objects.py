"""What our readers make of a host, a key, an actor and a post, in plain words."""

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from federation import keys, resolve
from federation.addressing import visibility_of
from federation.objects import Actor, ActorKey, Note
from node.context import Context
from node.domain.visibility import Visibility
from node.inspection.rehearsal import Rehearsal
from node.inspection.steps import Report
from node.store import nodes
from node.store.database import Row

_SHOWN = 5


async def member(report: Report, ctx: Context, host: str) -> bool:
    """Tell whether a canonical host is of the organisation."""
    found = host in await ctx.policy.members()
    if found:
        report.add("member", f"{host} belongs to the organisation.")
    else:
        text = f"{host} is no member, and this node speaks with members only. To let it in: allmende org admit {host}"
        report.add("member", text, ok=False)
    return found


def public_key(row: Row, ctx: Context) -> keys.PublicKey:
    """Return the key in a row of `accounts.key`.

    Raises:
        BadSignature: it cannot be read, is weak, or of another kind.
    """
    if row["algorithm"] == "ed25519":
        return keys.load_multikey(row["public"])
    return _load(row["public"], ctx)


def _load(pem: str, ctx: Context) -> keys.PublicKey:
    limits = ctx.settings.limits
    return keys.load_public(pem, min_bits=limits.rsa_min_bits, max_bits=limits.rsa_max_bits)


def kind_of(key: keys.PublicKey) -> str:
    """Return what kind of key it is."""
    return f"RSA with {key.key_size} bits" if isinstance(key, RSAPublicKey) else "Ed25519"


def actor(report: Report, ctx: Context, found: Actor) -> None:
    """Tell of an actor: who it is, where it takes activities, by which keys it is known."""
    report.add("actor", f"{found.kind} @{found.username}, called {found.name!r}: {found.id}")
    shared = f"; shared: {found.shared_inbox}" if found.shared_inbox else ""
    report.add("inbox", f"{found.inbox}{shared}. That is on its own server.")
    for key in found.keys:
        _key(report, ctx, found, key)
    if not found.keys:
        report.add("key", "It lists none in publicKey: no signature of it can be checked.", ok=False)
    for id, _ in found.assertion_keys:
        report.add("proof key", f"{id}: Ed25519.")
    if found.moved_to:
        report.add("moved", f"It goes on as {found.moved_to}.")


def _key(report: Report, ctx: Context, found: Actor, key: ActorKey) -> None:
    if key.owner != found.id:
        text = f"{key.id} names as its owner {key.owner or 'nobody'}, not this actor: it counts for nothing."
        report.add("key", text, ok=False)
        return
    report.check("key", lambda: _load(key.pem, ctx), lambda public: f"{key.id}: {kind_of(public)}.", hint=key.id)


async def note(report: Report, rehearsal: Rehearsal, found: Note) -> None:
    """Tell of a post: who wrote it, who may read it here, what it answers."""
    author = await report.check_later(
        "author",
        rehearsal.run(lambda ctx: resolve.actor(ctx, found.author)),
        lambda account: f"{account.username}@{account.host}, {account.uri}",
        hint=f"The author is {found.author}.",
    )
    visibility = await rehearsal.run(lambda ctx: _visibility(ctx, found, author.followers if author else ""))
    addressed = [*found.to, *found.cc]
    more = f" and {len(addressed) - _SHOWN} more" if len(addressed) > _SHOWN else ""
    report.add("audience", f"read as {visibility}; addressed to {', '.join(addressed[:_SHOWN]) or 'nobody'}{more}.")
    if found.in_reply_to:
        report.add("reply", f"to {found.in_reply_to}")


async def _visibility(ctx: Context, found: Note, followers: str) -> Visibility:
    async with ctx.db.read() as tx:
        members = await nodes.members_collection(tx)
    return visibility_of(found.to, found.cc, followers=followers, members=members)
