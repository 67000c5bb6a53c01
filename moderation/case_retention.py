"""What time does with cases: whoever does not prove who asks is forgotten, answers become final, and all of it goes.

Complaints among members go when a case that ended with them would lose its words.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from moderation.cases import note_step
from node.context import Change, Context
from node.domain.cases import Case, State
from node.domain.events import ContentErased
from node.store import cases, reports

_AT_ONCE = 100

_Find = Callable[..., Awaitable[list[Case]]]
_Do = Callable[[Change, Case], Awaitable[None]]


async def forget(ctx: Context) -> None:
    """Do what is due, by the periods in the limits. Repeating it changes nothing."""
    limits = ctx.settings.limits
    for find, do, seconds in (
        (cases.unproven, _forget, limits.case_unproven_seconds),
        (cases.unappealed, _close, limits.case_appeal_seconds),
        (cases.to_strip, _strip, limits.case_words_seconds),
        (cases.to_erase, _erase, limits.case_seconds),
    ):
        while await _some(ctx, find, do, before=ctx.clock() - seconds * 1000):
            pass
    async with ctx.change() as change:
        if await reports.forget(change.tx, before=change.now - limits.case_words_seconds * 1000):
            change.tell(ContentErased())


async def _some(ctx: Context, find: _Find, do: _Do, *, before: int) -> bool:
    async with ctx.change() as change:
        found = await find(change.tx, before=before, limit=_AT_ONCE)
        for case in found:
            await do(change, case)
    return bool(found)


async def _forget(change: Change, case: Case) -> None:
    await note_step(change, case, "case.forgotten")
    await _gone(change, case)


async def _close(change: Change, case: Case) -> None:
    await cases.update(change.tx, replace(case, state=State.CLOSED, closed_at=change.now))
    await note_step(change, case, "case.closed")


async def _strip(change: Change, case: Case) -> None:
    """Nobody can tell any more who asked, or what; nor, without the salt, what the journal's digests are of."""
    await note_step(change, case, "case.stripped")
    stripped = replace(
        case, account_id=None, address="", wish="", links="", passage="", salt="", stripped_at=change.now
    )
    await cases.update(change.tx, stripped)
    await cases.forget_words(change.tx, case.id)
    change.tell(ContentErased())


async def _erase(change: Change, case: Case) -> None:
    await note_step(change, case, "case.erased")
    await _gone(change, case)


async def _gone(change: Change, case: Case) -> None:
    await cases.erase(change.tx, [case.id])
    change.tell(ContentErased())
