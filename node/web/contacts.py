"""The pages about other nodes, for administrators: how contact stands, what was given up, what was set aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

from quart import Blueprint, Response

from moderation import deliveries, silence
from node.context import Context
from node.domain.times import DAY_MS
from node.domain.viewer import Viewer
from node.store import contacts as rows
from node.store.contacts import Contact
from node.web import session
from node.web.forms import LIST, asked, older, sent
from node.web.pages import render, words
from node.web.session import administering
from themes.phrases import Phrases

contacts = Blueprint("contacts", __name__)

WIDTH, HEIGHT = 720, 440
_ACROSS, _DOWN = 280, 155
_BENEATH, _ABOVE = 38, 26
_MOST_NAMED = 16
_LONGEST_NAME = 18
SIGNS = {"ok": "✓", "waiting": "…", "failing": "!", "unknown": "?"}
"""What tells a state beside its colour."""


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node of the organisation. state: ok, waiting, failing or unknown; x, y, label_y: its place on the map."""

    host: str
    name: str
    other_software: bool
    state: str
    sign: str
    said: str
    queued: int
    waiting_since: str
    last_ok: str
    failures: int
    error: str
    x: int
    y: int
    label: str
    label_y: int


def states(_: Phrases) -> dict[str, str]:
    """Return how contact may stand, in words."""
    return {
        "ok": _("takes everything"),
        "waiting": _("something is on its way"),
        "failing": _("does not take it"),
        "unknown": _("nothing was sent yet"),
    }


def _state(contact: Contact) -> str:
    if contact.failures:
        return "failing"
    if contact.queued:
        return "waiting"
    return "ok" if contact.last_ok_at else "unknown"


def _views(_: Phrases, found: Sequence[Contact]) -> list[NodeView]:
    said, views = states(_), []
    for place, one in enumerate(found):
        angle = 2 * pi * place / len(found) - pi / 2
        state, name = _state(one), one.name or one.host
        short = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
        y = round(HEIGHT / 2 + _DOWN * sin(angle))
        views.append(
            NodeView(
                host=one.host,
                name=name,
                other_software=one.kind == "admitted",
                state=state,
                sign=SIGNS[state],
                said=said[state],
                queued=one.queued,
                waiting_since=_.ago(one.waiting_since) if one.waiting_since else "",
                last_ok=_.ago(one.last_ok_at) if one.last_ok_at else "",
                failures=one.failures,
                error=one.last_error,
                x=round(WIDTH / 2 + _ACROSS * cos(angle)),
                y=y,
                label=short if len(found) <= _MOST_NAMED else "",
                label_y=y + (_BENEATH if y > HEIGHT / 2 else -_ABOVE),  # outside, where no line crosses it
            )
        )
    return views


def _lasting(days: int) -> str:
    return words().lasting(days * DAY_MS // 1000)


@contacts.get("/administration/nodes")
@administering
async def nodes(ctx: Context, viewer: Viewer) -> Response:
    """Every node of the organisation, as a map and as a table."""
    async with ctx.db.read() as tx:
        found = await rows.of_members(tx, own=ctx.settings.authority)
        silent = await silence.warned_of(tx, ctx.settings.retention)
    shown = _views(words(), found)
    counted = {state: sum(one.state == state for one in shown) for state in SIGNS}
    return await render(
        "administration/nodes.html",
        wide=True,
        nodes=shown,
        counted=[(state, SIGNS[state], text, counted[state]) for state, text in states(words()).items()],
        silent=[(host, _lasting(gone), _lasting(left)) for host, gone, left in silent],
        width=WIDTH,
        height=HEIGHT,
    )


@contacts.post("/administration/nodes/retry")
@administering
async def retry(ctx: Context, viewer: Viewer) -> Response:
    """Try what one node, or with no `host` any, has not taken again now."""
    await deliveries.retry(ctx, (await sent()).line("host"))
    return session.see("/administration/nodes")


@contacts.get("/administration/nodes/given-up")
@administering
async def given_up(ctx: Context, viewer: Viewer) -> Response:
    """Deliveries that are not tried any more, and why."""
    _ = words()
    reasons = {"unreachable": _("could not be reached"), "refused": _("refused it"), "gone": _("is gone")}
    async with ctx.db.read() as tx:
        found = await rows.given_up(tx, asked(LIST))
    lines = [(one, reasons[one.state], _.ago(one.created_at)) for one in found]
    return await render(
        "administration/given_up.html", wide=True, lines=lines, older=older([one.id for one in found], LIST)
    )


@contacts.get("/administration/nodes/set-aside")
@administering
async def set_aside(ctx: Context, viewer: Viewer) -> Response:
    """What peers sent and could not be handled, and why."""
    _ = words()
    async with ctx.db.read() as tx:
        found = await rows.set_aside(tx, asked(LIST))
    lines = [(one, _.ago(one.received_at)) for one in found]
    return await render(
        "administration/set_aside.html", wide=True, lines=lines, older=older([one.id for one in found], LIST)
    )
