"""What one brings along from an account of before: the file, and what became of it."""

from dataclasses import dataclass

from quart import Blueprint, Response, request

from moderation import imports as commands
from node.context import Context
from node.domain.imports import AUDIENCES, Import, Item, Kind, State
from node.domain.text import excerpt
from node.domain.viewer import Viewer
from node.domain.visibility import Visibility
from node.errors import AllmendeError, Invalid
from node.store import imports as rows
from node.store.database import Tx
from node.web import session
from node.web.forms import on_disk, sent
from node.web.pages import render, told, words
from node.web.session import as_oneself
from themes.phrases import Phrases

imports = Blueprint("imports", __name__)

_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Tally:
    """How far the entries of one kind have come; what: in words."""

    what: str
    done: int
    failed: int
    due: int


@dataclass(frozen=True, slots=True)
class FailedView:
    """An entry that could not be done. what: of which kind, about: whom or what, why: in words."""

    what: str
    about: str
    why: str


@dataclass(frozen=True, slots=True)
class ImportView:
    """What was brought at one time. left_out: what was not taken, in words; failed: the first of these."""

    name: str
    when: str
    finished: bool
    tallies: list[Tally]
    left_out: list[str]
    failed: list[FailedView]


@imports.route("/settings/import", methods=["GET", "POST"])
@as_oneself
async def bring(ctx: Context, viewer: Viewer) -> Response:
    """Take a file, and say what became of those before."""
    status, error = 200, ""
    audience = AUDIENCES[0]
    if request.method == "POST":
        form = await sent()
        audience = form.choice("audience", Visibility, AUDIENCES[0])
        try:
            chosen = form.files("file")
            if not chosen:
                raise Invalid("Choose a file first.")
            async with on_disk(ctx, chosen[0]) as path:
                await commands.begin(ctx, viewer.account, path, chosen[0].filename or "", audience)
            return session.see("/settings/import")
        except AllmendeError as caught:
            status, error = caught.status, told(caught)
    async with ctx.db.read() as tx:
        brought = await _brought(tx, viewer.account.id)
    _ = words()
    choices = [(Visibility.DIRECT.value, _("Only me"), _("Nobody else reads them."))]
    if not viewer.account.guest:
        hint = _("Only what everybody could read where it was written. What was for few stays with you.")
        choices.append((Visibility.UNIT.value, _("Own unit only"), hint))
    return await render(
        "settings/import.html",
        status=status,
        error=error,
        brought=brought,
        choices=choices,
        audience=audience.value,
        most=ctx.settings.limits.upload_film // 1_000_000,
    )


async def _brought(tx: Tx, account_id: int) -> list[ImportView]:
    _, found = words(), await rows.of_account(tx, account_id)
    counts = await rows.counts(tx, [one.id for one in found])
    return [
        ImportView(
            name=one.name,
            when=_.moment(one.created_at),
            finished=one.finished_at is not None,
            tallies=_tallies(_, counts.get(one.id, {})),
            left_out=_left_out(_, one),
            failed=[_failed(_, item) for item in await rows.amiss(tx, one.id, limit=_SHOWN)],
        )
        for one in found
    ]


def _kinds(_: Phrases) -> dict[Kind, str]:
    return {
        Kind.BLOCK: _("Blocked"),
        Kind.MUTE: _("Muted"),
        Kind.MUTE_HOST: _("Muted nodes"),
        Kind.FOLLOW: _("Followed"),
        Kind.LIST: _("On lists"),
        Kind.BOOKMARK: _("Bookmarks"),
        Kind.POST: _("Posts"),
    }


def _tallies(_: Phrases, counts: dict[Kind, dict[State, int]]) -> list[Tally]:
    return [
        Tally(what, *(counts[kind].get(state, 0) for state in (State.DONE, State.FAILED, State.DUE)))
        for kind, what in _kinds(_).items()
        if kind in counts
    ]


def _left_out(_: Phrases, one: Import) -> list[str]:
    said = {
        "boosts": _("Posts of others that you passed on: %(n)s", n=one.left_out.get("boosts", 0)),
        "likes": _("Likes: %(n)s", n=one.left_out.get("likes", 0)),
        "polls": _("Answers and votes of polls, whose text came: %(n)s", n=one.left_out.get("polls", 0)),
        "files": _("Films, sounds and files that are not in the archive: %(n)s", n=one.left_out.get("files", 0)),
    }
    return [text for what, text in said.items() if what in one.left_out]


def _failed(_: Phrases, item: Item) -> FailedView:
    content = item.content
    about = content.get("who") or content.get("host") or content.get("title") or excerpt(content.get("text", ""))
    return FailedView(_kinds(_)[item.kind], about or content.get("uri", ""), _(item.reason))
