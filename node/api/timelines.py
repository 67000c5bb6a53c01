"""Streams: home, unit and organisation, hashtags, lists, groups."""

import orjson
from quart import Blueprint, Response

from node.api.answers import answer, links, listed, paging, query, text, truth
from node.api.auth import scope
from node.api.groups import seen
from node.api.render import status as render
from node.context import Context
from node.domain.links import address
from node.domain.posts import Post
from node.domain.viewer import Viewer
from node.errors import Invalid, NotFound
from node.store import lists, posts, trends
from node.store import timelines as streams
from node.store.database import Tx
from node.store.pages import Page

timelines = Blueprint("timelines", __name__, url_prefix="/v1/timelines")


async def answer_page(ctx: Context, tx: Tx, viewer: Viewer, found: list[Post], page: Page) -> Response:
    """Answer with a page of posts."""
    shown = await render.statuses(ctx, tx, found, viewer_id=viewer.account.id)
    return answer(shown, link=links(page, [post.id for post in found]))


@timelines.get("/home")
@scope("read:statuses")
async def home(ctx: Context, viewer: Viewer) -> Response:
    """Return what those one follows published."""
    page = paging()
    async with ctx.db.read() as tx:
        shown, ids = await home_page(ctx, tx, viewer.account.id, page)
    return answer(shown, link=links(page, ids))


async def home_page(ctx: Context, tx: Tx, account_id: int, page: Page) -> tuple[list[orjson.Fragment], list[int]]:
    """Return a page of a member's home: the statuses, and the ids to go on from."""
    found = await streams.home_lines(tx, account_id, page)
    shown = await render.statuses(ctx, tx, found, viewer_id=account_id)
    return shown, [line.id for line in found]


@timelines.get("/public")
@scope("read:statuses")
async def public(ctx: Context, viewer: Viewer) -> Response:
    """Return the organisation's stream, with `local` the own unit's, with `remote` that of the others."""
    page, given, viewer_id = paging(), query(), viewer.account.id
    media = truth(given.get("only_media"))
    async with ctx.db.read() as tx:
        if truth(given.get("local")):
            found = await streams.unit(tx, page, viewer_id=viewer_id, media=media)
        else:
            remote = truth(given.get("remote"))
            found = await streams.organisation(tx, page, viewer_id=viewer_id, media=media, remote=remote)
        return await answer_page(ctx, tx, viewer, found, page)


@timelines.get("/tag/<name>")
@scope("read:statuses")
async def tag(ctx: Context, viewer: Viewer, name: str) -> Response:
    """Return what was written with a hashtag; `any`, `all` and `none` name further ones."""
    page, given = paging(), query()
    further = {way: [text(one).lower() for one in listed(given.get(way))][:20] for way in ("any", "all", "none")}
    async with ctx.db.read() as tx:
        found = await streams.tag(
            tx,
            name.lower(),
            page,
            viewer_id=viewer.account.id,
            or_=further["any"],
            and_=further["all"],
            not_=further["none"],
            local=truth(given.get("local")),
            remote=truth(given.get("remote")),
            media=truth(given.get("only_media")),
        )
        return await answer_page(ctx, tx, viewer, found, page)


@timelines.get("/list/<int:list_id>")
@scope("read:lists")
async def of_list(ctx: Context, viewer: Viewer, list_id: int) -> Response:
    """Return what the people of one of one's lists published."""
    page = paging()
    async with ctx.db.read() as tx:
        if not await lists.is_owned(tx, list_id, account_id=viewer.account.id):
            raise NotFound("There is no such list.")
        found = await streams.of_list(tx, list_id, page, viewer_id=viewer.account.id)
        return await answer_page(ctx, tx, viewer, found, page)


@timelines.get("/group/<int:group_id>")
@scope("read:groups")
async def of_group(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Return the posts that open the conversations of a group, or with `pinned` those on top of it."""
    page, viewer_id = paging(), viewer.account.id
    async with ctx.db.read() as tx:
        await seen(tx, viewer, group_id)
        pinned = await streams.pinned_in_group(tx, group_id)
        if truth(query().get("pinned")):
            on_top = await posts.visible_ids(tx, pinned, viewer_id=viewer_id)
            found = [on_top[id] for id in pinned if id in on_top][: page.limit]
            return answer(await render.statuses(ctx, tx, found, viewer_id=viewer_id, pinned=pinned))
        found = await streams.group(tx, group_id, page, viewer_id=viewer_id)
        shown = await render.statuses(ctx, tx, found, viewer_id=viewer_id, pinned=pinned)
    return answer(shown, link=links(page, [post.id for post in found]))


@timelines.get("/link")
@scope("read:statuses")
async def link(ctx: Context, viewer: Viewer) -> Response:
    """Return the posts with the link `url` that people who want to be found wrote for the organisation.

    Links are known as long as the house has trends on.

    Raises:
        Invalid: no address is given.
    """
    page, url = paging(), address(text(query().get("url")))
    if not url:
        raise Invalid("Say which link: url, the whole address.")
    async with ctx.db.read() as tx:
        found = await trends.with_link(tx, url, page, viewer_id=viewer.account.id)
        return await answer_page(ctx, tx, viewer, found, page)


@timelines.get("/direct")
@scope("read:statuses")
async def direct(ctx: Context, viewer: Viewer) -> Response:
    """Return one's direct messages (deprecated in favour of conversations)."""
    page = paging()
    async with ctx.db.read() as tx:
        found = await streams.direct(tx, page, viewer_id=viewer.account.id)
        return await answer_page(ctx, tx, viewer, found, page)
