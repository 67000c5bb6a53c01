"""Filters: what one does not want to see, or only behind its title. Where they apply on pages: `views.page`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count, takewhile

from quart import Blueprint, Response

from node.context import Change, Context
from node.domain.filters import ACTIONS, CONTEXTS, Filter, Keyword
from node.domain.text import excerpt
from node.domain.viewer import Viewer
from node.effects import filters as effects
from node.errors import AllmendeError, NotFound
from node.store import filters as rows
from node.store import posts
from node.store.database import Tx
from node.web import session
from node.web.forms import Form, number, sent
from node.web.pages import render, told, words
from node.web.posts import one as post_view
from node.web.session import signed_in
from themes.phrases import Phrases

filters = Blueprint("filters", __name__)

_FREE = 4
"""Empty places for further words."""
_EXCERPT = 80


@dataclass(frozen=True, slots=True)
class FilterView:
    """A filter in the list; does, where, until: in words, until '' for one without end."""

    id: int
    title: str
    does: str
    where: str
    words: tuple[str, ...]
    posts: int
    until: str
    over: bool


@filters.get("/settings/filters")
@signed_in
async def mine(ctx: Context, viewer: Viewer) -> Response:
    """One's filters, those that are over too."""
    _, now = words(), ctx.clock()
    does, where = _actions(_), _places(_)
    async with ctx.db.read() as tx:
        found = await rows.of_member(tx, viewer.account.id)
    shown = [
        FilterView(
            id=one.id,
            title=one.title,
            does=does[one.action],
            where="; ".join(where[context] for context in one.contexts),
            words=tuple(keyword.text for keyword in one.keywords),
            posts=len(one.posts),
            until=_.moment(one.expires_at) if one.expires_at else "",
            over=one.expires_at is not None and one.expires_at <= now,
        )
        for one in found
    ]
    return await render("settings/filters.html", filters=shown)


@filters.route("/settings/filters/new", methods=["GET", "POST"])
@signed_in
async def make(ctx: Context, viewer: Viewer) -> Response:
    """Make a filter; it begins as one that folds everywhere, for good."""
    form, wanted, status, error = await sent(), _fresh(viewer), 200, ""
    if form.fields:
        try:
            async with ctx.change() as change:
                wanted = _wanted(change, replace(wanted, id=change.new_id()), form)
                await effects.add(change, wanted)
            return session.see("/settings/filters")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    return await _form(ctx, viewer, None, wanted, status=status, error=error, until=form.line("until"))


@filters.route("/settings/filters/<int:filter_id>", methods=["GET", "POST"])
@signed_in
async def edit(ctx: Context, viewer: Viewer, filter_id: int) -> Response:
    """Change a filter: what it does and where, its words, and the single posts that stand in it."""
    async with ctx.db.read() as tx:
        old = await _owned(tx, viewer, filter_id)
    form, wanted, status, error = await sent(), old, 200, ""
    if form.fields:
        try:
            async with ctx.change() as change:
                present = await _owned(change.tx, viewer, filter_id)
                wanted = _wanted(change, present, form)
                await effects.save(change, wanted)
                for entry in {entry.id for entry in present.posts} & set(form.numbers("without")):
                    await effects.remove_post(change, present, entry)
            return session.see("/settings/filters")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    until = form.line("until") if form.fields else "keep" if old.expires_at else ""
    return await _form(ctx, viewer, old, wanted, status=status, error=error, until=until)


@filters.post("/settings/filters/<int:filter_id>/delete")
@signed_in
async def delete(ctx: Context, viewer: Viewer, filter_id: int) -> Response:
    """Delete a filter; what it hid is shown again."""
    async with ctx.change() as change:
        await effects.delete(change, await _owned(change.tx, viewer, filter_id))
    return session.see("/settings/filters")


@filters.route("/posts/<int:post_id>/filter", methods=["GET", "POST"])
@signed_in
async def filter_post(ctx: Context, viewer: Viewer, post_id: int) -> Response:
    """Put a single post into a filter of one's own, or into a new one."""
    view, form, status, error = await post_view(ctx, viewer, post_id), await sent(), 200, ""
    if view.mine or view.id != post_id:
        raise NotFound("There is no such post.")
    chosen = form.number("filter")
    if form.fields:
        try:
            async with ctx.change() as change:
                if chosen is None:
                    found = replace(_fresh(viewer), id=change.new_id(), title=form.line("title"))
                    await effects.add(change, found)
                else:
                    found = await _owned(change.tx, viewer, chosen)
                await effects.add_post(change, found, post_id)
            return session.see(f"/settings/filters/{found.id}")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    async with ctx.db.read() as tx:
        mine = await rows.of_member(tx, viewer.account.id)
    return await render(
        "filter_post.html",
        status=status,
        error=error,
        view=view,
        title=form.line("title"),
        filters=[(one.id, one.title, "") for one in mine],
        chosen=chosen or "",
    )


def _fresh(viewer: Viewer) -> Filter:
    return Filter(0, viewer.account.id, "", CONTEXTS, "warn", None)


def _wanted(change: Change, old: Filter, form: Form) -> Filter:
    """Return a filter as a form wants it. `until`: for so many seconds, '' for good, `keep` as it is."""
    until = form.line("until")
    seconds = number(until)
    return replace(
        old,
        title=form.line("title"),
        contexts=tuple(context for context in CONTEXTS if context in form.texts("where")),
        action=form.line("does"),
        expires_at=old.expires_at if until == "keep" else change.now + min(seconds, 10**9) * 1000 if seconds else None,
        keywords=_keywords(change, {keyword.id: keyword for keyword in old.keywords}, form),
    )


def _keywords(change: Change, known: Mapping[int, Keyword], form: Form) -> tuple[Keyword, ...]:
    """Return the words of a form, in their places from 1 on; an emptied place is a word that goes."""
    found = []
    for place in takewhile(lambda place: f"word-{place}" in form.fields, count(1)):
        text, before = form.line(f"word-{place}"), known.get(form.number(f"id-{place}") or 0)
        if text:
            id = before.id if before else change.new_id()
            found.append(Keyword(id, text, form.ticked(f"whole-{place}")))
    return tuple(found)


async def _form(
    ctx: Context, viewer: Viewer, old: Filter | None, wanted: Filter, *, status: int, error: str, until: str
) -> Response:
    _ = words()
    named = {entry.post_id: entry.id for entry in old.posts} if old else {}
    async with ctx.db.read() as tx:
        visible = await posts.visible_ids(tx, named, viewer_id=viewer.account.id)
    about = [
        (id, post_id, excerpt(visible[post_id].content, longest=_EXCERPT) if post_id in visible else "")
        for post_id, id in named.items()
    ]
    periods = _periods(_)
    if old and old.expires_at:
        periods.insert(0, ("keep", _("As it is: until %(when)s", when=_.moment(old.expires_at))))
    return await render(
        "settings/filter.html",
        status=status,
        error=error,
        old=old,
        wanted=wanted,
        slots=[*wanted.keywords, *[Keyword(0, "", True)] * _FREE],
        about=about,
        contexts=list(_places(_).items()),
        actions=[(action, said, "") for action, said in _actions(_).items()],
        periods=periods,
        until=until,
    )


def _actions(_: Phrases) -> dict[str, str]:
    said = (_("Fold it behind the title"), _("Leave it out"), _("Fold only its pictures"))
    return dict(zip(ACTIONS, said, strict=True))


def _places(_: Phrases) -> dict[str, str]:
    said = (
        _("Home and lists"),
        _("News for you"),
        _("Unit, organisation, hashtags and search"),
        _("Conversations"),
        _("Walls of people"),
    )
    return dict(zip(CONTEXTS, said, strict=True))


def _periods(_: Phrases) -> list[tuple[str, str]]:
    return [
        ("", _("For good")),
        ("1800", _("Half an hour")),
        ("3600", _("One hour")),
        ("21600", _("Six hours")),
        ("86400", _("One day")),
        ("604800", _("One week")),
    ]


async def _owned(tx: Tx, viewer: Viewer, filter_id: int) -> Filter:
    found = await rows.one(tx, filter_id, account_id=viewer.account.id)
    if found is None:
        raise NotFound("There is no such filter.")
    return found
