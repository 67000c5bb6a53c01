"""Figures for those who look after the node: of all together, of five people or more, never of one.

What nobody counts here (who was active, who came back) is left out.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from platform import python_version
from typing import Any

from quart import Blueprint, Response

from node import __version__
from node.api.admin.rights import moderators
from node.api.answers import Given, answer, fields, listed, number, text
from node.context import Context
from node.domain.times import DAY_MS, iso
from node.domain.viewer import Viewer
from node.errors import Invalid
from node.store import figures as sums
from node.store.database import Tx

figures = Blueprint("figures", __name__)

_MOST_DAYS = 366

Counted = Callable[..., Awaitable[Mapping[int, int]]]


async def _opened(tx: Tx, **stretches: int) -> Mapping[int, int]:
    return await sums.complaints(tx, **stretches, closed=False)


async def _closed(tx: Tx, **stretches: int) -> Mapping[int, int]:
    return await sums.complaints(tx, **stretches, closed=True)


_MEASURES: dict[str, Counted] = {
    "new_users": sums.joined,
    "interactions": sums.interactions,
    "opened_reports": _opened,
    "resolved_reports": _closed,
}


@figures.post("/v1/admin/measures")
@moderators("admin:read")
async def measures(ctx: Context, viewer: Viewer) -> Response:
    """Return the `keys[]` that are counted here, by day from `start_at` to `end_at`, and the sum of the time before."""
    given = await fields()
    start, days = _time(given)
    found = []
    async with ctx.db.read() as tx:
        for key in (key for key in map(text, listed(given.get("keys"))) if key in _MEASURES):
            before = start - days * DAY_MS
            counted = await _MEASURES[key](tx, start=before, end=start + days * DAY_MS, step=DAY_MS)
            found.append(_measure(key, counted, start, days))
    return answer(found)


def _measure(key: str, counted: Mapping[int, int], start: int, days: int) -> dict[str, Any]:
    return {
        "key": key,
        "unit": None,
        "total": str(sum(counted.get(days + day, 0) for day in range(days))),
        "previous_total": str(sum(counted.get(day, 0) for day in range(days))),
        "data": [{"date": iso(start + day * DAY_MS), "value": str(counted.get(days + day, 0))} for day in range(days)],
    }


@figures.post("/v1/admin/dimensions")
@moderators("admin:read")
async def dimensions(ctx: Context, viewer: Viewer) -> Response:
    """Return the `keys[]` that are known here: languages of members, servers whose posts came, versions of software."""
    given = await fields()
    start, days = _time(given)
    most = min(number(given.get("limit"), "limit") or 10, 100)
    found = []
    async with ctx.db.read() as tx:
        for key in map(text, listed(given.get("keys"))):
            if key == "languages":
                found.append(_dimension(key, await sums.languages(tx), most))
            elif key == "servers":
                found.append(_dimension(key, await sums.servers(tx, start=start, end=start + days * DAY_MS), most))
            elif key == "software_versions":
                found.append(_dimension(key, {"allmende": __version__, "python": python_version()}, most))
    return answer(found)


def _dimension(key: str, values: Mapping[str, int | str], most: int) -> dict[str, Any]:
    shown = list(values.items())[:most]
    return {"key": key, "data": [{"key": name, "human_key": name, "value": str(value)} for name, value in shown]}


@figures.post("/v1/admin/retention")
@moderators("admin:read")
async def retention(ctx: Context, viewer: Viewer) -> Response:
    """Return who came back when: that is not recorded, so nothing."""
    return answer([])


def _time(given: Given) -> tuple[int, int]:
    """Return the beginning of the first day (UTC, Unix ms) and how many days are meant."""
    first, last = (_day(text(given.get(name)), name) for name in ("start_at", "end_at"))
    days = (last - first).days + 1
    if not 0 < days <= _MOST_DAYS:
        raise Invalid("Ask for a year at most, and begin with the earlier day.")
    return int(first.timestamp()) * 1000, days


def _day(given: str, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise Invalid(f"{name} is no date. It looks like 2026-11-01.") from error
    utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return utc - timedelta(hours=utc.hour, minutes=utc.minute, seconds=utc.second, microseconds=utc.microsecond)
