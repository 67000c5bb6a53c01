"""Grouped notifications: what one was told of, similar things together."""

from quart import Blueprint, Response

from node.api.answers import answer, links, listed, paging, query, text
from node.api.auth import scope
from node.api.notifications import MARKER, choice
from node.api.render.account import account as render_account
from node.api.render.notification import groups as render
from node.context import Context
from node.domain.notifications import GROUPED
from node.domain.viewer import Viewer
from node.errors import Invalid, NotFound
from node.store import accounts, markers
from node.store import notification_groups as rows

grouped_notifications = Blueprint("grouped_notifications", __name__, url_prefix="/v2/notifications")


def _grouped() -> list[str]:
    """Return the kinds that the client groups; without a word of it all that can be."""
    asked = [text(one) for one in listed(query().get("grouped_types"))]
    return [kind for kind in GROUPED if kind in asked or not asked]


@grouped_notifications.get("")
@scope("read:notifications")
async def told(ctx: Context, viewer: Viewer) -> Response:
    """Return groups, newest first; with `expand_accounts=partial_avatars` only the newest account of each in full."""
    page, expand = paging(most=80, usual=40), text(query().get("expand_accounts")) or "full"
    if expand not in ("full", "partial_avatars"):
        raise Invalid("expand_accounts is full or partial_avatars.")
    async with ctx.db.read() as tx:
        found, ids = await rows.page(tx, viewer.account.id, page, choice(), grouped=_grouped())
        partial = expand == "partial_avatars"
        shown = await render(ctx, tx, found, viewer_id=viewer.account.id, partial=partial, paged=True)
    return answer(shown, link=links(page, ids))


@grouped_notifications.get("/unread_count")
@scope("read:notifications")
async def unread(ctx: Context, viewer: Viewer) -> Response:
    """Return how many groups have something newer than one's marker."""
    most = paging(most=1000, usual=100).limit
    async with ctx.db.read() as tx:
        after = await markers.last_read(tx, viewer.account.id, MARKER)
        count = await rows.count(tx, viewer.account.id, choice(), grouped=_grouped(), after=after, most=most)
    return answer({"count": count})


@grouped_notifications.get("/<key>")
@scope("read:notifications")
async def one(ctx: Context, viewer: Viewer, key: str) -> Response:
    """Return one group with everything in it."""
    async with ctx.db.read() as tx:
        found = await rows.one(tx, key, account_id=viewer.account.id)
        if found is None:
            raise NotFound("There is no such group of notifications.")
        shown = await render(ctx, tx, [found], viewer_id=viewer.account.id)
    return answer(shown)


@grouped_notifications.post("/<key>/dismiss")
@scope("write:notifications")
async def dismiss(ctx: Context, viewer: Viewer, key: str) -> Response:
    """Forget a group; one that is not there is forgotten already."""
    async with ctx.change() as change:
        await rows.remove(change.tx, key, account_id=viewer.account.id)
    return answer({})


@grouped_notifications.get("/<key>/accounts")
@scope("read:notifications", "write:notifications")  # the latter by Mastodon's documentation, the former by its code
async def who(ctx: Context, viewer: Viewer, key: str) -> Response:
    """Return everybody behind a group, the latest first."""
    page = paging(most=80, usual=40)
    async with ctx.db.read() as tx:
        found = await rows.senders(tx, key, page, account_id=viewer.account.id)
        known = await accounts.by_ids(tx, {sender for _, sender in found})
    shown = [render_account(ctx, known[sender]) for _, sender in found]
    return answer(shown, link=links(page, [id for id, _ in found]))
