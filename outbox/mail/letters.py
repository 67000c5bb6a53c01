"""What every mail has: its place in the queue, its headers, its two parts."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import urlsplit

from node.context import Change, Context
from node.domain import signs, text
from node.domain.mails import Letter, Mailing, MailSettings
from node.store import mails
from themes.mails import Rendered

_LONGEST_NAME = 60
_LONGEST_SUBJECT = 150
STOPPABLE = (Mailing.NOTICES, Mailing.DIGEST)


async def put(
    change: Change, kind: Mailing, *, account_id: int, address: str = "", about: dict[str, object], seconds: int = 0
) -> bool:
    """Queue a mail to a member, or (0) to somebody who is none; False when too many wait.

    address: where to, '' for the one the member has when it leaves. seconds: for how long it is of use, 0 for as long
    as any mail is tried.
    """
    limits = change.settings.limits
    letter = Letter(
        id=change.new_id(),
        account_id=account_id,
        kind=kind,
        address=address,
        about=about,
        attempts=0,
        gives_up_at=change.now + (seconds or limits.mail_horizon_seconds) * 1000,
        created_at=change.now,
    )
    return await mails.put(change.tx, letter, most=limits.mails_waiting)


def stop_link(ctx: Context, member: MailSettings, kind: Mailing) -> str:
    """Return the link that ends mails of a kind without a sign-in, as long as the member has this address."""
    sign = signs.link(ctx.secret, f"stop {kind}", member.account_id, bound=member.address.lower())
    return f"{ctx.settings.url}/mail/stop/{kind}/{sign}"


def answer_address(ctx: Context, *, account_id: int, post_id: int) -> str:
    """Return the address by which a member answers a post, '' when the node takes no answers by mail."""
    local, _, host = ctx.settings.mail.reply_to.partition("@")
    if not local:
        return ""
    until = ctx.clock() + ctx.settings.limits.mail_answer_seconds * 1000
    return f"{local}+{signs.answer(ctx.secret, account_id=account_id, post_id=post_id, until=until)}@{host}"


def compose(
    ctx: Context,
    letter: Letter,
    said: Rendered,
    *,
    to: str,
    sender: str = "",
    answer_to: str = "",
    stop: str = "",
    thread: str = "",
    reply: str = "",
) -> EmailMessage:
    """Return a mail as it leaves.

    sender: the name it comes from, '' for the node's. answer_to: where answers go. stop: a link that ends such mails
    (RFC 8058). thread: mails of one conversation have the same one. reply: the Message-ID of the mail it answers.
    Nothing in it tells us that it was opened.
    """
    host = urlsplit(ctx.settings.url).hostname or ""
    name = text.plain(sender or ctx.settings.node.name, longest=_LONGEST_NAME)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(name, addr_spec=ctx.settings.mail.sender)
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = text.plain(said.subject, longest=_LONGEST_SUBJECT)
    mail["Date"] = datetime.fromtimestamp(ctx.clock() / 1000, UTC)
    # The same for every attempt: a mailbox that got it twice can tell.
    mail["Message-ID"] = f"<{letter.kind}.{letter.id}@{host}>"
    if thread or reply:
        earlier = reply or f"<{thread}@{host}>"
        mail["In-Reply-To"] = earlier
        mail["References"] = earlier
    if answer_to:
        mail["Reply-To"] = Address(addr_spec=answer_to)
    # No machine shall answer, RFC 3834 and Exchange.
    mail["Auto-Submitted"] = "auto-replied" if reply else "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if stop:
        mail["List-Unsubscribe"] = f"<{stop}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(said.text, cte="quoted-printable")
    mail.add_alternative(said.html, subtype="html", cte="quoted-printable")
    return mail
