"""Pages of bridges: the contract that members see, the draft, and what administrators on both sides decide."""

from dataclasses import dataclass

from quart import Blueprint, Response, request

from node.context import Context
from node.domain.accounts import Role
from node.domain.bridges import OPEN, Bridge, Part, Side, State, Terms
from node.domain.times import DAY_MS
from node.domain.viewer import Viewer
from node.errors import AllmendeError, NotFound
from node.store import accounts, groups
from node.store import bridges as rows
from node.store.database import Tx
from node.web import session
from node.web.forms import Form, day_of, end_of_day, sent
from node.web.group import looked_after
from node.web.pages import render, told, words
from node.web.paths import account_path
from node.web.receiving import receiver
from node.web.session import administering, for_members
from outbox import bridges as commands
from outbox import bridges_beyond as beyond
from themes.phrases import Phrases

bridges = Blueprint("bridges", __name__)

_USUAL_DAYS = 180


@dataclass(frozen=True, slots=True)
class BridgeView:
    """A bridge as pages show it: what both sides sign, how it stands, and what the one who looks may do.

    address: the contract's, while it is given to the partner. group_path: '' when the group is not here any more. yes:
    (what, who, when in words or '' while it is waited for).
    offers, agrees, pauses, resumes, finishes: they may. left: days until the end, in words, when it is near.
    """

    id: int
    address: str
    name: str
    group_path: str
    home: str
    partner: str
    state: State
    said: str
    terms: Terms
    starts: str
    ends: str
    left: str
    yes: tuple[tuple[str, str, str], ...]
    offers: bool
    agrees: bool
    pauses: bool
    resumes: bool
    finishes: bool


def _states(_: Phrases) -> dict[State, str]:
    return {
        State.DRAFTED: _("An administrator of the node has to agree."),
        State.OFFERED: _("Offered: the partner has to agree."),
        State.ACCEPTED: _("Both have agreed. It begins on its first day."),
        State.ACTIVE: _("Open: what is written in the group is read on both sides."),
        State.PAUSED: _("Paused: nothing crosses."),
        State.ENDING: _("Over: nothing crosses. The partner has been asked to erase what it has."),
        State.ERASED: _("Over: the partner says that it has erased everything."),
        State.WITHDRAWN: _("It did not come about."),
    }


def _parts(_: Phrases) -> dict[Part, str]:
    return {
        Part.GROUP: _("Drafted by an administrator of the group"),
        Part.NODE: _("Agreed to by an administrator of the node"),
        Part.PARTNER_NODE: _("Taken up by an administrator of the partner's node"),
        Part.PARTNER_LEAD: _("Agreed to by who answers for it at the partner"),
        Part.CONSENT: _("Consent of the partner, as an administrator here wrote it down"),
    }


async def _views(ctx: Context, tx: Tx, found: list[Bridge], viewer: Viewer) -> list[BridgeView]:
    approvals = await rows.approvals(tx, [one.id for one in found])
    standings = await groups.standings(tx, viewer.account.id, [one.group_id for one in found], now=words().now)
    there = await accounts.by_ids(tx, [one.group_id for one in found])
    views = []
    for bridge in found:
        yes = approvals.get(bridge.id, {})
        lead = yes.get(Part.PARTNER_LEAD)
        role, leads = standings[bridge.group_id].role, lead is not None and lead.account_id == viewer.account.id
        admin = viewer.role is Role.ADMIN
        rules = admin or (commands.administers(role) if bridge.side is Side.HOME else leads)
        group = there.get(bridge.group_id)
        own = bridge.side is not Side.ALONG
        left = bridge.terms.ends_at - words().now
        views.append(
            BridgeView(
                id=bridge.id,
                address=bridge.uri if bridge.side is Side.HOME and bridge.state is State.OFFERED else "",
                name=bridge.terms.name,
                group_path=account_path(group) if group is not None else "",
                home=bridge.home,
                partner=bridge.partner,
                state=bridge.state,
                said=_states(words())[bridge.state],
                terms=bridge.terms,
                starts=words().date(bridge.terms.starts_at),
                ends=words().date(bridge.terms.ends_at),
                left=words().several("%(n)s day left", "%(n)s days left", max(-(-left // DAY_MS), 0))
                if bridge.state in OPEN and left <= 30 * DAY_MS
                else "",
                yes=tuple(
                    (said, yes[part].name, words().moment(at) if (at := yes[part].at) else "")
                    for part, said in _parts(words()).items()
                    if part in yes
                ),
                offers=admin and bridge.side is Side.HOME and bridge.state is State.DRAFTED,
                agrees=leads and bridge.state is State.OFFERED and lead is not None and lead.at is None,
                pauses=rules and bridge.side is Side.HOME and bridge.state is State.ACTIVE,
                resumes=rules and bridge.side is Side.HOME and bridge.state is State.PAUSED,
                finishes=rules and own and bridge.state in OPEN,
            )
        )
    return views


@bridges.get("/partners/<int:bridge_id>")
@for_members
async def contract(ctx: Context, viewer: Viewer, bridge_id: int, *, error: AllmendeError | None = None) -> Response:
    """The contract of a bridge, for the members of its group and for those who decide about it.

    error: why something could not be done.
    """
    async with ctx.db.read() as tx:
        bridge = await rows.by_id(tx, bridge_id)
        if bridge is None or not await _concerned(tx, bridge, viewer):
            raise NotFound("There is no such page.")
        (view,) = await _views(ctx, tx, [bridge], viewer)
        nodes = [one.host for one in await rows.hosts(tx, bridge_id) if one.ready]
        states = viewer.role is Role.ADMIN and bridge.side is not Side.ALONG
        beyond_it = await receiver(tx, bridge.beyond, words()) if states else None
    return await render(
        "bridges/contract.html",
        status=error.status if error else 200,
        error=told(error) if error else "",
        one=view,
        nodes=nodes,
        own=ctx.settings.authority,
        beyond=beyond_it,
    )


async def _concerned(tx: Tx, bridge: Bridge, viewer: Viewer) -> bool:
    if viewer.role is Role.ADMIN:
        return True
    said_yes = (await rows.approvals(tx, [bridge.id])).get(bridge.id, {}).values()
    if any(one.account_id == viewer.account.id for one in said_yes):
        return True
    standing = await groups.standing(tx, bridge.group_id, viewer.account.id, now=words().now)
    signed = bridge.state in (State.ACCEPTED, State.ACTIVE, State.PAUSED)
    return commands.administers(standing.role) or (signed and standing.role is not None)


@bridges.post("/partners/<int:bridge_id>/<any(offer,agree,pause,resume,end):name>")
@for_members
async def decide(ctx: Context, viewer: Viewer, bridge_id: int, name: str) -> Response:
    """Offer a drafted bridge, agree to one, pause it, open it again, or end it for good."""
    by, admin = viewer.account, viewer.role is Role.ADMIN
    try:
        match name:
            case "offer" if admin:
                await commands.offer(ctx, by, bridge_id, consent=(await sent()).text("consent"))
            case "agree":
                await beyond.agree(ctx, by, bridge_id)
            case "pause" | "resume":
                await commands.pause(ctx, by, bridge_id, paused=name == "pause", admin=admin)
            case "end":
                await commands.end(ctx, by, bridge_id, admin=admin)
            case _:
                raise NotFound("There is no such page.")
    except NotFound:
        raise
    except AllmendeError as caught:
        return await contract(bridge_id=bridge_id, error=caught)
    return session.see(f"/partners/{bridge_id}")


@bridges.route("/groups/<int:group_id>/bridge", methods=["GET", "POST"])
@for_members
async def draft(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Write the contract that shares a group of ours with a partner."""
    status, error, now = 200, "", words().now
    async with ctx.db.read() as tx:
        found, view, tabs = await looked_after(ctx, tx, viewer, group_id)
        bridge = await rows.of_group(tx, group_id)
        earlier = await _views(ctx, tx, await rows.all_of(tx, group_id=group_id), viewer)
    if not view.administers:
        raise NotFound("There is no such page.")
    if bridge is not None:
        return session.see(f"/partners/{bridge.id}")
    me = viewer.account
    terms = Terms("", "", "", me.name or me.username, "", False, now, now + _USUAL_DAYS * DAY_MS)
    if request.method == "POST":
        try:
            terms = _typed(ctx, await sent(), now=now)
            made = await commands.draft(ctx, me, group_id, terms)
            return session.see(f"/partners/{made.id}")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await render(
        "groups/bridge.html",
        status=status,
        error=error,
        found=found,
        view=view,
        tabs=tabs,
        tab="bridge",
        terms=terms,
        until=day_of(ctx, terms.ends_at),
        earlier=earlier,
    )


def _typed(ctx: Context, form: Form, *, now: int) -> Terms:
    return Terms(
        name="",
        partner=form.line("partner"),
        purpose=form.text("purpose"),
        contact=form.line("contact"),
        partner_contact=form.line("partner_contact"),
        files=form.ticked("files"),
        pseudonyms=form.ticked("pseudonyms"),
        one_sided=form.ticked("one_sided"),
        starts_at=now,
        ends_at=end_of_day(ctx, form.line("until")) or 0,
    )


@bridges.route("/administration/bridges", methods=["GET", "POST"])
@administering
async def administration(ctx: Context, viewer: Viewer) -> Response:
    """All bridges of the node; the address of a contract that a partner offers is taken up here."""
    status, error, form = 200, "", await sent()
    if request.method == "POST":
        try:
            taken = await beyond.take_up(ctx, viewer.account, form.line("address"), form.line("lead"))
            return session.see(f"/partners/{taken.id}")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    async with ctx.db.read() as tx:
        views = await _views(ctx, tx, await rows.all_of(tx), viewer)
    return await render(
        "administration/bridges.html",
        status=status,
        error=error,
        bridges=views,
        address=form.line("address"),
        lead=form.line("lead"),
    )
