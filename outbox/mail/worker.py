"""The loops for mails: one sends what waits, the other finds out whom to tell of what."""

import asyncio
import logging
from email.message import EmailMessage

from node.context import Change, Context
from node.domain.inactivity import Step
from node.domain.mails import Letter, Mailing
from node.domain.times import DAY_MS, pause
from node.ports import Sent
from node.store import absences, accounts, mail_settings, mails
from outbox.mail import cases, digest, notices, single
from outbox.mail.unreached import put_unreached

log = logging.getLogger("allmende.mail")

_LOOK_SECONDS = 2.0
_GATHER_SECONDS = 15.0
_AT_ONCE = 20


async def run(ctx: Context) -> None:
    """Send what waits, until cancelled."""
    while ctx.mailer.enabled:
        if not await send_due(ctx):
            await asyncio.sleep(_LOOK_SECONDS)


async def tell(ctx: Context) -> None:
    """Queue mails about what happened, and digests, until cancelled."""
    while ctx.mailer.enabled:
        await notices.gather(ctx)
        await digest.queue_due(ctx)
        await asyncio.sleep(_GATHER_SECONDS)


async def note_presence(ctx: Context) -> None:
    """Write down now and then who asked this process for something, until cancelled: they need no mail."""
    while ctx.mailer.enabled:
        if seen := ctx.presence.take():
            async with ctx.change() as change:
                await mail_settings.seen(change.tx, seen, now=change.now)
        await asyncio.sleep(_GATHER_SECONDS)


async def forget(ctx: Context) -> None:
    """Forget links, answers and mails that are of no use any more."""
    limits = ctx.settings.limits
    async with ctx.change() as change:
        await mail_settings.forget_links(change.tx, before=change.now - DAY_MS)
        await mails.forget_taken(change.tx, before=change.now - limits.mail_answer_seconds * 1000 - DAY_MS)
        await mails.forget_old(change.tx, now=change.now)


async def send_due(ctx: Context) -> int:
    """Send what is due, twenty at most; return how many were due.

    A mail may leave twice when this process dies between its sending and the note of that: both have one Message-ID.
    """
    async with ctx.db.read() as tx:
        if not await mails.any_due(tx, now=ctx.clock()):
            return 0
    async with ctx.change() as change:
        lease = ctx.settings.limits.mail_lease_seconds * 1000
        claimed = await mails.claim(change.tx, now=change.now, lease=lease, limit=_AT_ONCE)
    written = [(letter, await _written(ctx, letter)) for letter in claimed]
    leaving = [(letter, mail) for letter, mail in written if isinstance(mail, EmailMessage)]
    sent = await ctx.mailer.send([mail for _, mail in leaving]) if leaving else []
    became = [(letter, mail) for letter, mail in written if isinstance(mail, Sent)]
    await _finish(ctx, [*became, *zip([letter for letter, _ in leaving], sent, strict=True)])
    return len(claimed)


async def _written(ctx: Context, letter: Letter) -> EmailMessage | Sent:
    """Return the mail; what has nothing to say any more counts as sent, what cannot be written waits like the rest."""
    try:
        match letter.kind:
            case Mailing.NOTICES:
                return await notices.write(ctx, letter) or Sent("sent")
            case Mailing.DIGEST:
                return await digest.write(ctx, letter) or Sent("sent")
            case Mailing.FILED | Mailing.CASE | Mailing.DESK:
                return await cases.write(ctx, letter) or Sent("sent")
            case _:
                return await single.write(ctx, letter) or Sent("sent")
    except Exception as error:
        log.exception("a mail of kind %s cannot be written", letter.kind)
        return Sent("later", type(error).__name__)


async def _finish(ctx: Context, outcomes: list[tuple[Letter, Sent]]) -> None:
    limits = ctx.settings.limits
    async with ctx.change() as change:
        done = []
        for letter, sent in outcomes:
            due = change.now + pause(
                letter.attempts, first=limits.mail_first_retry_seconds, longest=limits.mail_longest_pause_seconds
            )
            if sent.state != "sent":
                log.warning("a mail of kind %s, number %d, was not sent: %s", letter.kind, letter.id, sent.why)
            if sent.state == "later" and due < letter.gives_up_at:
                await mails.postpone(change.tx, letter.id, due_at=due, error=sent.why)
            else:
                done.append(letter.id)
                if letter.kind is Mailing.INACTIVE:
                    await _tell_of_absence(change, letter, sent)
        await mails.finish(change.tx, done)


async def _tell_of_absence(change: Change, letter: Letter, sent: Sent) -> None:
    """Measure the next step from a warning that has gone out; have others tell whom the last one does not reach."""
    if sent.state == "sent":
        await absences.told(change.tx, letter.account_id, now=change.now)
    elif letter.about["step"] == Step.WARNED:
        account = await accounts.by_id(change.tx, letter.account_id)
        seconds = max(1, (letter.gives_up_at - change.now) // 1000)
        if account is not None and not await put_unreached(change, account, letter.about, seconds=seconds):
            await absences.untold(change.tx, account.id, now=change.now)
