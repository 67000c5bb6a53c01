"""Commands on posts to be published later: plan, move, cancel, and publish what is due."""

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec

from node.context import Context
from node.domain.accounts import Account
from node.domain.media import Media
from node.domain.posts import Draft, check_draft
from node.errors import AllmendeError, Invalid, NotFound
from node.store import accounts, attempts
from node.store import media as files
from node.store import scheduled as rows
from node.store.database import Tx
from node.store.pages import Page
from outbox import media
from outbox import posts as commands

log = logging.getLogger("allmende.outbox")

_SOONEST_MS = 5 * 60_000
_MOST = 300
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Planned:
    """A post to be published at `due_at` (Unix ms), with the files it will have."""

    id: int
    draft: Draft
    due_at: int
    files: tuple[Media, ...]


def moment(text: str) -> int:
    """Return the Unix milliseconds of an ISO 8601 date with time; without a zone it is UTC.

    Raises:
        Invalid: it is none.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise Invalid("Record invalid") from error


async def plan(ctx: Context, author: Account, draft: Draft, *, due: int, attempt: str = "") -> Planned:
    """Keep a post until `due` (Unix ms); `attempt`: see `outbox.posts.publish`.

    Raises:
        Invalid, Forbidden: it could not be published now either, it is due too soon, or there are too many.
    """
    check_draft(draft, author=author, longest=ctx.settings.limits.post_length)
    async with ctx.change() as change:
        _check_due(due, now=change.now)
        if await rows.count(change.tx, author.id) >= _MOST:
            raise Invalid("You have planned %(most)d posts already. Publish or cancel some first.", most=_MOST)
        id = change.new_id()
        if attempt:
            earlier = await attempts.note(change.tx, author.id, attempt, id=id, now=change.now)
            if earlier is not None:
                return await _own(change.tx, author, earlier)
        hung = await media.of_draft(change, author, draft.media_ids)
        await rows.insert(change.tx, rows.Planned(id, author.id, msgspec.json.encode(draft).decode(), due))
        await media.reserve(change, id, hung)
        return Planned(id, draft, due, hung)


def _check_due(due: int, *, now: int) -> None:
    if due < now + _SOONEST_MS:
        raise Invalid("Plan it for five minutes from now at least.")


async def of(ctx: Context, author: Account, page: Page) -> list[Planned]:
    """Return what a member has planned."""
    async with ctx.db.read() as tx:
        return [await _read(tx, row) for row in await rows.of_account(tx, author.id, page)]


async def one(ctx: Context, author: Account, id: int) -> Planned:
    """Return one of a member's planned posts.

    Raises:
        NotFound: there is none.
    """
    async with ctx.db.read() as tx:
        return await _own(tx, author, id)


async def move(ctx: Context, author: Account, id: int, *, due: int) -> Planned:
    """Plan a post for another moment.

    Raises:
        NotFound: there is none. Invalid: it is due too soon.
    """
    async with ctx.change() as change:
        planned = await _own(change.tx, author, id)
        _check_due(due, now=change.now)
        await rows.move(change.tx, id, due_at=due)
        return replace(planned, due_at=due)


async def cancel(ctx: Context, author: Account, id: int) -> None:
    """Forget a planned post; its files go as those that belong to nothing.

    Raises:
        NotFound: there is none.
    """
    async with ctx.change() as change:
        await _own(change.tx, author, id)
        await rows.delete(change.tx, id)


async def publish_due(ctx: Context) -> int:
    """Publish what is due; return how many.

    One whose parent or quoted post is gone meanwhile is published without. What cannot be published at all (its
    author is suspended) waits another day.
    """
    async with ctx.db.read() as tx:
        found = await rows.due(tx, now=ctx.clock())
        authors = await accounts.by_ids(tx, {row.account_id for row in found})
    for row in found:
        draft, author = _draft(row), authors[row.account_id]
        try:
            await _publish(ctx, author, draft, row.id)
        except AllmendeError as error:
            log.warning("a planned post could not be published: %s", error.code)
            async with ctx.change() as change:
                await rows.move(change.tx, row.id, due_at=change.now + _DAY_MS)
    return len(found)


async def _publish(ctx: Context, author: Account, draft: Draft, id: int) -> None:
    try:
        await commands.publish(ctx, author, draft, planned=id)
    except (NotFound, Invalid) as error:
        if draft.reply_to_id is None and draft.quote_of is None:
            raise
        log.info("a planned post loses what it answers or quotes: %s", error.code)
        await commands.publish(ctx, author, replace(draft, reply_to_id=None, quote_of=None), planned=id)


async def _own(tx: Tx, author: Account, id: int) -> Planned:
    row = await rows.by_id(tx, id, account_id=author.id)
    if row is None:
        raise NotFound("Record not found")
    return await _read(tx, row)


async def _read(tx: Tx, row: rows.Planned) -> Planned:
    draft = _draft(row)
    return Planned(row.id, draft, row.due_at, tuple(await files.by_ids(tx, draft.media_ids)) if draft.media_ids else ())


def _draft(row: rows.Planned) -> Draft:
    return msgspec.json.decode(row.draft, type=Draft)
