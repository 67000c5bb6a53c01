"""What people ask of the desk, members or not: file it, prove who asks, see how it stands, add to it, appeal.

Nothing here tells whether what they name is here. Their way in is a secret link that is kept nowhere
(`node.domain.cases.sign`), and one that goes to the mail address they gave, and proves that it is theirs.
"""

import logging
import secrets
from dataclasses import replace

from moderation import journal
from node.context import Change, Context
from node.domain import cases as domain
from node.domain import signs
from node.domain.accounts import Account
from node.domain.addresses import network
from node.domain.cases import ALPHABET, Case, Filing, Kind, Proof, State, check_entry, check_filing
from node.domain.mails import check_address
from node.errors import Conflict, Invalid, NotFound, Throttled, Unavailable
from node.store import cases, mail_settings
from node.store.cases import Entry
from outbox.mail.cases import put_desk, put_filed, put_news

audit = logging.getLogger("allmende.audit")

_HOUR_MS = 3_600_000
_MOST_TRIES = 10
_MOST_MESSAGES = 50
_SHOWN = 500


async def file(ctx: Context, filing: Filing, *, by: Account | None, language: str, address: str) -> Case:
    """Take a complaint or a request in; return the case.

    What only the person concerned may ask for waits until the mail address is proven, where the node sends mails. by: a
    member who is signed in, which proves it. address: the network's.

    Raises:
        Invalid: see `check_filing`, or no mail address. Throttled: too much came from there, or for this mail address.
    """
    check_filing(filing, member=by is not None)
    mails = ctx.mailer.enabled
    given = check_address(filing.address) if filing.address and by is None else ""
    ctx.rates.take(f"cases {network(address)}", most=ctx.settings.limits.cases_per_address)
    async with ctx.change() as change:
        if given:
            await _check_mails(change, given)
        if by is not None:
            settings = await mail_settings.of(change.tx, by.id)
            given = settings.address if settings else ""
        waits = filing.topic.is_request and by is None and mails
        case = await _insert(
            change,
            Case(
                id=change.new_id(),
                reference="",
                topic=filing.topic,
                state=State.UNPROVEN if waits else State.OPEN,
                language=language,
                account_id=by.id if by else None,
                address=given,
                proof=Proof.ACCOUNT if by else Proof.NONE,
                wish=filing.wish,
                links=filing.links,
                passage=filing.passage,
                salt=secrets.token_hex(16),
                created_at=change.now,
                due_at=domain.due(change.now, change.settings.node.timezone),
            ),
        )
        said = "\n".join((case.wish, case.links, case.passage))
        await note_step(change, case, "case.filed", said=said)
        if mails and given:
            await (put_news if by else put_filed)(change, case)
        if mails and case.state is State.OPEN:
            await put_desk(change, case)
    audit.warning("case %s filed", case.reference)
    return case


async def _check_mails(change: Change, address: str) -> None:
    """Whoever types somebody's address into the form again and again fills nobody's mailbox (threat O08)."""
    filed = await cases.count_of_address(change.tx, address, since=change.now - _HOUR_MS)
    if filed >= change.settings.limits.mail_links_per_hour:
        raise Throttled("Too many mails went to this address. Wait an hour, then try again.", retry_after=3_600)


async def _insert(change: Change, case: Case) -> Case:
    for _ in range(_MOST_TRIES):
        found = "".join(secrets.choice(ALPHABET) for _ in range(7))
        made = replace(case, reference=f"{found[:3]}-{found[3:]}")
        if await cases.insert(change.tx, made):
            return made
    raise Unavailable("No number is free. Try again in a moment.")


async def note_step(change: Change, case: Case, kind: str, *, by: Account | None = None, said: str = "") -> None:
    """Write a step of a case into the journal, by its reference; of what was said only a digest."""
    digest = journal.digest_of(said, salt=case.salt)
    await journal.append(change, kind, subject=f"case {case.reference}", by=by, digest=digest)


# By the link


async def by_link(ctx: Context, sign: str) -> tuple[Case, list[Entry]]:
    """Return the case that a secret link leads to, and what was said in it but among officers.

    Raises:
        NotFound: we did not make this link, or it is good no more.
    """
    async with ctx.db.read() as tx:
        case = await cases.by_id(tx, signs.link_id(sign) or 0)
        if case is None or not domain.is_sign(ctx.secret, case, sign):
            raise _nowhere()
        return case, [one for one in await cases.entries(tx, case.id, limit=_SHOWN) if one.kind is not Kind.NOTE]


async def to_prove(ctx: Context, sign: str) -> Case:
    """Return the case whose mail address a link proves.

    Raises:
        NotFound: we did not make this link, or the case is over.
    """
    async with ctx.db.read() as tx:
        return _provable(ctx.secret, await cases.by_id(tx, signs.link_id(sign) or 0), sign)


async def prove(ctx: Context, sign: str) -> Case:
    """Prove a mail address by the link that went to it; return the case, which has another secret link from now on.

    Repeating it changes nothing.

    Raises:
        NotFound: we did not make this link, or the case is over.
    """
    async with ctx.change() as change:
        case = _provable(ctx.secret, await cases.held(change.tx, signs.link_id(sign) or 0), sign)
        if case.proof is Proof.MAIL:
            return case
        waited = case.state is State.UNPROVEN
        case = replace(case, proof=Proof.MAIL, state=State.OPEN if waited else case.state)
        await cases.update(change.tx, case)
        await note_step(change, case, "case.proven")
        await put_news(change, case)
        if waited:
            await put_desk(change, case)
        return case


def _provable(secret: bytes, case: Case | None, sign: str) -> Case:
    over = case is None or case.stripped_at is not None or case.state is State.WITHDRAWN
    if case is None or over or not domain.is_proof_sign(secret, case, sign):
        raise _nowhere()
    return case


async def add(ctx: Context, sign: str, text: str) -> None:
    """Say more in a case that is not over.

    Raises:
        NotFound: no such link. Conflict: it is over. Invalid: nothing, or too much.
    """
    said = check_entry(text)
    async with ctx.change() as change:
        case = await _held(change, sign)
        if case.state not in (State.UNPROVEN, State.OPEN, State.APPEALED):
            raise Conflict("This is answered. You can object to the answer instead.")
        await _say(change, case, Kind.MESSAGE, said)
        await note_step(change, case, "case.message", said=said)


async def appeal(ctx: Context, sign: str, text: str) -> None:
    """Object to an answer, once: somebody else looks at it, where there is somebody else.

    Raises:
        NotFound: no such link. Conflict: there is no answer to object to. Invalid: nothing, or too much.
    """
    said = check_entry(text)
    async with ctx.change() as change:
        case = await _held(change, sign)
        if case.state is not State.ANSWERED:
            raise Conflict("There is no answer here that you can still object to.")
        due = domain.due(change.now, change.settings.node.timezone)
        case = replace(case, state=State.APPEALED, due_at=due, extended=False, assigned_id=None)
        await cases.update(change.tx, case)
        await _say(change, case, Kind.APPEAL, said)
        await note_step(change, case, "case.appealed", said=said)
        if ctx.mailer.enabled:
            await put_desk(change, case)


async def withdraw(ctx: Context, sign: str) -> None:
    """Take a case back that is not over. Repeating it changes nothing.

    Raises:
        NotFound: no such link. Conflict: it is over.
    """
    async with ctx.change() as change:
        case = await _held(change, sign)
        if case.state is State.WITHDRAWN:
            return
        if case.state is State.CLOSED:
            raise Conflict("This is over already.")
        await cases.update(change.tx, replace(case, state=State.WITHDRAWN, closed_at=change.now))
        await note_step(change, case, "case.withdrawn")


async def _held(change: Change, sign: str) -> Case:
    case = await cases.held(change.tx, signs.link_id(sign) or 0)
    if case is None or not domain.is_sign(change.secret, case, sign):
        raise _nowhere()
    return case


async def _say(change: Change, case: Case, kind: Kind, said: str) -> None:
    if await cases.count_messages(change.tx, case.id) >= _MOST_MESSAGES:
        raise Invalid("You have said a lot already. Wait for the answer.")
    await cases.say(change.tx, Entry(change.new_id(), case.id, kind, None, said, change.now))


def _nowhere() -> NotFound:
    return NotFound("This link leads nowhere any more. The newest one is in the mail that we sent you.")
