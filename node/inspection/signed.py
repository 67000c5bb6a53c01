"""Who signed a captured request: every check of `federation.verify`, each for itself, whatever came of the others."""

from collections.abc import Callable

from federation import hosts, message_signatures, resolve, signatures
from federation.errors import BadSignature
from federation.keys import PublicKey
from federation.signatures import SignedRequest
from federation.verify import Peer, take_apart
from node.context import Context
from node.errors import AllmendeError
from node.inspection import objects
from node.inspection.rehearsal import Rehearsal
from node.inspection.steps import Report
from node.store import accounts
from node.store.database import Row

Parts = signatures.Parts | message_signatures.Parts
Claim = signatures.Claim | message_signatures.Claim

_STORED = "stored here"
_FETCHED = "fetched from its owner's server"
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


async def look_at(report: Report, rehearsal: Rehearsal, ctx: Context, request: SignedRequest) -> Peer | None:
    """Tell all about a request's signature; return whose key it names, None when that cannot be learnt."""
    parts = report.check("signature", lambda: take_apart(request, base=ctx.settings.url), _outline)
    if parts is None:
        return None
    claim = _checked(report, ctx, request, parts)
    host = report.check("key id", lambda: hosts.authority(parts.key_id), lambda _: "")
    if host is None:
        return None
    if host == ctx.settings.authority:
        report.add("member", "The key is of this node itself, which does not talk to itself.", ok=False)
    else:
        await objects.member(report, ctx, host)
    return await _verified(report, rehearsal, parts.key_id, claim)


def _outline(parts: Parts) -> str:
    return f"after {parts.request.scheme}, by the key {parts.key_id}"


def _checked(report: Report, ctx: Context, request: SignedRequest, parts: Parts) -> Claim | None:
    """Make every check that needs no key; return what the key has to confirm."""
    report.check(
        "algorithm",
        parts.check_algorithm,
        lambda _: f"{parts.algorithm or 'not named'}; the key decides",
        hint=f"It says {parts.algorithm}.",
    )
    names = ", ".join(parts.names) or "nothing"
    lacking = f"Missing: {', '.join(parts.lacking())}. It signs {names}."
    report.check("coverage", parts.check_strength, lambda _: f"It signs {names}.", hint=lacking)
    host, own = parts.headers.get("host", "missing"), ctx.settings.authority
    report.check(
        "host",
        parts.check_host,
        lambda _: f"It is meant for {own}.",
        hint=f"Its Host is {host}, and this node is {own}: a proxy in between has to pass it on unchanged.",
    )
    age = _age(parts, ctx)
    ageing = "A capture ages: what is too old now may have been right when it came."
    report.check(
        "clock",
        lambda: parts.check_time(now=ctx.clock(), limits=ctx.settings.limits),
        lambda _: age,
        hint=f"{age} {ageing}",
    )
    if request.body is not None:
        report.check("digest", parts.check_digest, lambda _: "It is that of the body.", hint=_digest(parts))
    absent = [name for name in parts.names if name not in parts.headers and name[0] not in "(@"]
    claim: Callable[[], Claim] = parts.claim
    return report.check("signature base", claim, _base, hint=f"Not there: {', '.join(absent)}." if absent else "")


def _digest(parts: Parts) -> str:
    """Say what the header has to be."""
    name = "digest" if isinstance(parts, signatures.Parts) else "content-digest"
    make = signatures.digest if isinstance(parts, signatures.Parts) else message_signatures.digest
    given = parts.headers.get(name)
    there = f"The header {name} is {given}" if given else f"There is no header {name}"
    return f"{there}; by this body it has to be {make(parts.request.body or b'')}."


def _age(parts: Parts, ctx: Context) -> str:
    made = parts.made_at()
    if made is None:
        return "It does not say when it was made."
    seconds = ctx.clock() / 1000 - made
    return f"It was made {_words(abs(seconds))} {'ago' if seconds >= 0 else 'in the future'}."


def _words(seconds: float) -> str:
    for unit, name in ((_DAY, "days"), (_HOUR, "hours"), (_MINUTE, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def _base(claim: Claim) -> str:
    """The text that was signed, to the byte; of the draft both readings, for some signers leave the query out."""
    texts = claim.texts if isinstance(claim, signatures.Claim) else (claim.text,)
    return "\nor, without the query:\n".join(text.decode(errors="replace") for text in texts)


async def _verified(report: Report, rehearsal: Rehearsal, key_id: str, claim: Claim | None) -> Peer | None:
    """Find the key, and let it confirm the signature; one that does not is asked for again, as a node does."""
    found = await report.check_later(
        "key",
        rehearsal.run(lambda ctx: _key(ctx, key_id, again=False)),
        lambda key: f"{objects.kind_of(key[1])}, {key[2]}, of {key[0]['uri']}",
        hint=key_id,
    )
    if found is None:
        report.add("verified", "Without the key nobody can tell.", ok=False)
        return None
    row, public, where = found
    if row["suspended_at"] is not None or row["deleted_at"] is not None:
        report.add("owner", "The key's owner is suspended here, or was deleted.", ok=False)
    peer = Peer(row["account_id"], row["uri"], row["host"])
    if claim is None:
        report.add("verified", "Without a signature base there is nothing to verify.", ok=False)
    elif _holds(claim, public):
        report.add("verified", "The key confirms the signature.")
    elif where == _STORED and await _holds_anew(rehearsal, key_id, claim):
        report.add("verified", "The stored key does not fit, but the one its owner lists now: it was changed.")
    else:
        text = (
            "The signature does not match the request and the key: either the request is not as it was signed "
            "(compare the signature base with that of the sender), or another key signed it."
        )
        report.add("verified", text, ok=False)
    return peer


async def _holds_anew(rehearsal: Rehearsal, key_id: str, claim: Claim) -> bool:
    try:
        _, public, _ = await rehearsal.run(lambda ctx: _key(ctx, key_id, again=True))
    except AllmendeError:
        return False
    return _holds(claim, public)


def _holds(claim: Claim, public: PublicKey) -> bool:
    try:
        claim.verify(public)
    except BadSignature:
        return False
    return True


async def _key(ctx: Context, key_id: str, *, again: bool) -> tuple[Row, PublicKey, str]:
    """Return a key's row, the key, and where it was found.

    Raises:
        AllmendeError: see `resolve.key_owner` and `keys.load_public`.
    """
    async with ctx.db.read() as tx:
        row = await accounts.key(tx, key_id)
    where = _STORED
    if row is None or again:
        await resolve.key_owner(ctx, key_id)
        where = _FETCHED
        async with ctx.db.read() as tx:
            row = await accounts.key(tx, key_id)
    if row is None:
        raise BadSignature("The actor does not list that key.")
    return row, objects.public_key(row, ctx), where
