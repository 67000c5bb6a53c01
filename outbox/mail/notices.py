"""Tells members who are away what happened: gathered for a while, and then one mail for all of it."""

import logging
from email.message import EmailMessage

from node.context import Change, Context
from node.domain.mails import Letter, Mailing, MailSettings, topic
from node.domain.notifications import Kind
from node.domain.visibility import Visibility
from node.store import accounts, digests, mail_settings
from node.store.mail_settings import News
from outbox.mail.entries import Entry, entries
from outbox.mail.letters import compose, put, stop_link
from themes import mails as wording
from themes.phrases import Phrases

log = logging.getLogger("allmende.mail")

_SETTLE_MS = 30_000
_MEMBERS_AT_ONCE = 100
_NEWS_AT_ONCE = 100
_SHOWN = 10


async def gather(ctx: Context) -> int:
    """Queue a mail for each member who is away and has not been told of everything; return how many.

    Nothing is done where notifications are written: what is to be told is what is newer than what was told. It is told
    after half a minute, so that nothing that is being written is passed over.
    """
    limits, now = ctx.settings.limits, ctx.clock()
    settled = now - _SETTLE_MS
    async with ctx.db.read() as tx:
        due = await mail_settings.waiting_for_news(
            tx,
            settled=settled,
            away_since=now - limits.mail_away_seconds * 1000,
            told_before=now - limits.mail_pause_seconds * 1000,
            limit=_MEMBERS_AT_ONCE,
        )
    queued = 0
    for member in due:
        async with ctx.change() as change:
            queued += await _gather_for(change, member, settled=settled)
    return queued


async def _gather_for(change: Change, member: MailSettings, *, settled: int) -> bool:
    found = await mail_settings.news(change.tx, member, settled=settled, limit=_NEWS_AT_ONCE)
    wanted = [one.id for one in found if one.created_at > member.seen_at and _topic(one) in member.kinds]
    at = change.now if wanted else None
    if not found or not await mail_settings.told(change.tx, member, up_to=found[-1].id, by_mail_at=at):
        return False
    if not wanted:
        return False
    queued = await put(change, Mailing.NOTICES, account_id=member.account_id, about={"ids": wanted})
    if not queued:
        log.warning("mails are dropped: too many wait")
    return queued


def _topic(one: News) -> str:
    visibility = Visibility(one.visibility) if one.visibility else None
    return topic(Kind(one.kind), visibility=visibility, answers=one.answers)


async def write(ctx: Context, letter: Letter) -> EmailMessage | None:
    """Return the mail; None: the member has no address any more, or has seen it all, or all of it is gone."""
    ids = [id for id in letter.about["ids"] if isinstance(id, int)]  # type: ignore[attr-defined]
    async with ctx.db.read() as tx:
        member = await mail_settings.of(tx, letter.account_id)
        user = await accounts.user(tx, letter.account_id)
        if member is None or user is None:
            return None
        found = [one for one in await digests.chosen(tx, letter.account_id, ids) if one.created_at > member.seen_at]
        words = Phrases(user.comfort.language, ctx.clock(), ctx.settings.node.timezone)
        shown = await entries(ctx, tx, found[:_SHOWN], member_id=letter.account_id, words=words)
    if not shown:
        return None
    stop = stop_link(ctx, member, Mailing.NOTICES)
    said = wording.render(
        ctx.settings.look,
        "notices",
        words,
        node=ctx.settings.node,
        subject=_subject(shown, len(found), words),
        entries=shown,
        more=len(found) - len(shown),
        stop=stop,
        line="-- ",
    )
    threads = {one.thread for one in shown}
    return compose(
        ctx,
        letter,
        said,
        to=member.address,
        sender=f"{shown[0].who} ({ctx.settings.node.name})" if len(found) == 1 else "",
        answer_to=shown[0].answer if len(found) == 1 else "",
        stop=stop,
        thread=threads.pop() if len(threads) == 1 else "",
    )


def _subject(shown: list[Entry], count: int, words: Phrases) -> str:
    first = f"{shown[0].who} {shown[0].says}"
    if count == 1:
        return first
    return words.several("%(first)s, and one more", "%(first)s, and %(n)s more", count - 1, first=first)
