"""Mails with one thing to say: links that only their reader gets, and what became of an answer."""

from email.message import EmailMessage
from urllib.parse import quote

from node.context import Context
from node.domain import signs, uris
from node.domain.bridges import OPEN, Bridge, Side
from node.domain.inactivity import Step
from node.domain.mails import Letter, Mailing, Purpose
from node.domain.times import DAY_MS
from node.store import accounts, bridges
from outbox.mail.letters import compose
from themes import mails as wording
from themes.mails import Plain
from themes.phrases import Phrases

_PATHS = {Purpose.CONFIRM: "mail/confirm", Purpose.PASSWORD: "new-password"}


def link(ctx: Context, purpose: Purpose, id: int) -> str:
    """Return the address of a link that works once."""
    return f"{ctx.settings.url}/{_PATHS[purpose]}/{quote(signs.link(ctx.secret, purpose, id))}"


async def write(ctx: Context, letter: Letter) -> EmailMessage | None:
    """Return the mail; None: its member, or what it is about, is gone."""
    async with ctx.db.read() as tx:
        user = await accounts.user(tx, letter.account_id)
        bridge = await bridges.by_id(tx, int(str(letter.about["bridge"]))) if letter.kind is Mailing.BRIDGE else None
    ending = letter.kind is Mailing.INACTIVE and letter.about["step"] == Step.ENDING
    if user is None or user.account.deleted_at is not None or ending is not (user.account.suspended_at is not None):
        return None
    words = Phrases(user.comfort.language, ctx.clock(), ctx.settings.node.timezone)
    if letter.kind is Mailing.BRIDGE:
        if bridge is None or bridge.state not in OPEN:
            return None
        said, url = _of_bridge(bridge, words), f"{ctx.settings.url}/partners/{bridge.id}"
    else:
        said, url = _said(ctx, letter, user.account.username, words)
    return compose(
        ctx,
        letter,
        plain(ctx, said, words, url=url),
        to=letter.address,
        reply=str(letter.about.get("reply", "")),
    )


def plain(ctx: Context, said: Plain, words: Phrases, *, url: str = "") -> wording.Rendered:
    """Return a mail with one thing to say, and where its button leads."""
    return wording.render(
        ctx.settings.look,
        "plain",
        words,
        node=ctx.settings.node,
        subject=said.subject,
        sentences=said.sentences,
        url=url,
        link=said.link,
        reason=said.reason,
        line="-- ",
    )


def _of_bridge(bridge: Bridge, words: Phrases) -> Plain:
    beyond = bridge.partner if bridge.side is Side.HOME else bridge.home
    left = max(1, -(-(bridge.terms.ends_at - words.now) // DAY_MS))
    return wording.bridge_ends(words, group=bridge.terms.name, partner=beyond, ends_at=bridge.terms.ends_at, days=left)


def _said(ctx: Context, letter: Letter, username: str, words: Phrases) -> tuple[Plain, str]:
    about, node = letter.about, ctx.settings.node.name
    minutes = ctx.settings.limits.mail_link_seconds // 60
    match letter.kind:
        case Mailing.CONFIRM:
            said = wording.confirm(words, node=node, username=username, minutes=minutes)
            return said, link(ctx, Purpose.CONFIRM, int(str(about["link"])))
        case Mailing.PASSWORD:
            said = wording.password(words, node=node, username=username, minutes=minutes)
            return said, link(ctx, Purpose.PASSWORD, int(str(about["link"])))
        case Mailing.CHANGED:
            return wording.changed(words, node=node, username=username), ""
        case Mailing.RENEWED:
            return wording.renewed(words, node=node, username=username), ""
        case Mailing.SECOND_FACTOR:
            return wording.second_factor(words, node=node, username=username, added=bool(about["added"])), ""
        case Mailing.INACTIVE:
            step, hidden_at, erased_at = (
                Step(str(about["step"])),
                int(str(about["hidden_at"])),
                int(str(about["erased_at"])),
            )
            if step is Step.ENDING:
                said = wording.ending(words, node=node, username=username, erased_at=erased_at)
                return said, uris.complaint(ctx.settings.url)
            said = wording.inactive(words, step, node=node, username=username, hidden_at=hidden_at, erased_at=erased_at)
            return said, f"{ctx.settings.url}/sign-in"
        case Mailing.UNREACHED:
            of, erased_at = str(about["username"]), int(str(about["erased_at"]))
            return wording.unreached(words, node=node, username=of, erased_at=erased_at), ""
        case _:
            url = f"{ctx.settings.url}/posts/{about['post']}"
            if names := about.get("files"):
                return wording.without_files(words, names=[str(one) for one in names]), url  # type: ignore[attr-defined]
            places: dict[str, object] = about["places"]  # type: ignore[assignment]
            return wording.untaken(words, why=words(str(about["phrase"]), **places)), url
