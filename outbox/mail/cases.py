"""Mails about cases: none of them tells what a case is about, or what was answered (threat L08)."""

from email.message import EmailMessage

from node.context import Change, Context
from node.domain import cases as domain
from node.domain.cases import Case, Proof, State
from node.domain.mails import Letter, Mailing, Topic
from node.store import accounts, cases, mail_settings
from outbox.mail.letters import compose, put
from outbox.mail.single import plain
from themes import mails as wording
from themes.phrases import Phrases


def page_of(base: str, secret: bytes, case: Case) -> str:
    """Return the secret address at which whoever asks sees how it stands."""
    return f"{base}/complaint/cases/{domain.sign(secret, case)}"


async def put_filed(change: Change, case: Case) -> None:
    """Queue the mail with the number to the address that was given; it is proven when its link was followed."""
    seconds = change.settings.limits.case_unproven_seconds
    await put(change, Mailing.FILED, account_id=0, address=case.address, about={"case": str(case.id)}, seconds=seconds)


async def put_news(change: Change, case: Case) -> None:
    """Queue a mail that there is something to read, to whoever has proven to be the one who asks."""
    if case.address and case.proof:
        about: dict[str, object] = {"case": str(case.id)}
        await put(change, Mailing.CASE, account_id=case.account_id or 0, address=case.address, about=about)


async def put_desk(change: Change, case: Case) -> None:
    """Queue a mail to those who look after requests, as far as they want to be told of such things."""
    for one in await accounts.guardians(change.tx):
        settings = await mail_settings.of(change.tx, one.id)
        if settings is not None and Topic.REPORT in settings.kinds:
            about: dict[str, object] = {"case": str(case.id)}
            await put(change, Mailing.DESK, account_id=one.id, address=settings.address, about=about)


async def write(ctx: Context, letter: Letter) -> EmailMessage | None:
    """Return the mail; None: there is no such case any more, or nothing to prove."""
    async with ctx.db.read() as tx:
        case = await cases.by_id(tx, int(str(letter.about["case"])))
        officer = await accounts.user(tx, letter.account_id) if letter.kind is Mailing.DESK else None
    if case is None or case.stripped_at is not None or case.state is State.WITHDRAWN:
        return None
    needless = officer is None if letter.kind is Mailing.DESK else letter.kind is Mailing.FILED and bool(case.proof)
    if needless:
        return None
    words = Phrases(officer.comfort.language if officer else case.language, ctx.clock(), ctx.settings.node.timezone)
    node = ctx.settings.node.name
    match letter.kind:
        case Mailing.DESK:
            said, url = wording.desk(words, node=node, reference=case.reference), f"/desk/cases/{case.id}"
        case Mailing.FILED:
            days = ctx.settings.limits.case_unproven_seconds // 86_400
            said = wording.filed(words, node=node, reference=case.reference, request=case.topic.is_request, days=days)
            url = f"/complaint/proof/{domain.proof_sign(ctx.secret, case)}"
        case _:
            opening = case.proof is not Proof.NONE and not case.decided_at and not case.extended
            tell = wording.received if opening else wording.case_news
            said, url = tell(words, node=node, reference=case.reference), ""
    address = f"{ctx.settings.url}{url}" if url else page_of(ctx.settings.url, ctx.secret, case)
    return compose(ctx, letter, plain(ctx, said, words, url=address), to=letter.address)
