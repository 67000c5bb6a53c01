"""Makes an answer on the page of a member's mail.

Two things have to agree: the sign in the address that the mail went to, which only that member was given, and the
sender, which is the address that the member confirmed. Nobody else is ever written to.
"""

import asyncio
import hashlib
import logging
from urllib.parse import urlsplit

from moderation import inactivity, members
from node.context import Context
from node.domain import signs
from node.domain.accounts import User
from node.domain.mails import Mailing, MailSettings, same_address
from node.domain.posts import Draft
from node.domain.signs import Answer
from node.domain.visibility import CHOICES, Visibility
from node.errors import AllmendeError, Invalid, NotFound, Throttled, TooLarge
from node.mail import arrived
from node.mail.own_words import own_words
from node.store import accounts, mail_settings, mails, posts
from outbox import posts as commands
from outbox.mail.letters import put

log = logging.getLogger("allmende.mail")

_LONGEST_ID = 500


def sign_in(ctx: Context, address: str) -> str | None:
    """Return the sign in an address that answers go to; None: it is no such address of ours."""
    local, _, host = ctx.settings.mail.reply_to.partition("@")
    before, _, domain = address.rpartition("@")
    name, plus, sign = before.partition("+")
    ours = bool(local and plus) and name.lower() == local and domain.lower() == host.lower()
    return sign if ours else None


async def take(ctx: Context, raw: bytes, *, sender: str, sign: str) -> None:
    """Publish what a member wrote, once, however often the mail is delivered.

    sender: the envelope's, '' for a machine that wants no answer. What does not come from the member is dropped; what
    the member sent and cannot be taken gets an answer that says why.

    Raises:
        AllmendeError: something is wrong on our side; the mail may come again.
    """
    allowed = signs.read_answer(ctx.secret, sign)
    head = await asyncio.to_thread(arrived.head, raw)
    if allowed is None or head is None or head.automatic or not sender:
        log.info("a mail was dropped: a machine sent it, or it went to an address that we gave nobody")
        return
    async with ctx.db.read() as tx:
        member = await mail_settings.of(tx, allowed.account_id)
        user = await accounts.user(tx, allowed.account_id)
    if member is None or user is None or not same_address(head.sender, member.address):
        log.info("a mail was dropped: it does not come from the member whose address it went to")
        return
    await inactivity.note(ctx, user)
    mail = _hash(head.message_id, raw, post_id=allowed.post_id)
    async with ctx.db.read() as tx:
        if await mails.was_taken(tx, user.account.id, mail):
            return
    about: dict[str, object] = {"post": str(allowed.post_id), "reply": _quotable(head.message_id)}
    try:
        made, files = await _publish(ctx, raw, user, allowed, mail=mail)
        about |= {"post": str(made), "files": list(files)}
    except AllmendeError as error:
        if error.status >= 500:
            raise
        about |= {"phrase": error.phrase, "places": error.places}
    await _note(ctx, member, mail, about)


async def _publish(ctx: Context, raw: bytes, user: User, allowed: Answer, *, mail: str) -> tuple[int, tuple[str, ...]]:
    """Publish the answer; return its id, and the names of the files that it came with."""
    members.count_request(ctx, user.account.id)
    if len(raw) > ctx.settings.limits.incoming_mail:
        raise TooLarge("Your mail is too big. Leave files out, and send it again.")
    if allowed.until < ctx.clock():
        raise Invalid("This post cannot be answered by mail any more: too much time has passed.")
    found = await asyncio.to_thread(arrived.body, raw)
    settings = ctx.settings.mail
    ours = (settings.sender.lower(), f"{settings.reply_to.partition('@')[0]}+")
    longest = ctx.settings.limits.post_length
    typed = await asyncio.to_thread(own_words, found.text, flowed=found.flowed, ours=ours, longest=longest)
    if not typed:
        raise Invalid("There is nothing in your mail but what it quotes. Write above that, as text.")
    async with ctx.db.read() as tx:
        parent = await posts.visible_to(tx, allowed.post_id, viewer_id=user.account.id)
    if parent is None:
        raise NotFound("The post you answer is not here any more.")
    draft = Draft(
        text=typed,
        visibility=parent.visibility if parent.visibility in CHOICES else Visibility.ORGANISATION,
        language=user.habits.language,
        sensitive=user.habits.sensitive,
        reply_to_id=parent.id,
    )
    made = await commands.publish(ctx, user.account, draft, attempt=f"mail {mail}")
    return made.id, found.files


async def _note(ctx: Context, member: MailSettings, mail: str, about: dict[str, object]) -> None:
    """Note that a mail was dealt with and, unless all of it was taken, tell its sender; not more often than we may."""
    tells = "phrase" in about or bool(about["files"])
    if tells:
        try:
            ctx.rates.take(f"mail answers {member.account_id}", most=ctx.settings.limits.mail_answers_per_member)
        except Throttled:
            tells = False
    async with ctx.change() as change:
        await mails.note_taken(change.tx, member.account_id, mail, now=change.now)
        if tells:
            await put(change, Mailing.UNTAKEN, account_id=member.account_id, address=member.address, about=about)


def _hash(message_id: str, raw: bytes, *, post_id: int) -> str:
    named = message_id.encode() if message_id else raw
    return hashlib.sha256(b"%d " % post_id + named).hexdigest()


def _quotable(message_id: str) -> str:
    """Return a Message-ID that may stand in a header of ours, '' for none."""
    plain = message_id.isascii() and message_id.isprintable() and " " not in message_id
    whole = message_id.startswith("<") and message_id.endswith(">")
    return message_id if plain and whole and len(message_id) <= _LONGEST_ID else ""


def host_name(ctx: Context) -> str:
    """Return what this node calls itself to mail servers."""
    return urlsplit(ctx.settings.url).hostname or "localhost"
