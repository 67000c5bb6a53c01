"""The desk: what those who look after data protection do with cases. Every step stands in the journal.

Nobody's right is carried out before it is shown who asks (`node.domain.cases.Case.actionable`), and an objection is
answered by somebody else than the first answer, where there is somebody else.
"""

import logging
from dataclasses import dataclass, field, replace
from re import compile as pattern
from urllib.parse import unquote, urlsplit

from moderation import posts as measures
from moderation.cases import note_step
from node.context import Change, Context
from node.domain import blackout
from node.domain import cases as domain
from node.domain.accounts import Account
from node.domain.cases import LONGEST_EXTENSION_MONTHS, WAITING, Case, Kind, Proof, State, Step, Verdict, check_entry
from node.domain.measures import check_reason
from node.domain.posts import Post
from node.domain.reports import Report
from node.effects.notifications import reported
from node.errors import Conflict, Forbidden, Invalid, NotFound
from node.store import accounts, cases, findings, posts, reports
from node.store.cases import Done, Entry
from node.store.database import Tx
from node.store.elsewhere import Stand, standing
from node.store.pages import NEWEST, Page
from outbox.as_node import node_of
from outbox.mail.cases import put_news
from outbox.publish import new_uri
from outbox.reports import pass_on

audit = logging.getLogger("allmende.audit")

_LINK = pattern(r"https?://[^\s<>\"']{1,2000}")
_MOST_LINKS = 20
_NUMBER = pattern(r"/(?:posts|@[\w.@-]+)/(\d{1,19})/?$")
_MOST_ACCOUNTS = 50


async def assign(ctx: Context, id: int, *, by: Account, to: Account | None) -> None:
    """Have an officer look after a case, or nobody in particular.

    Raises:
        NotFound: there is no such case. Conflict: it is over.
    """
    async with ctx.change() as change:
        case = await _held(change, id)
        if case.closed_at is not None:
            raise _over()
        await cases.update(change.tx, replace(case, assigned_id=to.id if to else None))
        await note_step(change, case, "case.taken" if to else "case.left", by=by)


async def note(ctx: Context, id: int, text: str, *, by: Account) -> None:
    """Write something down that officers read, and nobody else.

    Raises:
        NotFound: there is no such case. Conflict: it is erased in part. Invalid: nothing, or too much.
    """
    said = check_entry(text)
    async with ctx.change() as change:
        case = await _held(change, id)
        if case.stripped_at is not None:
            raise _over()
        await _say(change, case, Kind.NOTE, said, by=by)
        await note_step(change, case, "case.note", by=by, said=said)


async def prove(ctx: Context, id: int, how: str, *, by: Account) -> None:
    """Write down that, and how, it was shown who asks, without a mail: for example by telephone.

    Raises:
        NotFound: there is no such case. Conflict: that is known already, or the case is over. Invalid: how is not said.
    """
    said = check_entry(how)
    async with ctx.change() as change:
        case = await _held(change, id)
        if case.proof or case.closed_at is not None:
            raise Conflict("It is known already who asks.")
        case = replace(case, proof=Proof.HAND, state=State.OPEN if case.state is State.UNPROVEN else case.state)
        await cases.update(change.tx, case)
        await _say(change, case, Kind.NOTE, said, by=by)
        await note_step(change, case, "case.proven", by=by, said=said)


async def extend(ctx: Context, id: int, months: int, reasons: str, *, by: Account) -> None:
    """Take one or two months more, once; whoever asks is told the reasons (GDPR, Art. 12(3)).

    Raises:
        NotFound: there is no such case. Conflict: it does not wait, or its time was extended, or is over. Invalid: no
            reasons, or longer than the law allows.
    """
    said = check_entry(reasons)
    if not 1 <= months <= LONGEST_EXTENSION_MONTHS:
        raise Invalid("Choose one or two months.")
    async with ctx.change() as change:
        case = await _waiting(change, id)
        if case.extended or case.state is State.APPEALED or case.due_at < change.now:
            raise Conflict("The time can be extended once, and before it is over. Answer now.")
        due = domain.due(case.created_at, change.settings.node.timezone, extended_by=months)
        case = replace(case, due_at=due, extended=True)
        await cases.update(change.tx, case)
        await _say(change, case, Kind.EXTENSION, said, by=by)
        await note_step(change, case, "case.extended", by=by, said=said)
        await _news(change, ctx, case)


async def answer(ctx: Context, id: int, verdict: Verdict, reasons: str, *, by: Account) -> None:
    """Answer a case, with reasons. What answers an objection ends it.

    Raises:
        NotFound: there is no such case. Conflict: it does not wait, or it is not shown who asks for what is granted.
        Forbidden: somebody else has to answer the objection. Invalid: no verdict, no reasons, or too much.
    """
    said = check_entry(reasons)
    if not verdict:
        raise Invalid("Choose what you answer.")
    async with ctx.change() as change:
        case = await _waiting(change, id)
        if verdict is not Verdict.REFUSED:
            _check_actionable(case)
        appealed = case.state is State.APPEALED
        if appealed:
            await check_other(change.tx, case, by=by)
        case = replace(
            case,
            state=State.CLOSED if appealed else State.ANSWERED,
            verdict=verdict,
            decided_by=by.id,
            decided_at=change.now,
            closed_at=change.now if appealed else None,
        )
        await cases.update(change.tx, case)
        await _say(change, case, Kind.ANSWER, said, by=by)
        await note_step(change, case, f"case.{verdict}", by=by, said=said)
        await _news(change, ctx, case)
    audit.warning("case %s answered", case.reference)


async def check_other(tx: Tx, case: Case, *, by: Account) -> None:
    """Check that an objection is answered by somebody else than the first answer.

    Raises:
        Forbidden: the same officer would, and there is another one.
    """
    others = [one for one in await accounts.guardians(tx) if one.id != by.id]
    if case.decided_by == by.id and others:
        raise Forbidden("You gave the first answer. Somebody else has to answer the objection.")


# What it is about


@dataclass(frozen=True, slots=True)
class Named:
    """What the addresses in a case lead to, or what has some words, as far as it is here.

    elsewhere: where the words stand besides; owners: the accounts that are named there, by their ids.
    """

    posts: list[Post]
    accounts: list[Account]
    elsewhere: list[Stand] = field(default_factory=list)
    owners: dict[int, Account] = field(default_factory=dict)


async def named(tx: Tx, case: Case, *, base: str) -> Named:
    """Return what the addresses of a case lead to, whoever may see it; `base`: our public address."""
    links = [found.rstrip(".,;:!?)") for found in _LINK.findall(f"{case.links}\n{case.wish}")][:_MOST_LINKS]
    ids = [int(found[1]) for link in links if link.startswith(f"{base}/") and (found := _NUMBER.search(_path(link)))]
    return Named(await findings.posts_at(tx, links, ids=ids), await findings.accounts_at(tx, links))


def _path(link: str) -> str:
    return unquote(urlsplit(link).path)


async def find(ctx: Context, id: int, said: str, page: Page, *, by: Account) -> Named:
    """Return what this node holds with these words in it; that it was looked for stands in the journal.

    Raises:
        NotFound: there is no such case. Conflict: it is over. Invalid: nothing to look for.
    """
    blackout.check_passage(said)
    async with ctx.change() as change:
        case = await _held(change, id)
        if case.closed_at is not None:
            raise _over()
        if page.before == NEWEST:
            await note_step(change, case, "case.searched", by=by, said=said)
    async with ctx.db.read() as tx:
        found = await findings.posts(tx, said, page)
        if page.before != NEWEST:
            return Named(found, [])
        stands = await standing(tx, said, but_case=id)
        owners = await accounts.by_ids(tx, {one.account_id for one in stands if one.account_id is not None})
        return Named(found, await findings.accounts(tx, said, limit=_MOST_ACCOUNTS), stands, owners)


# What is done


async def black_out(ctx: Context, id: int, post_id: int, passage: str, *, reason: str, by: Account) -> None:
    """Black out a passage in a post of somebody here.

    Raises:
        NotFound, Invalid: see `moderation.posts.black_out`. Conflict: the case does not wait, or who asks is not known.
    """
    async with ctx.change() as change:
        case = await _to_carry_out(change, id)
        subject = f"case {case.reference}"
        post = await measures.black_out(change, post_id, passage, reason=reason, by=by, subject=subject)
        await _done(change, case, Step.BLACKED_OUT, post)


async def take_out(ctx: Context, id: int, post_id: int, *, reason: str, by: Account) -> None:
    """Take out a post of somebody here.

    Raises:
        NotFound, Invalid: see `moderation.posts.remove`. Conflict: the case does not wait, or who asks is not known.
    """
    async with ctx.change() as change:
        case = await _to_carry_out(change, id)
        post = await measures.remove(change, post_id, reason=reason, by=by, subject=f"case {case.reference}")
        await _done(change, case, Step.TAKEN_OUT, post)


async def hand_over(ctx: Context, id: int, post_id: int, words: str, *, by: Account) -> None:
    """Ask the node at which the author of a post is at home to look after it; who asks is not told there.

    Raises:
        NotFound: no such post of another node. Conflict: the case does not wait, who asks is not known, or that node is
            out of reach. Invalid: see `node.domain.measures.check_reason`.
    """
    said = check_reason(words)
    async with ctx.change() as change:
        case = await _to_carry_out(change, id)
        post = await posts.by_id(change.tx, post_id)
        author = await accounts.by_id(change.tx, post.author_id) if post else None
        if post is None or author is None or post.local or post.boost_of is not None:
            raise NotFound("There is no such post of somebody elsewhere.")
        if not await pass_on(change, author, [post], content=said, id=change.new_id()):
            raise Conflict("That node belongs to the organisation no more. Write to whoever runs it.")
        await _done(change, case, Step.PASSED_ON, post, host=author.host)
        await note_step(change, case, "case.passed_on", by=by, said=said)


async def to_moderators(ctx: Context, id: int, words: str, *, by: Account) -> Report:
    """Give the moderators a case about a post or a person as a complaint of theirs, in these words, without a name.

    Raises:
        NotFound: there is no such case, or its addresses lead to nobody here. Conflict: they have it, or it does not
            wait. Invalid: see `node.domain.measures.check_reason`.
    """
    said = check_reason(words)
    async with ctx.change() as change:
        case = await _waiting(change, id)
        if case.report_id is not None:
            raise Conflict("The moderators have this already.")
        about = await named(change.tx, case, base=change.settings.url)
        target = about.posts[0].author_id if about.posts else about.accounts[0].id if about.accounts else None
        if target is None:
            raise NotFound("The addresses in this case lead to nothing here.")
        node, (number, uri) = await node_of(change.tx, change.settings.url), new_uri(change)
        meant = tuple(sorted(post.id for post in about.posts if post.author_id == target))
        report = Report(number, uri, node.id, target, said, "open", change.now, meant)
        await reports.insert(change.tx, report)
        await reported(change, report, by=node)
        await cases.update(change.tx, replace(case, report_id=report.id))
        await note_step(change, case, "case.to_moderators", by=by, said=said)
        return report


async def _done(change: Change, case: Case, kind: Step, post: Post, *, host: str = "") -> None:
    await cases.do(change.tx, Done(change.new_id(), case.id, kind, post.uri, host, change.now))


async def _to_carry_out(change: Change, id: int) -> Case:
    case = await _waiting(change, id)
    _check_actionable(case)
    return case


def _check_actionable(case: Case) -> None:
    if not case.actionable:
        raise Conflict("First it has to be shown who asks.")


async def _waiting(change: Change, id: int) -> Case:
    case = await _held(change, id)
    if case.state is State.UNPROVEN:
        raise Conflict("First it has to be shown who asks.")
    if case.state not in WAITING:
        raise Conflict("This is answered already.")
    return case


async def _held(change: Change, id: int) -> Case:
    case = await cases.held(change.tx, id)
    if case is None:
        raise NotFound("There is no such case.")
    return case


async def _say(change: Change, case: Case, kind: Kind, said: str, *, by: Account) -> None:
    await cases.say(change.tx, Entry(change.new_id(), case.id, kind, by.id, said, change.now))


async def _news(change: Change, ctx: Context, case: Case) -> None:
    if ctx.mailer.enabled:
        await put_news(change, case)


def _over() -> Conflict:
    return Conflict("This is over already.")
