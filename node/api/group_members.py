"""Who is in a group, who wants to be, who looks after it, and whom it keeps out."""

from quart import Blueprint, Response

from node.api.answers import Given, answer, fields, links, number, numbers, paging, query, text
from node.api.auth import scope
from node.api.groups import check_seen, seen
from node.api.render import group as render
from node.api.render.account import account as render_account
from node.api.render.account import document
from node.context import Context
from node.domain.groups import Act, Role, may
from node.domain.times import moment
from node.domain.viewer import Viewer
from node.errors import Forbidden, Invalid, NotFound
from node.store import groups as rows
from node.store.database import Tx
from outbox import groups as commands

group_members = Blueprint("group_members", __name__, url_prefix="/v1/groups/<int:group_id>")


async def _check_may(ctx: Context, tx: Tx, viewer: Viewer, group_id: int, act: Act) -> None:
    """Check that the viewer may see what only those see who look after a group of ours.

    Raises:
        NotFound: no such group of ours that the viewer knows. Forbidden: their role does not go so far.
    """
    found = await seen(tx, viewer, group_id)
    if not found.account.local:
        raise NotFound("There is no such group in this unit.")
    standing = await rows.standing(tx, group_id, viewer.account.id, now=ctx.clock())
    if not may(standing.role, act):
        raise Forbidden("Your role in this group does not go so far.")


async def _account_ids() -> list[int]:
    """Clients put them into the body, of a DELETE too, or into the address."""
    given = await fields()
    wanted = list(dict.fromkeys(numbers(given.get("account_ids") or query().get("account_ids"), "account_ids")))
    if not wanted:
        raise Invalid("Say whom you mean: account_ids.")
    return wanted


async def _account_id() -> int:
    given = (await fields()).get("account_id") or query().get("account_id")
    found = number(given, "account_id")
    if found is None:
        raise Invalid("Say whom you mean: account_id.")
    return found


def _role(given: Given) -> Role | None:
    word = text(given.get("role"))
    if word and word not in render.ROLES:
        raise Invalid("There is no such role.")
    return render.ROLES[word] if word else None


# Members


@group_members.get("/memberships")
@scope("read:groups")
async def members(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Return the members of a group to one of them, the newest first; with `role` those whose highest one it is.

    Of a group at another node they are those who are at home here, and those who look after it.
    """
    page = paging(most=80, usual=40)
    async with ctx.db.read() as tx:
        await seen(tx, viewer, group_id)
        role = _role(query())
        standing = await rows.standing(tx, group_id, viewer.account.id, now=ctx.clock())
        if standing.role is None:
            raise Forbidden("Only members see who is in this group.")
        found = await rows.members(tx, group_id, page, role=role, now=ctx.clock())
    return answer([render.membership(ctx, one) for one in found], link=links(page, [one.row_id for one in found]))


@group_members.post("/kick")
@scope("write:groups")
async def kick(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Remove the members `account_ids[]`; what they wrote stays."""
    await check_seen(ctx, viewer, group_id)
    wanted = await _account_ids()
    await commands.remove_all(ctx, viewer.account, group_id, wanted)
    return answer({})


@group_members.post("/promote")
@scope("write:groups")
async def promote(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Give the members `account_ids[]` a `role`, `moderator` or `admin`, for good or `until` a moment."""
    await check_seen(ctx, viewer, group_id)
    given = await fields()
    return await _give(ctx, viewer, group_id, given, until=moment(text(given["until"])) if given.get("until") else None)


@group_members.post("/demote")
@scope("write:groups")
async def demote(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Leave the members `account_ids[]` a lower `role` than they had, `user` or `moderator`."""
    await check_seen(ctx, viewer, group_id)
    return await _give(ctx, viewer, group_id, await fields(), until=None)


async def _give(ctx: Context, viewer: Viewer, group_id: int, given: Given, *, until: int | None) -> Response:
    role, wanted = _role(given), await _account_ids()
    if role is None:
        raise Invalid("There is no such role.")
    await commands.lend_all(ctx, viewer.account, group_id, wanted, role, until=until)
    async with ctx.db.read() as tx:
        found = await rows.memberships(tx, group_id, wanted, now=ctx.clock())
    return answer([render.membership(ctx, one) for one in found])


# Requests


@group_members.get("/membership_requests")
@scope("read:groups")
async def requests(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Return who wants to join, each with the `answer` to the group's question, to those who look after it."""
    page = paging(most=80, usual=40)
    async with ctx.db.read() as tx:
        await _check_may(ctx, tx, viewer, group_id, Act.MODERATE)
        found = await rows.requests(tx, group_id, page)
    shown = [document(ctx, one.account) | {"answer": one.answer} for one in found]
    return answer(shown, link=links(page, [one.follow.id for one in found]))


@group_members.post("/membership_requests/<int:account_id>/<any(authorize,reject):verdict>")
@scope("write:groups")
async def decide(ctx: Context, viewer: Viewer, group_id: int, account_id: int, verdict: str) -> Response:
    """Let somebody who asks become a member, or not."""
    await check_seen(ctx, viewer, group_id)
    await commands.answer(ctx, viewer.account, group_id, account_id, accept=verdict == "authorize")
    return answer({})


# Invitations


@group_members.get("/invitations")
@scope("read:groups")
async def invited(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Return whom a group invited who are no members yet, to those who look after it."""
    async with ctx.db.read() as tx:
        await _check_may(ctx, tx, viewer, group_id, Act.INVITE)
        return answer([render_account(ctx, one) for one in await rows.invited(tx, group_id)])


@group_members.post("/invitations")
@scope("write:groups")
async def invite(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Invite `account_id`, here or at another node."""
    await check_seen(ctx, viewer, group_id)
    account_id = await _account_id()
    await commands.invite(ctx, viewer.account, group_id, account_id)
    return answer({})


@group_members.delete("/invitations")
@scope("write:groups")
async def uninvite(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Take back the invitation of `account_id`."""
    await check_seen(ctx, viewer, group_id)
    account_id = await _account_id()
    await commands.uninvite(ctx, viewer.account, group_id, account_id)
    return answer({})


# Whom the group keeps out


@group_members.get("/blocks")
@scope("read:groups")
async def banned(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Return whom a group keeps out, to those who look after it."""
    async with ctx.db.read() as tx:
        await _check_may(ctx, tx, viewer, group_id, Act.MODERATE)
        return answer([render_account(ctx, one) for one in await rows.banned(tx, group_id)])


@group_members.post("/blocks")
@scope("write:groups")
async def ban(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Remove `account_ids[]` and keep them out."""
    await check_seen(ctx, viewer, group_id)
    wanted = await _account_ids()
    await commands.ban(ctx, viewer.account, group_id, wanted)
    return answer({})


@group_members.delete("/blocks")
@scope("write:groups")
async def unban(ctx: Context, viewer: Viewer, group_id: int) -> Response:
    """Let `account_ids[]` come back."""
    await check_seen(ctx, viewer, group_id)
    wanted = await _account_ids()
    await commands.unban(ctx, viewer.account, group_id, wanted)
    return answer({})
