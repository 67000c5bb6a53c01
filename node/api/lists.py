"""Lists: people one reads together."""

from dataclasses import replace
from typing import Any

from quart import Blueprint, Response

from node.api.answers import Given, answer, fields, numbers, paging, query, text, truth
from node.api.auth import scope
from node.api.people import answer_page, shown
from node.context import Context
from node.domain.lists import List
from node.domain.text import plain
from node.domain.viewer import Viewer
from node.effects import lists as effects
from node.errors import NotFound
from node.store import lists as rows
from node.store import people
from node.store.database import Tx
from node.store.pages import Page

lists = Blueprint("lists", __name__, url_prefix="/v1")

_WHOLE = 1_000


def _render(found: List) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "title": found.title,
        "replies_policy": found.replies,
        "exclusive": found.exclusive,
    }


async def _owned(tx: Tx, viewer: Viewer, list_id: int) -> List:
    found = await rows.owned(tx, list_id, account_id=viewer.account.id)
    if found is None:
        raise NotFound("Record not found")
    return found


def _wanted(known: List, given: Given) -> List:
    """A list as a client wants it; what it does not say stays."""
    return replace(
        known,
        title=plain(text(given["title"]), longest=1_000) if "title" in given else known.title,
        replies=text(given.get("replies_policy")) or known.replies,
        exclusive=truth(given["exclusive"]) if "exclusive" in given else known.exclusive,
    )


@lists.get("/lists")
@scope("read:lists")
async def all_of(ctx: Context, viewer: Viewer) -> Response:
    """Return one's lists."""
    async with ctx.db.read() as tx:
        return answer([_render(one) for one in await rows.of_member(tx, viewer.account.id)])


@lists.post("/lists")
@scope("write:lists")
async def create(ctx: Context, viewer: Viewer) -> Response:
    """Make a list with a `title`, `replies_policy` and `exclusive`."""
    given = await fields()
    async with ctx.change() as change:
        empty = List(change.new_id(), viewer.account.id, "")
        return answer(_render(await effects.create(change, _wanted(empty, given))))


@lists.get("/lists/<int:list_id>")
@scope("read:lists")
async def show(ctx: Context, viewer: Viewer, list_id: int) -> Response:
    """Return one of one's lists."""
    async with ctx.db.read() as tx:
        return answer(_render(await _owned(tx, viewer, list_id)))


@lists.route("/lists/<int:list_id>", methods=["PUT", "PATCH"])
@scope("write:lists")
async def alter(ctx: Context, viewer: Viewer, list_id: int) -> Response:
    """Change a list."""
    given = await fields()
    async with ctx.change() as change:
        old = await _owned(change.tx, viewer, list_id)
        new = _wanted(old, given)
        await effects.alter(change, old, new)
    return answer(_render(new))


@lists.delete("/lists/<int:list_id>")
@scope("write:lists")
async def delete(ctx: Context, viewer: Viewer, list_id: int) -> Response:
    """Remove a list."""
    async with ctx.change() as change:
        await effects.delete(change, await _owned(change.tx, viewer, list_id))
    return answer({})


@lists.get("/lists/<int:list_id>/accounts")
@scope("read:lists")
async def members(ctx: Context, viewer: Viewer, list_id: int) -> Response:
    """Return who is in a list; with `limit=0` as many as there may be at once."""
    page = Page(limit=_WHOLE) if query().get("limit") == "0" else paging(most=80, usual=40)
    async with ctx.db.read() as tx:
        found = await _owned(tx, viewer, list_id)
        return answer_page(ctx, await people.listed(tx, found.id, page, viewer_id=viewer.account.id), page)


@lists.post("/lists/<int:list_id>/accounts")
@scope("write:lists")
async def add(ctx: Context, viewer: Viewer, list_id: int) -> Response:
    """Put `account_ids[]` into a list."""
    wanted = await _account_ids()
    async with ctx.change() as change:
        await effects.add(change, viewer.account, await _owned(change.tx, viewer, list_id), wanted)
    return answer({})


@lists.delete("/lists/<int:list_id>/accounts")
@scope("write:lists")
async def remove(ctx: Context, viewer: Viewer, list_id: int) -> Response:
    """Take `account_ids[]` out of a list."""
    wanted = await _account_ids()
    async with ctx.change() as change:
        await effects.remove(change, await _owned(change.tx, viewer, list_id), wanted)
    return answer({})


async def _account_ids() -> list[int]:
    """Clients put them into the body, of a DELETE too, or into the address."""
    given = (await fields()).get("account_ids") or query().get("account_ids")
    return numbers(given, "account_ids")


@lists.get("/accounts/<int:account_id>/lists")
@scope("read:lists")
async def with_person(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Return those of one's lists that somebody is in."""
    async with ctx.db.read() as tx:
        account = await shown(tx, account_id, viewer)
        return answer([_render(one) for one in await rows.with_person(tx, viewer.account.id, account.id)])
