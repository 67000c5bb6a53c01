"""The journal as a page: what was done by those who look after others, and whether nobody changed it since."""

from dataclasses import dataclass

from quart import Blueprint, Response, request

from moderation import journal as chain
from moderation import witnesses
from node.context import Context
from node.domain.accounts import Role
from node.domain.viewer import Viewer
from node.domain.witnesses import Seen, Standing, Testimony
from node.store import accounts
from node.store import journal as rows
from node.store import witnesses as witness_rows
from node.web import views
from node.web.forms import LIST, asked, older
from node.web.pages import render, words
from node.web.session import entrusted
from node.web.views import PersonView
from themes.phrases import Phrases

journal = Blueprint("journal", __name__)


@dataclass(frozen=True, slots=True)
class LineView:
    """A line. what: that was done; about: a number or an address; by: None for the person concerned, or for time."""

    number: int
    when: str
    what: str
    about: str
    by: PersonView | None


@dataclass(frozen=True, slots=True)
class WitnessView:
    """What one node signed for the journal of another; when: in words. told: how it stands, in words; bad: not well."""

    host: str
    epoch: int
    number: int
    when: str
    told: str
    bad: bool


def _witness(one: Testimony) -> WitnessView:
    _, head = words(), one.witness.head
    told = {
        Standing.HOLDS: _("The line is the same."),
        Standing.LOST: _("The line went when a backup was put back."),
        Standing.BROKEN: _("The line is another one now, or gone: the journal was written anew, or cut off."),
    }[one.standing]
    return WitnessView(
        one.witness.host, head.epoch, head.number, _.moment(one.witness.at), told, one.standing is Standing.BROKEN
    )


def _seen(one: Seen) -> WitnessView:
    _ = words()
    refused = one.refused_at if one.refused_at is not None and one.refused_at >= one.at else None
    told = (
        "" if refused is None else _("Refused since %(when)s: it was written anew, or cut off.", when=_.moment(refused))
    )
    return WitnessView(one.host, one.head.epoch, one.head.number, _.moment(one.at), told, refused is not None)


def _deeds(_: Phrases) -> dict[str, str]:
    return {
        "account.suspended": _("An account was suspended"),
        "account.restored": _("An account was restored"),
        "account.warned": _("A member was warned"),
        "account.limited": _("An account was limited"),
        "account.unlimited": _("An account was limited no more"),
        "account.role": _("A member got another role"),
        "account.second_factor_taken": _("A second factor was taken away"),
        "ban.lifted": _("A ban was lifted"),
        "leaver.heir": _("What stays of somebody who leaves was said"),
        "node.restored": _("A backup was put back"),
        "house.rules": _("The house rules were written anew"),
        "hold.placed": _("A legal hold was placed"),
        "hold.lifted": _("A legal hold was lifted"),
        "post.taken_out": _("A post was taken out"),
        "post.blacked_out": _("A passage was blacked out"),
        "persona.look_asked": _("Somebody asked whose a pseudonym is"),
        "persona.look_opened": _("Two roles looked whose a pseudonym is"),
        "persona.look_closed": _("A look at a pseudonym was closed"),
        "case.filed": _("A request or complaint came in"),
        "case.proven": _("It was shown who asks"),
        "case.message": _("Who asks wrote a message"),
        "case.appealed": _("Who asked objected to the answer"),
        "case.withdrawn": _("A request was taken back"),
        "case.taken": _("Somebody took a request on"),
        "case.left": _("Somebody left a request to others"),
        "case.note": _("A note was written"),
        "case.extended": _("More time was taken"),
        "case.granted": _("Answered: granted"),
        "case.partly": _("Answered: granted in part"),
        "case.refused": _("Answered: refused"),
        "case.searched": _("It was searched for somebody's data"),
        "case.passed_on": _("A request was passed on to another node"),
        "case.to_moderators": _("A complaint was handed to the moderators"),
        "case.closed": _("A request was closed"),
        "case.stripped": _("Words and address of a request were erased"),
        "case.forgotten": _("A request that nobody confirmed was erased"),
        "case.erased": _("A request was erased"),
    }


@journal.get("/administration/journal")
@entrusted(Role.ADMIN, Role.OFFICER)
async def page(ctx: Context, viewer: Viewer) -> Response:
    """The journal, the latest line first; with `check` the whole chain is read and checked."""
    deeds, part = _deeds(words()), asked(LIST)
    async with ctx.db.read() as tx:
        found = await rows.latest(tx, part)
        testimonies, seen = await witnesses.testimonies(tx), await witness_rows.of_others(tx)
        known = await accounts.by_ids(tx, [one.by_id for one in found if one.by_id is not None])
        shown = dict(zip(known, await views.people(ctx, tx, list(known.values())), strict=True))
    lines = [
        LineView(
            number=one.number,
            when=words().moment(one.at),
            what=deeds.get(one.kind, one.kind),
            about=one.subject,
            by=shown.get(one.by_id) if one.by_id is not None else None,
        )
        for one in found
    ]
    verdict = await chain.verify(ctx) if "check" in request.args else None
    return await render(
        "administration/journal.html",
        wide=True,
        lines=lines,
        verdict=verdict,
        witnesses=[_witness(one) for one in testimonies],
        seen=[_seen(one) for one in seen],
        seal=found[0].seal if found and part.before > found[0].number else "",
        older=older([one.number for one in found], LIST),
    )
