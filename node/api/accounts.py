"""Accounts: one, many, by handle; their walls and what their profiles show."""

from quart import Blueprint, Response

from node.api.answers import answer, number, numbers, offset_links, paging, query, text, truth
from node.api.auth import scope
from node.api.people import answer_page, find, named, shown
from node.api.render.account import account as render
from node.api.render.account import single
from node.api.render.status import statuses
from node.api.render.tag import all_featured
from node.api.timelines import answer_page as answer_posts
from node.context import Context
from node.domain.tags import tag_name
from node.domain.viewer import Viewer
from node.errors import Gone, NotFound
from node.store import accounts as rows
from node.store import people, tags
from node.store import timelines as streams

accounts = Blueprint("accounts", __name__, url_prefix="/v1/accounts")

_MOST_AT_ONCE = 80


@accounts.get("")
@scope("read:accounts")
async def many(ctx: Context, viewer: Viewer) -> Response:
    """Return accounts by `id[]`, those that are shown, in this order."""
    wanted = list(dict.fromkeys(numbers(query().get("id"), "id")))[:_MOST_AT_ONCE]
    async with ctx.db.read() as tx:
        found = await rows.by_ids(tx, wanted)
        hidden = await people.hidden(tx, wanted, viewer_id=viewer.account.id)
    return answer([render(ctx, found[id]) for id in wanted if id in found and found[id].active and id not in hidden])


@accounts.get("/lookup")
@scope("read:accounts")
async def lookup(ctx: Context, viewer: Viewer) -> Response:
    """Return the account `acct`, asked for at its node when it is not known yet."""
    found = await named(ctx, viewer, text(query().get("acct")), resolving=True)
    if found is None:
        raise NotFound("Record not found")
    async with ctx.db.read() as tx:
        return answer(await single(ctx, tx, found, viewer_id=viewer.account.id))


@accounts.get("/search")
@scope("read:accounts")
async def search(ctx: Context, viewer: Viewer) -> Response:
    """Return people by name, handle, position, department or skill."""
    given, page = query(), paging(most=80, usual=40)
    offset = number(given.get("offset"), "offset") or 0
    found = await find(
        ctx,
        viewer,
        text(given.get("q")),
        resolving=truth(given.get("resolve")),
        following=truth(given.get("following")),
        limit=page.limit,
        offset=offset,
    )
    return answer([render(ctx, one) for one in found], link=offset_links(offset, page.limit, len(found)))


@accounts.get("/<int:account_id>")
@scope("read:accounts")
async def show(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Return one account; 410 when somebody deleted it. A suspended one is not there: nobody else is told of that."""
    async with ctx.db.read() as tx:
        found = await rows.by_id(tx, account_id)
        if found is not None and found.deleted_at is not None and found.kind != "Group":
            raise Gone("This account has been deleted.")
        return answer(await single(ctx, tx, await shown(tx, account_id, viewer), viewer_id=viewer.account.id))


@accounts.get("/<int:account_id>/statuses")
@scope("read:statuses")
async def wall(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Return somebody's wall, or what they pinned to its top, as far as the viewer may see it."""
    page, given, viewer_id = paging(), query(), viewer.account.id
    tagged = text(given.get("tagged"))
    async with ctx.db.read() as tx:
        account = await shown(tx, account_id, viewer)
        if truth(given.get("pinned")):
            pinned = await streams.pinned(tx, account.id, viewer_id=viewer_id, limit=page.limit)
            return answer(await statuses(ctx, tx, pinned, viewer_id=viewer_id))
        found = await streams.wall(
            tx,
            account.id,
            page,
            viewer_id=viewer_id,
            media=truth(given.get("only_media")),
            replies=not truth(given.get("exclude_replies")),
            boosts=not truth(given.get("exclude_reblogs")),
            tag=(tag_name(tagged) or tagged) if tagged else "",
        )
        return await answer_posts(ctx, tx, viewer, found, page)


@accounts.get("/<int:account_id>/followers")
@scope("read:accounts")
async def followers(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Return who follows somebody; nothing when they keep that to themselves."""
    return await _circle(ctx, viewer, account_id, followers=True)


@accounts.get("/<int:account_id>/following")
@scope("read:accounts")
async def following(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Return whom somebody follows; nothing when they keep that to themselves."""
    return await _circle(ctx, viewer, account_id, followers=False)


async def _circle(ctx: Context, viewer: Viewer, account_id: int, *, followers: bool) -> Response:
    page, viewer_id = paging(most=80, usual=40), viewer.account.id
    read = people.followers if followers else people.following
    async with ctx.db.read() as tx:
        account = await shown(tx, account_id, viewer)
        if account.hides_follows and account.id != viewer_id and account.kind != "Group":
            return answer([])
        return answer_page(ctx, await read(tx, account.id, page, viewer_id=viewer_id), page)


@accounts.get("/<int:account_id>/endorsements")
@scope("read:accounts")
async def endorsements(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Return whom somebody shows in the profile."""
    page = paging(most=80, usual=40)
    async with ctx.db.read() as tx:
        account = await shown(tx, account_id, viewer)
        return answer_page(ctx, await people.endorsed(tx, account.id, page, viewer_id=viewer.account.id), page)


@accounts.get("/<int:account_id>/featured_tags")
@scope("read:accounts")
async def featured_tags(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Return the hashtags somebody shows in the profile."""
    async with ctx.db.read() as tx:
        account = await shown(tx, account_id, viewer)
        found = await tags.featured(tx, account.id)
        return answer(await all_featured(ctx, tx, found, account_id=account.id, viewer_id=viewer.account.id))


@accounts.get("/<int:account_id>/identity_proofs")
@scope()
async def identity_proofs(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Return proofs of identity at other services: there are none, here as in Mastodon since 3.5."""
    async with ctx.db.read() as tx:
        await shown(tx, account_id, viewer)
    return answer([])
