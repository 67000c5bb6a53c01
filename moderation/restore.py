"""After a restore from a backup nothing that was erased comes back, here or from here (requirements C3, E3.8).

That it was restored the log of erasures tells, or the keys, which know how far the database had come.

Before a node serves its first request it asks three witnesses what was erased that its database does not know: the log
beside the database (`node.adapters.erasure_log`), which no backup holds; the nodes that ordered it; and the nodes that
carried out its own orders. All of that is done again, then it opens; until then nothing leaves. What was to be
delivered leaves then, as far as it was not erased; mails that waited do not leave again, save for warnings before an
account ends.

The journal goes back with the database, too. The log says how far it had come, and a line in it that a new epoch begins
(`moderation.witnesses`).
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import parse_qs, urlsplit

from federation import documents, erasures, resolve
from federation.erasures import Order
from federation.errors import FederationError, Malformed
from moderation import orders
from moderation.journal import append as write_in_journal
from moderation.shredding import is_older
from node.adapters.erasure_log import ErasureLog, Line
from node.context import Context
from node.domain import ids
from node.domain.witnesses import Head
from node.store import erasures as rows
from node.store import journal, mails, nodes, restores

log = logging.getLogger("allmende.restore")
audit = logging.getLogger("allmende.audit")

RESTORED = "node.restored"
"""The line of the journal with which an epoch begins."""

_BATCH = 200
_MOST_PAGES = 10_000
_PATIENCE_SECONDS = 3.0
_PAUSE_SECONDS = 2.0
_OVERLAP = 60_000 << ids.LOW_BITS  # what was committed a moment after something younger


async def guard(ctx: Context, *, without: Iterable[str] = (), say: Callable[[str], None] = log.warning) -> None:
    """Do again what was erased since the database was as it is now; return when the node may serve.

    A database whose log is lost waits until every other node of the organisation has answered, but those that the
    operator goes on `without`. Any other asks them once, and briefly.
    """
    kept = ErasureLog(ctx.settings.erasure_log)
    async with ctx.db.read() as tx:
        begun, epoch = await restores.begun(tx), await restores.epoch(tx)
    last = await asyncio.to_thread(kept.last)
    if not begun and last is None:
        await _begin(ctx, kept, 1, replayed=0)
    elif begun and last is not None and last.epoch == epoch and await _knows(ctx, last) and not await is_older(ctx):
        await _ask_briefly(ctx)
    else:
        say("This database came from a backup. What was erased since is erased again before the node opens.")
        replayed = await _replay(ctx, kept)
        if last is not None:
            await _ask_briefly(ctx)
        else:
            await _ask_all(ctx, without=frozenset(without), say=say)
        lost = last.journal if last else 0
        await _begin(ctx, kept, max(last.epoch if last else 0, epoch) + 1, replayed=replayed, lost=lost)


async def declare(ctx: Context) -> int:
    """Begin a new epoch because somebody says that the database came from a backup; return its number."""
    async with ctx.db.read() as tx:
        epoch = await restores.epoch(tx) + 1
    await _begin(ctx, ErasureLog(ctx.settings.erasure_log), epoch, replayed=0)
    return epoch


async def heed(ctx: Context, head: Head) -> None:
    """Write in the log how far the journal has come."""
    await asyncio.to_thread(ErasureLog(ctx.settings.erasure_log).heed, head.epoch, head.number)


def epoch_begun(line: journal.Line) -> int:
    """Return the epoch that begins with a line of the kind `RESTORED`."""
    return int(line.subject.partition(",")[0].removeprefix("epoch "))


async def _knows(ctx: Context, last: Line) -> bool:
    """Whether the database has the journal as far as the log knows it, and its last order, or an old one forgotten."""
    async with ctx.db.read() as tx:
        number, _ = await journal.head(tx)
    if number < last.journal:
        return False
    if last.order is None:
        return True
    uri, at = documents.one_id(last.order.get("id")) or "", documents.time(last.order.get("published")) or 0
    async with ctx.db.read() as tx:
        known = await rows.known(tx, [uri])
    return bool(known) or at < ctx.clock() - ctx.settings.limits.erasure_record_seconds * 1000


async def _begin(ctx: Context, kept: ErasureLog, epoch: int, *, replayed: int, lost: int = 0) -> None:
    """Begin an epoch. lost: up to which line the journal had come before, as far as that is known."""
    async with ctx.change() as change:
        await restores.begin(change.tx, epoch, replayed=replayed, now=change.now)
        if epoch > 1:
            await mails.drop_restored(change.tx)
            number, _ = await journal.head(change.tx)
            gone = f", lines {number + 1}-{lost}" if lost > number else ""
            await write_in_journal(change, RESTORED, subject=f"epoch {epoch}{gone}")
    await asyncio.to_thread(kept.append, epoch, [])
    if epoch > 1:
        audit.warning("restored from a backup: epoch %s begins, %s erasures were done again", epoch, replayed)


async def write_down(ctx: Context) -> None:
    """Add to the log what was ordered or carried out since, soon after it was."""
    async with ctx.db.read() as tx:
        found = await rows.unlogged(tx, limit=_BATCH)
        if not found:
            return
        epoch = await restores.epoch(tx)
    kept = ErasureLog(ctx.settings.erasure_log)
    await asyncio.to_thread(kept.append, epoch, [document for _, document in found])
    async with ctx.change() as change:
        await rows.logged(change.tx, [id for id, _ in found])


async def _replay(ctx: Context, kept: ErasureLog) -> int:
    told = [line.order for line in await asyncio.to_thread(lambda: list(kept.read())) if line.order]
    done = 0
    for start in range(0, len(told), _BATCH):
        done += await _do_again(ctx, await _unknown(ctx, told[start : start + _BATCH]))
    return done


async def _unknown(ctx: Context, told: Sequence[documents.Json]) -> list[Order]:
    """Return those of these orders that the database does not know."""
    found = {}
    for document in told:
        try:
            order = erasures.parse_order(document)
            found[order.uri] = order
        except Malformed as error:
            log.warning("an order is not read: %s", error.message)
    async with ctx.db.read() as tx:
        known = await rows.known(tx, list(found))
    return [order for order in found.values() if order.uri not in known]


async def _do_again(ctx: Context, told: Sequence[Order], *, witness: str = "") -> int:
    """Carry out orders that the database does not know; return how many. witness: who has them."""
    for order in told:
        async with ctx.change() as change:
            await orders.do_again(change, order, witness=witness)
    return len(told)


async def _ask_briefly(ctx: Context) -> None:
    async with ctx.db.read() as tx:
        others = await nodes.kindred(tx) - {ctx.settings.authority}
    asking = [asyncio.wait_for(ask(ctx, host), _PATIENCE_SECONDS) for host in sorted(others)]
    for answer in await asyncio.gather(*asking, return_exceptions=True):
        if isinstance(answer, BaseException) and not isinstance(answer, FederationError | TimeoutError):
            raise answer


async def _ask_all(ctx: Context, *, without: frozenset[str], say: Callable[[str], None]) -> None:
    async with ctx.db.read() as tx:
        waiting = await nodes.kindred(tx) - without - {ctx.settings.authority}
    told: set[str] = set()
    while waiting:
        for host in sorted(waiting):
            try:
                await asyncio.wait_for(ask(ctx, host), _PATIENCE_SECONDS * 10)
                waiting.discard(host)
            except (FederationError, TimeoutError):
                continue
        if waiting and waiting != told:
            told = set(waiting)
            say(f"Waiting for {', '.join(sorted(waiting))}. To go on without: allmende serve --without HOST")
        if waiting:
            await asyncio.sleep(_PAUSE_SECONDS)


async def ask(ctx: Context, host: str) -> int:
    """Ask a node for its orders to us, and for those of ours that it carried out; return how many were new.

    Raises:
        FederationError: it does not answer, or not with orders.
    """
    own = urlsplit(ctx.settings.url)
    address = f"{own.scheme}://{host}/erasures"
    async with ctx.db.read() as tx:
        seen = await restores.seen(tx, host)
    sign = await resolve.node_signature(ctx)
    done = 0
    after = max(0, seen - _OVERLAP)
    for _ in range(_MOST_PAGES):
        _, body = await ctx.wire.get_document(
            f"{address}?after={after}", sign=sign, may_contact=lambda authority: authority == host
        )
        page = documents.load(body, ctx.settings.limits)
        told = erasures.parse_orders(page)
        mine = [one for one in await _unknown(ctx, told) if one.host in (host, ctx.settings.authority)]
        done += await _do_again(ctx, await _signed(ctx, mine), witness=host)
        if not told:
            break
        after = _next(page, after)
    async with ctx.change() as change:
        await restores.put_seen(change.tx, host, max(after, seen))
    return done


async def _signed(ctx: Context, told: Sequence[Order]) -> list[Order]:
    """Return those of these orders that the node they come from has signed; its key is fetched if it is not known."""
    found = []
    for order in told:
        try:
            node = await resolve.actor(ctx, order.node)
            async with ctx.db.read() as tx:
                await orders.check_signed(tx, order, node, base=ctx.settings.url)
            found.append(order)
        except FederationError as error:
            audit.warning("an order to erase something does not count: %s", error.message)
    return found


def _next(page: documents.Json, after: int) -> int:
    """Return the number to go on from; a page that does not lead on ends it.

    Raises:
        Malformed: it leads back.
    """
    query = parse_qs(urlsplit(documents.one_id(page.get("next")) or "").query)
    number = next(iter(query.get("after", [])), "")
    if not (number.isascii() and number.isdecimal()) or int(number) <= after:
        raise Malformed("The page of orders does not lead on.")
    return int(number)
