"""Nodes vouch for each other's journal: each signs how far the others' have come, and no step back (requirement C20).

A journal alone does not show that its end was cut off, or that whoever has the key file wrote it anew. Once a day, and
within an hour after it grew, a node asks every other node of its organisation that runs this software to sign number
and seal of the last line. What they signed is kept here, and theirs keep it there.
"""

import logging
from functools import partial

from federation import documents, resolve, verify, witnesses
from federation.errors import Malformed, Refused, Unreachable
from federation.signatures import SignedRequest
from federation.witnesses import Asked, Signed
from moderation.restore import RESTORED, epoch_begun, heed
from moderation.telling import tell_guardians
from node.context import Change, Context
from node.domain import uris
from node.domain.times import DAY_MS
from node.domain.witnesses import Head, Seen, Standing, Testimony, Verdict, Witness, judge
from node.errors import AllmendeError
from node.store import accounts, journal, nodes, restores
from node.store import witnesses as rows
from node.store.database import Tx
from outbox import as_node
from themes import told

log = logging.getLogger("allmende.witnesses")
audit = logging.getLogger("allmende.audit")

_HOUR_MS = 3_600_000


# Who asks


async def ask(ctx: Context) -> None:
    """Have the other nodes sign the head of our journal, those that did not do it lately; nobody's failure matters."""
    async with ctx.db.read() as tx:
        others = await nodes.kindred(tx) - {ctx.settings.authority}
        head = await _head(tx)
        signed = await rows.of_ours(tx)
        known = {one.host: one for one in signed if one.head.epoch == head.epoch}
    if not head.number and not signed:
        return  # nothing was written yet, nor taken out
    # First on the disk, then with others: who starts from a backup without this line knows that it is one.
    await heed(ctx, head)
    for host in sorted(others):
        last = known.get(host)
        if last is None or last.head != head or last.at < ctx.clock() - DAY_MS:
            await _try(ctx, host)
    await _tell_of_doubts(ctx)


async def _try(ctx: Context, host: str) -> None:
    try:
        await _have_signed(ctx, host)
    except AllmendeError as error:
        log.info("%s does not sign for our journal: %s", host, error.message)


async def _have_signed(ctx: Context, host: str) -> None:
    """Ask a node to sign. One that remembers another head than we do says which, and is asked once more.

    Raises:
        FederationError: it does not answer, or not as a witness.
    """
    async with ctx.db.read() as tx:
        head = await _head(tx)
        before = next(
            (one.head.number for one in await rows.of_ours(tx) if (one.host, one.head.epoch) == (host, head.epoch)),
            None,
        )
    for _ in range(2):
        status, signed = await _post(ctx, host, before)
        await _keep(ctx, host, signed)
        if status == 200 or signed.asked.head.number == before:
            return
        before = signed.asked.head.number


async def _post(ctx: Context, host: str, before: int | None) -> tuple[int, Signed]:
    """Send our head, with the seal that the line number `before` has here now; return status and answer."""
    node = uris.node_at(ctx.settings.url, host)
    async with ctx.db.read() as tx:
        head, now = await _head(tx), ctx.clock()
        seals = await journal.seals(tx, [before] if before else [])
        former = None if before is None else (before, seals.get(before, ""))
        body = witnesses.render_head(head, base=ctx.settings.url, witness=node, former=former, at=now)
        own = await as_node.node_of(tx, ctx.settings.url)
        document = documents.dump(await ctx.keys.prove(tx, own.id, body, now=now))
    reply = await ctx.wire.post(
        witnesses.heads(node.removesuffix("/actor")),
        document,
        content_type="application/activity+json",
        sign=await resolve.node_signature(ctx),
    )
    if reply.status not in (200, 409) or not reply.is_document:
        raise Unreachable(f"{host} answered {reply.status}")
    return reply.status, witnesses.parse_witness(documents.load(reply.body, ctx.settings.limits))


async def _keep(ctx: Context, host: str, signed: Signed) -> None:
    """Keep what a witness signed: its own word about a head that we signed ourselves.

    Raises:
        FederationError: it is not.
    """
    node = await resolve.actor(ctx, uris.node_at(ctx.settings.url, host))
    async with ctx.change() as change:
        own = await as_node.node_of(change.tx, ctx.settings.url)
        if (signed.node, signed.asked.node) != (node.uri, own.uri):
            raise Malformed("That is another node's word, or about another journal.")
        key = await as_node.check_signed(change.tx, signed.document, by=node)
        await as_node.check_signed(change.tx, signed.asked.document, by=own)
        document = documents.dump(signed.document)
        await rows.put(change.tx, Witness(host, signed.asked.head, document, key, signed.at, None))


async def testimonies(tx: Tx) -> list[Testimony]:
    """Return what others signed for our journal, and how it stands to the journal as it is now."""
    known = await rows.of_ours(tx)
    seals = await journal.seals(tx, [one.head.number for one in known]) | {0: ""}
    restored = [(line.number, epoch_begun(line)) for line in await journal.of_kind(tx, RESTORED)]
    return [Testimony(one, _standing(one.head, seals, restored)) for one in known]


def _standing(head: Head, seals: dict[int, str], restored: list[tuple[int, int]]) -> Standing:
    anew = min((number for number, epoch in restored if epoch > head.epoch), default=None)
    if anew is not None and head.number >= anew:
        return Standing.LOST
    return Standing.HOLDS if seals.get(head.number) == head.seal else Standing.BROKEN


async def _tell_of_doubts(ctx: Context) -> None:
    async with ctx.change() as change:
        for one in await testimonies(change.tx):
            witness = one.witness
            if one.standing is not Standing.BROKEN or not _again(witness.doubted_at, now=change.now):
                continue
            audit.error("line %d of the journal is not what %s has signed", witness.head.number, witness.host)
            await rows.doubt(change.tx, witness, now=change.now)
            await tell_guardians(
                change, partial(told.journal_doubted, witness=witness.host, number=witness.head.number)
            )


async def _head(tx: Tx) -> Head:
    return Head(await restores.epoch(tx), *await journal.head(tx))


# Who is asked


async def countersign(ctx: Context, request: SignedRequest) -> tuple[bool, bytes]:
    """Sign the head of another node's journal; return whether that was done, and what was signed, now or last.

    Raises:
        FederationError: it is no head, or not that of the node that asks, one of our organisation and software.
    """
    peer = await verify.signer(ctx, request, allowed=await ctx.policy.members())
    asked = witnesses.parse_head(documents.load(request.body or b"", ctx.settings.limits))
    async with ctx.change() as change:
        node = await accounts.by_id(change.tx, peer.account_id)
        ours = (uris.node_at(ctx.settings.url, peer.host), uris.node(ctx.settings.url))
        if (asked.node, asked.witness) != ours or peer.actor != asked.node or node is None:
            raise Refused("A node asks for its own journal.")
        if peer.host not in await nodes.kindred(change.tx):
            raise Refused("This node vouches for members of its organisation only.")
        await as_node.check_signed(change.tx, asked.document, by=node)
        return await _answer(change, peer.host, asked)


async def _answer(change: Change, host: str, asked: Asked) -> tuple[bool, bytes]:
    last = await rows.last(change.tx, host)
    verdict = judge(last.head if last else None, asked.head, former=asked.former)
    if last is not None and verdict in (Verdict.UNCLEAR, Verdict.WRONG):
        if verdict is Verdict.WRONG:
            await _raise_alarm(change, last, asked.head)
        return False, last.document
    own = await as_node.node_of(change.tx, change.settings.url)
    body = witnesses.render_witness(change.new_id(), asked.document, base=change.settings.url, at=change.now)
    document = documents.dump(await change.keys.prove(change.tx, own.id, body, now=change.now))
    await rows.sign(change.tx, host, asked.head, document, now=change.now)
    if last is not None and verdict is Verdict.RESTORED:
        await _tell_of_restore(change, last, asked.head)
    return True, document


async def _raise_alarm(change: Change, last: Seen, head: Head) -> None:
    audit.error("the journal of %s came to line %d, now it says %d", last.host, last.head.number, head.number)
    if _again(last.refused_at, now=change.now):
        await tell_guardians(change, partial(told.journal_wrong, host=last.host, number=last.head.number, at=last.at))
    await rows.refuse(change.tx, last, now=change.now)


async def _tell_of_restore(change: Change, last: Seen, head: Head) -> None:
    audit.warning(
        "the journal of %s came to line %d; after a backup it is at %d", last.host, last.head.number, head.number
    )
    if last.first_at < change.now - _HOUR_MS:  # a node that comes back all the time tells so in the log
        await tell_guardians(
            change, partial(told.journal_restored, host=last.host, number=last.head.number, now=head.number)
        )


def _again(told_at: int | None, *, now: int) -> bool:
    return told_at is None or told_at < now - DAY_MS
