"""Makes the follows of our people agree with what the followed one's node says of them (FEP-8fcf).

Either side may have lost some, by a backup put back or an answer that never came. Who still follows here and is no
follower there would go on to read what goes to followers only: a node gives that to those it believes to follow.
"""

import logging
from collections.abc import Mapping

from federation import bridges, followers_sync, render
from federation.errors import FederationError
from federation.followers_sync import Part
from federation.verify import Peer
from node.context import Change, Context
from node.domain import ids
from node.domain.accounts import Account
from node.domain.relationships import Follow
from node.effects import errands
from node.effects import relationships as effects
from node.effects.errands import Errand
from node.store import accounts, queues, relationships
from outbox.audience import inbox_of, within_reach
from outbox.publish import new_uri, publish

log = logging.getLogger("allmende.inbox")

_YOUNG_MS = 600_000
_ENDED_TOGETHER = 100
_UNDONE_AT_MOST = 200


async def compare(ctx: Context, peer: Peer, told: Part) -> None:
    """Compare what the verified signer of a request says of its followers here with what we know.

    When they differ, a row is queued that makes us ask: once in ten minutes for each actor, whatever it says.
    """
    async with ctx.db.read() as tx:
        author = await accounts.by_id(tx, peer.account_id)
        if author is None or not told.is_of(author):
            return
        known = await relationships.by_local_followers(tx, author.id)
    ours = [follower for follower, follow in known.items() if follow.accepted]
    if followers_sync.digest(ours) == told.digest:
        return
    if not ctx.keys.may_fetch(f"followers of {author.uri}", ctx.clock()):
        return
    async with ctx.change() as change:
        await errands.ask(change, Errand.SYNCHRONISE, told.url, actor=author.uri, text=told.text)


async def heal(ctx: Context, row: queues.InboxRow) -> None:
    """Ask the node of the row's actor who of ours follows it, and make both sides agree.

    Only accepted follows are ended that were here before the question and are not young: what is on its way to
    either side is left alone. An answer that does not come or is no good changes nothing.
    """
    async with ctx.db.read() as tx:
        author = await accounts.by_uri(tx, row.actor)
        told = followers_sync.parse(row.body.decode())
        if author is None or told is None or not told.is_of(author):
            return
        known = await relationships.by_local_followers(tx, author.id)
    try:
        listed = await followers_sync.listed(ctx, told)
    except FederationError as error:
        log.info("no list of the followers of %s: %s", author.uri, error.message)
        return
    ended = await _end_unlisted(ctx, known, listed)
    undone = await _undo_unknown(ctx, author, listed)
    log.info("followers of %s: %d follows ended here, %d undone there", author.uri, ended, undone)


async def _end_unlisted(ctx: Context, known: Mapping[str, Follow], listed: frozenset[str]) -> int:
    """End those of the known follows that the other side does not have; it needs not hear of it."""
    old = ctx.clock() - _YOUNG_MS
    lost = [
        follow
        for follower, follow in known.items()
        if follow.accepted and follower not in listed and ids.moment(follow.id) < old
    ]
    for first in range(0, len(lost), _ENDED_TOGETHER):
        async with ctx.change() as change:
            for follow in lost[first : first + _ENDED_TOGETHER]:
                if await relationships.by_uri(change.tx, follow.uri) == follow:
                    await effects.end(change, follow)
    return len(lost)


async def _undo_unknown(ctx: Context, author: Account, listed: frozenset[str]) -> int:
    """Let those of ours who are listed, and neither follow nor ask to, take back what the other side has of them."""
    async with ctx.change() as change:
        known = await relationships.by_local_followers(change.tx, author.id)
        strangers = [
            account
            for account in await accounts.by_uris(change.tx, listed - known.keys())
            if account.local and account.kind == "Person" and account.deleted_at is None
        ]
        for account in strangers[:_UNDONE_AT_MOST]:
            await _undo(change, account, author)
    return len(strangers[:_UNDONE_AT_MOST])


async def _undo(change: Change, follower: Account, author: Account) -> None:
    number, uri = new_uri(change)
    # The follow's own id is lost: the other side finds it by who and whom.
    follow = render.follow(id=f"{uri}#follow", follower=follower.uri, target=author.uri)
    body = render.about("Undo", id=uri, actor=follower.uri, object=follow)
    beyond = await bridges.parting(change.tx, author.id) if author.kind == "Group" else set()
    inboxes = await within_reach(change, [inbox_of(author)], beyond=beyond)
    await publish(change, body, actor=follower, object=author.uri, recipients=inboxes, private=True, id=number)
