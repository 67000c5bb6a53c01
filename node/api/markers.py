"""Markers: how far one has read, the same in every client."""

from typing import Any

from quart import Blueprint, Response

from node.api.answers import answer, fields, listed, number, query
from node.api.auth import scope
from node.context import Context
from node.domain.times import iso
from node.domain.viewer import Viewer
from node.errors import Conflict, Invalid
from node.store import markers as rows
from node.store.markers import Marker

markers = Blueprint("markers", __name__, url_prefix="/v1/markers")

_TIMELINES = ("home", "notifications")


@markers.get("")
@scope("read:statuses")
async def read(ctx: Context, viewer: Viewer) -> Response:
    """Return one's markers of each `timeline[]`: home, notifications."""
    asked = [name for name in _TIMELINES if name in listed(query().get("timeline"))]
    async with ctx.db.read() as tx:
        found = await rows.of(tx, viewer.account.id, asked)
    return answer({name: _shown(marker) for name, marker in found.items()})


@markers.post("")
@scope("write:statuses")
async def write(ctx: Context, viewer: Viewer) -> Response:
    """Move markers to `home[last_read_id]`, `notifications[last_read_id]`.

    Raises:
        Conflict: another client moved one at the same moment.
    """
    given = await fields()
    asked = {name: _last_read(given[name], name) for name in _TIMELINES if name in given}
    moved: dict[str, Marker] = {}
    async with ctx.change() as change:
        before = await rows.of(change.tx, viewer.account.id, asked)
        for name, last_read_id in asked.items():
            version = before[name].version if name in before else 0
            moved[name] = Marker(last_read_id, version + 1, change.now)
            if not await rows.put(change.tx, viewer.account.id, name, moved[name]):
                raise Conflict("Conflict during update, please try again")
    return answer({name: _shown(marker) for name, marker in moved.items()})


def _last_read(given: Any, name: str) -> int:
    found = number(given.get("last_read_id"), "last_read_id") if isinstance(given, dict) else None
    if found is None:
        raise Invalid(f"Say how far was read: {name}[last_read_id].")
    return found


def _shown(marker: Marker) -> dict[str, Any]:
    return {
        "last_read_id": str(marker.last_read_id),
        "version": marker.version,
        "updated_at": iso(marker.updated_at),
    }
