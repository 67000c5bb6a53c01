"""Hashtags: one, those one follows, those one shows in the profile."""

from collections.abc import Awaitable, Callable
from typing import Any

from quart import Blueprint, Response

from node.api.answers import answer, fields, links, paging, text
from node.api.auth import scope
from node.api.render.tag import all_featured
from node.api.render.tag import tags as render
from node.context import Change, Context
from node.domain.accounts import Account
from node.domain.tags import tag_name
from node.domain.viewer import Viewer
from node.effects import tags as effects
from node.errors import Invalid, NotFound
from node.store import tags as rows

tags = Blueprint("tags", __name__, url_prefix="/v1")

_SUGGESTED = 10


@tags.get("/tags/<name>")
@scope("read:statuses")
async def show(ctx: Context, viewer: Viewer, name: str) -> Response:
    """Return a hashtag, used or not."""
    return await _answer(ctx, viewer, _known(name))


def _known(typed: str) -> str:
    name = tag_name(typed)
    if name is None:
        raise NotFound("Record not found")
    return name


async def _answer(ctx: Context, viewer: Viewer, name: str) -> Response:
    async with ctx.db.read() as tx:
        (shown,) = await render(ctx, tx, [name], viewer_id=viewer.account.id)
    return answer(shown)


def _deed(word: str, needs: str, effect: Callable[[Change, Account, str], Awaitable[Any]]) -> None:
    @tags.post(f"/tags/<name>/{word}", endpoint=f"tag_{word}")
    @scope(needs)
    async def do(ctx: Context, viewer: Viewer, name: str) -> Response:
        known = _known(name)
        async with ctx.change() as change:
            await effect(change, viewer.account, known)
        return await _answer(ctx, viewer, known)

    do.__doc__ = effect.__doc__


_deed("follow", "write:follows", effects.follow)
_deed("unfollow", "write:follows", effects.unfollow)
_deed("feature", "write:accounts", effects.feature)
_deed("unfeature", "write:accounts", effects.unfeature)


@tags.get("/followed_tags")
@scope("read:follows")
async def followed(ctx: Context, viewer: Viewer) -> Response:
    """Return the hashtags one follows."""
    page = paging(most=200, usual=100)
    async with ctx.db.read() as tx:
        found = await rows.followed(tx, viewer.account.id, page)
        shown = await render(ctx, tx, [name for _, name in found], viewer_id=viewer.account.id)
    return answer(shown, link=links(page, [row_id for row_id, _ in found]))


@tags.get("/featured_tags")
@scope("read:accounts")
async def featured(ctx: Context, viewer: Viewer) -> Response:
    """Return the hashtags one shows in the profile."""
    own = viewer.account.id
    async with ctx.db.read() as tx:
        found = await rows.featured(tx, own)
        return answer(await all_featured(ctx, tx, found, account_id=own, viewer_id=own))


@tags.post("/featured_tags")
@scope("write:accounts")
async def feature(ctx: Context, viewer: Viewer) -> Response:
    """Show the hashtag `name` in the profile."""
    name, own = tag_name(text((await fields()).get("name"))), viewer.account.id
    if name is None:
        raise Invalid("A hashtag has letters, digits and _, at most 100. Correct its name.")
    async with ctx.change() as change:
        made = await effects.feature(change, viewer.account, name)
        (shown,) = await all_featured(ctx, change.tx, [made], account_id=own, viewer_id=own)
    return answer(shown)


@tags.delete("/featured_tags/<int:tag_id>")
@scope("write:accounts")
async def unfeature(ctx: Context, viewer: Viewer, tag_id: int) -> Response:
    """Show a hashtag in the profile no more."""
    async with ctx.change() as change:
        shown = {tag.id: tag.name for tag in await rows.featured(change.tx, viewer.account.id)}
        if tag_id not in shown:
            raise NotFound("Record not found")
        await effects.unfeature(change, viewer.account, shown[tag_id])
    return answer({})


@tags.get("/featured_tags/suggestions")
@scope("read:accounts")
async def suggestions(ctx: Context, viewer: Viewer) -> Response:
    """Return the hashtags one writes with most often and does not show yet."""
    own = viewer.account.id
    async with ctx.db.read() as tx:
        names = await rows.most_used(tx, own, limit=_SUGGESTED)
        return answer(await render(ctx, tx, names, viewer_id=own))
