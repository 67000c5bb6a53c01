"""The page of figures, for administrators: sums over everybody by weeks, never about one person."""

from collections.abc import Mapping
from dataclasses import dataclass

from quart import Blueprint, Response

from node.context import Context
from node.domain.figures import FEWEST, WEEK_MS, week_of
from node.domain.viewer import Viewer
from node.store import figures as sums
from node.web.pages import render, words
from node.web.session import administering
from themes.phrases import Phrases

figures = Blueprint("figures", __name__)

_WEEKS = 12
_BAR, _GAP, _HIGHEST, _FOOT = 30, 10, 120, 20
_WIDTH, _HEIGHT = _WEEKS * (_BAR + _GAP), _HIGHEST + _FOOT


@dataclass(frozen=True, slots=True)
class Bar:
    """A week of a chart: its first day and its number in words, and its bar's place and size."""

    week: str
    number: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A measure over some weeks, the earliest first; total in words."""

    name: str
    title: str
    total: str
    bars: tuple[Bar, ...]
    width: int
    height: int
    floor: int


def _chart(_: Phrases, name: str, title: str, counted: Mapping[int, int], start: int) -> Chart:
    numbers = [counted.get(week, 0) for week in range(_WEEKS)]
    most = max(numbers) or 1
    bars = tuple(
        Bar(
            week=_.date(start + week * WEEK_MS),
            number=_.number(n),
            x=week * (_BAR + _GAP) + _GAP // 2,
            y=_HEIGHT - _FOOT // 2 - round(n / most * _HIGHEST),
            width=_BAR,
            height=round(n / most * _HIGHEST),
        )
        for week, n in enumerate(numbers)
    )
    return Chart(name, title, _.number(sum(numbers)), bars, _WIDTH, _HEIGHT, _HEIGHT - _FOOT // 2)


@figures.get("/administration/figures")
@administering
async def page(ctx: Context, viewer: Viewer) -> Response:
    """Posts, new members and interactions of the last weeks, which begin on Mondays (UTC)."""
    _ = words()
    end = week_of(ctx.clock()) + WEEK_MS
    start = end - _WEEKS * WEEK_MS
    measures = (
        ("posts", _("Posts for the unit or the organisation"), sums.posts),
        ("members", _("New members"), sums.joined),
        ("interactions", _("Likes, and posts passed on"), sums.interactions),
    )
    async with ctx.db.read() as tx:
        charts = [
            _chart(_, name, title, await count(tx, start=start, end=end, step=WEEK_MS), start)
            for name, title, count in measures
        ]
    return await render("administration/figures.html", wide=True, charts=charts, fewest=_.number(FEWEST))
