"""Commands on posts to be published later: plan, move, cancel, and publish what is due."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from node.context import Context
from node.domain.accounts import Account
from node.domain.boards import check_notice
from node.domain.media import Media
from node.domain.posts import Draft, Post, check_draft
from node.domain.times import DAY_MS
from node.effects import personas
from node.errors import AllmendeError, Forbidden, Invalid, NotFound
from node.store import accounts, attempts, pages_of_unit
from node.store import media as files
from node.store import scheduled as rows
from node.store.database import Tx
from node.store.pages import Page
from outbox import bylines, media
from outbox import posts as commands

log = logging.getLogger("allmende.outbox")

_SOONEST_MS = 5 * 60_000
MOST = 300
"""Planned posts of one member."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A post to be published at `due_at` (Unix ms), with the files it will have, in the name of `account_id`."""

    id: int
    account_id: int
    draft: Draft
    due_at: int
    files: tuple[Media, ...]


async def plan(
    ctx: Context, author: Account, draft: Draft, *, due: int, attempt: str = "", by: Account | None = None
) -> Planned:
    """Keep a post until `due` (Unix ms); `attempt`, `by`: see `outbox.posts.publish`.

    A notice is planned for its first day, however near that is.

    Raises:
        Invalid, Forbidden: it could not be published now either, it is due too soon, or there are too many.
    """
    check_draft(draft, author=author, longest=ctx.settings.limits.post_length)
    async with ctx.change() as change:
        if by is not None:
            await bylines.check(change, author, draft, by=by)
        if draft.notice is None:
            _check_due(due, now=change.now)
        else:
            check_notice(draft.notice, board=author.board, poll=draft.poll is not None, now=due)
        if await rows.count(change.tx, author.id) >= MOST:
            raise Invalid("You have planned %(most)d posts already. Publish or cancel some first.", most=MOST)
        id = change.new_id()
        if attempt:
            earlier = await attempts.note(change.tx, author.id, attempt, id=id, now=change.now)
            if earlier is not None:
                return await _own(change.tx, by or author, earlier)
        hung = await media.of_draft(change, by or author, draft.media_ids)
        kept = msgspec.json.encode(draft).decode()
        await rows.insert(change.tx, rows.Planned(id, author.id, kept, due, by.id if by else None))
        await media.reserve(change, id, hung)
        return Planned(id, author.id, draft, due, hung)


def _check_due(due: int, *, now: int) -> None:
    if due < now + _SOONEST_MS:
        raise Invalid("Plan it for five minutes from now at least.")


async def of(ctx: Context, author: Account, page: Page) -> list[Planned]:
    """Return what is planned in the name of a member, or a page."""
    async with ctx.db.read() as tx:
        found = await rows.of_account(tx, author.id, page)
        drafts = [_draft(row) for row in found]
        hung = {file.id: file for file in await files.by_ids(tx, {id for draft in drafts for id in draft.media_ids})}
    return [
        Planned(row.id, row.account_id, draft, row.due_at, tuple(hung[id] for id in draft.media_ids if id in hung))
        for row, draft in zip(found, drafts, strict=True)
    ]


async def one(ctx: Context, by: Account, id: int) -> Planned:
    """Return a planned post that a member may change: one of theirs, or in the name of a page that they edit.

    Raises:
        NotFound: there is none.
    """
    async with ctx.db.read() as tx:
        return await _own(tx, by, id)


async def move(ctx: Context, by: Account, id: int, *, due: int) -> Planned:
    """Plan a post for another moment; a notice begins then.

    Raises:
        NotFound: there is none. Invalid: it is due too soon.
    """
    async with ctx.change() as change:
        planned = await _own(change.tx, by, id)
        _check_due(due, now=change.now)
        notice = planned.draft.notice
        if notice is not None and notice.ends_at is not None and notice.ends_at <= due:
            raise Invalid("The notice would be over before it begins. Choose a later last day.")
        await rows.move(change.tx, id, due_at=due)
        return replace(planned, due_at=due)


async def cancel(ctx: Context, by: Account, id: int) -> None:
    """Forget a planned post; its files go as those that belong to nothing.

    Raises:
        NotFound: there is none.
    """
    async with ctx.change() as change:
        await _own(change.tx, by, id)
        await rows.delete(change.tx, id)


async def publish_now(ctx: Context, by: Account, id: int) -> Post:
    """Publish a planned post before its time; one whose parent or quoted post is gone is published without.

    In the name of a page it stays written by who wrote it.

    Raises:
        NotFound: there is none. Invalid, Forbidden: it cannot be published. Conflict: it is being published already.
    """
    async with ctx.db.read() as tx:
        row = await _row(tx, by, id)
        people = await _people(tx, [row])
    return await _publish(ctx, row, people)


async def publish_due(ctx: Context) -> int:
    """Publish what is due; return how many.

    One whose parent or quoted post is gone meanwhile is published without. What cannot be published at all (its
    author is suspended, or the member whose persona that is, or does not edit the page any more) waits another day.
    """
    async with ctx.db.read() as tx:
        found = await rows.due(tx, now=ctx.clock())
        people = await _people(tx, found)
    for row in found:
        try:
            await _publish(ctx, row, people)
        except AllmendeError as error:
            log.warning("a planned post could not be published: %s", error.code)
            async with ctx.change() as change:
                await rows.move(change.tx, row.id, due_at=change.now + DAY_MS)
    return len(found)


async def _people(tx: Tx, found: Sequence[rows.Planned]) -> dict[int, Account]:
    wanted = {row.account_id for row in found} | {row.editor_id for row in found if row.editor_id is not None}
    return await accounts.by_ids(tx, wanted)


async def _publish(ctx: Context, row: rows.Planned, people: Mapping[int, Account]) -> Post:
    draft, author = _draft(row), people[row.account_id]
    async with ctx.db.read() as tx:
        if not await personas.is_here(ctx.vault, tx, author):
            raise Forbidden("This account is suspended.")
    by = people[row.editor_id] if row.editor_id is not None else None
    if draft.notice is not None:
        draft = replace(draft, notice=replace(draft.notice, starts_at=min(row.due_at, ctx.clock())))
    try:
        return await commands.publish(ctx, author, draft, planned=row.id, by=by)
    except (NotFound, Invalid) as error:
        if draft.reply_to_id is None and draft.quote_of is None:
            raise
        log.info("a planned post loses what it answers or quotes: %s", error.code)
        draft = replace(draft, reply_to_id=None, quote_of=None)
        return await commands.publish(ctx, author, draft, planned=row.id, by=by)


async def _own(tx: Tx, by: Account, id: int) -> Planned:
    row = await _row(tx, by, id)
    draft = _draft(row)
    hung = tuple(await files.by_ids(tx, draft.media_ids)) if draft.media_ids else ()
    return Planned(row.id, row.account_id, draft, row.due_at, hung)


async def _row(tx: Tx, by: Account, id: int) -> rows.Planned:
    row = await rows.by_id(tx, id)
    if row is None or not (row.account_id == by.id or await pages_of_unit.is_editor(tx, row.account_id, by.id)):
        raise NotFound("Record not found")
    return row


def _draft(row: rows.Planned) -> Draft:
    if not row.draft:
        raise NotFound("This planned post cannot be read any more.")
    return msgspec.json.decode(row.draft, type=Draft)
