"""A mail to try out the way: each step to the mail server, and whether somebody listens for answers."""

import asyncio

from node.context import Context
from node.domain.mails import Letter, Mailing, check_address
from node.inspection.steps import Report, Step
from outbox.mail.letters import compose
from outbox.mail.single import plain
from themes import mails as wording
from themes.phrases import Phrases

_SECONDS = 5.0


async def send(ctx: Context, typed: str) -> list[Step]:
    """Send a test to an address; return each step, the verdict last."""
    report = Report()
    address = report.check("address", lambda: check_address(typed), lambda found: found)
    settings = ctx.settings.mail
    if not ctx.mailer.enabled:
        report.add("settings", "mail.host is not set: no mail goes out. docs/settings.md, [mail], says how.", ok=False)
    if report.failed() or address is None:
        report.add("verdict", "No mail was sent.", ok=False)
        return report.steps
    report.add("settings", f"by {settings.host}:{settings.port} ({settings.security}), from {settings.sender}")
    words = Phrases(ctx.settings.node.language, ctx.clock(), ctx.settings.node.timezone)
    number = ctx.ids.new(ctx.clock())
    letter = Letter(number, 0, Mailing.TEST, address, {}, attempts=1, gives_up_at=0, created_at=ctx.clock())
    said = plain(ctx, wording.test(words, node=ctx.settings.node.name), words)
    [sent] = await ctx.mailer.send([compose(ctx, letter, said, to=address)], told=report.add)
    if sent.state != "sent":
        report.add("mail", _hint(sent.why), ok=False)
    await _answers(ctx, report)
    if sent.state == "sent":
        report.add("verdict", "The mail server took the mail. Look whether it arrives, and not among unwanted ones.")
    else:
        report.add("verdict", "No mail was sent.", ok=False)
    return report.steps


def _hint(why: str) -> str:
    if "certificate" in why.lower():
        return f"{why}. A company's own certificate authority is read from SSL_CERT_FILE."
    if why.startswith("535"):
        return f"{why}. Look at mail.user and mail.password."
    return f"{why}. Look at mail.host, mail.port and mail.security, and at the log of the mail server."


async def _answers(ctx: Context, report: Report) -> None:
    """Tell whether the node listens where the mail server hands answers over."""
    settings = ctx.settings.mail
    if not settings.listen:
        report.add("answers", "mail.listen is not set: members cannot answer by mail")
        return
    try:
        async with asyncio.timeout(_SECONDS):
            reader, writer = await asyncio.open_connection(*settings.listens_at)
            greeting = await reader.readline()
            writer.close()
    except (OSError, TimeoutError):
        greeting = b""
    if greeting.startswith(b"220"):
        report.add("answers", f"somebody listens at {settings.listen} for mails to {settings.reply_to}")
    else:
        report.add("answers", f"nobody listens at mail.listen = {settings.listen}. Is the node running?", ok=False)
