"""Accounts: oneself, others by handle, their walls, following them."""

from quart import Blueprint, Response, request

from federation import resolve
from node.api.answers import answer, paging
from node.api.auth import scope
from node.api.render.account import account as render
from node.api.timelines import page
from node.context import Context
from node.domain.accounts import Account, split_handle
from node.domain.viewer import Viewer
from node.errors import NotFound
from node.store import accounts as rows
from node.store import relationships
from node.store import timelines as streams
from outbox import relationships as commands

accounts = Blueprint("accounts", __name__, url_prefix="/v1")


async def _shown(ctx: Context, id: int) -> Account:
    async with ctx.db.read() as tx:
        account = await rows.by_id(tx, id)
    if account is None or not account.active:
        raise NotFound("There is no such account.")
    return account


@accounts.get("/accounts/verify_credentials")
@scope("read:accounts")
async def me(ctx: Context, viewer: Viewer) -> Response:
    """Return oneself."""
    body = render(viewer.account, authority=ctx.settings.authority)
    source = {"privacy": "unlisted", "sensitive": False, "language": None, "note": "", "fields": []}
    return answer(body | {"source": source, "role": {"name": viewer.role.value}})


@accounts.get("/accounts/lookup")
@scope("read:accounts")
async def lookup(ctx: Context, viewer: Viewer) -> Response:
    """Return the account `acct`, asked for at its node when it is not known yet."""
    user, host = split_handle(request.args.get("acct", ""))
    found = await resolve.handle(ctx, user, host) if user else None
    if found is None or not found.active:
        raise NotFound("Nobody of that name can be found.")
    return answer(render(found, authority=ctx.settings.authority))


@accounts.get("/accounts/<int:account_id>")
@scope("read:accounts")
async def show(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Return one account."""
    return answer(render(await _shown(ctx, account_id), authority=ctx.settings.authority))


@accounts.get("/accounts/<int:account_id>/statuses")
@scope("read:statuses")
async def wall(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Return somebody's wall, as far as the viewer may see it."""
    before, limit = paging()
    account = await _shown(ctx, account_id)
    async with ctx.db.read() as tx:
        found = await streams.wall(tx, account.id, viewer_id=viewer.account.id, before=before, limit=limit)
    return await page(ctx, viewer, found, limit)


@accounts.post("/accounts/<int:account_id>/follow")
@scope("write:follows")
async def follow(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Follow, or ask to."""
    await commands.follow(ctx, viewer.account, account_id)
    return await _relationship(ctx, viewer, account_id)


@accounts.post("/accounts/<int:account_id>/unfollow")
@scope("write:follows")
async def unfollow(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Stop following."""
    await commands.unfollow(ctx, viewer.account, account_id)
    return await _relationship(ctx, viewer, account_id)


@accounts.post("/follow_requests/<int:account_id>/<any(authorize,reject):verdict>")
@scope("write:follows")
async def decide(ctx: Context, viewer: Viewer, account_id: int, verdict: str) -> Response:
    """Grant or refuse a request to follow."""
    await commands.answer(ctx, viewer.account, account_id, accept=verdict == "authorize")
    return await _relationship(ctx, viewer, account_id)


async def _relationship(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    async with ctx.db.read() as tx:
        follow = await relationships.between(tx, follower_id=viewer.account.id, target_id=account_id)
        back = await relationships.between(tx, follower_id=account_id, target_id=viewer.account.id)
    return answer(
        {
            "id": str(account_id),
            "following": follow is not None and follow.accepted,
            "requested": follow is not None and not follow.accepted,
            "followed_by": back is not None and back.accepted,
        }
    )
