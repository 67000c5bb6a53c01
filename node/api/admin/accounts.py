"""People, for moderators: found, suspended and restored, and for administrators: erased.

What Mastodon has and this node does not (accounts that wait for approval, are frozen or made sensitive) is refused when
it is asked for, and never the case.
"""

from typing import Any

from quart import Blueprint, Response

from moderation import measures
from moderation import reports as complaints
from node.api.admin.rights import check_may_act_on, moderators
from node.api.answers import answer, fields, links, listed, number, paging, query, text, truth
from node.api.render.admin import person as render
from node.context import Context
from node.domain.viewer import Viewer
from node.errors import Forbidden, Invalid, NotFound
from node.store import administration
from node.store.administration import Person, Sought
from outbox import profiles

accounts = Blueprint("accounts", __name__)

_NEVER = frozenset({"pending", "disabled", "sensitized"})
_WITHOUT = "There is no such measure on this server. Warn (none, with text), limit (silence), or suspend the account."


@accounts.get("/v1/admin/accounts")
@moderators("admin:read:accounts")
async def page_older(ctx: Context, viewer: Viewer) -> Response:
    """Return people: `local` or `remote`, `active` or `suspended`, `staff`, `username`, `display_name`, `by_domain`."""
    given = query()
    local = truth(given.get("local")) or None
    suspended = True if truth(given.get("suspended")) else False if truth(given.get("active")) else None
    return await _page(
        ctx,
        given,
        local=False if truth(given.get("remote")) else local,
        suspended=suspended,
        limited=truth(given.get("silenced")),
        staff=truth(given.get("staff")),
        nobody=any(truth(given.get(name)) for name in _NEVER),
    )


@accounts.get("/v2/admin/accounts")
@moderators("admin:read:accounts")
async def page(ctx: Context, viewer: Viewer) -> Response:
    """Return people by `origin`, `status`, `permissions`, `username`, `display_name` and `by_domain`."""
    given = query()
    origin, status = text(given.get("origin")), text(given.get("status"))
    if origin not in ("", "local", "remote") or status not in ("", "active", "suspended", "silenced", *_NEVER):
        raise Invalid("Say which people: origin local or remote, status active or suspended.")
    return await _page(
        ctx,
        given,
        local={"local": True, "remote": False}.get(origin),
        suspended={"suspended": True, "active": False}.get(status),
        limited=status == "silenced",
        staff=text(given.get("permissions")) == "staff",
        nobody=status in _NEVER or bool(listed(given.get("role_ids"))) or bool(given.get("invited_by")),
    )


async def _page(
    ctx: Context,
    given: dict[str, Any],
    *,
    local: bool | None,
    suspended: bool | None,
    limited: bool,
    staff: bool,
    nobody: bool,
) -> Response:
    # Neither e-mail addresses nor those on the net are known here: nobody has the one that is asked for.
    if nobody or given.get("email") or given.get("ip"):
        return answer([])
    asked = paging(most=200, usual=100)
    domain = text(given.get("by_domain")).lower()
    sought = Sought(
        local=local,
        suspended=suspended,
        limited=limited,
        staff=staff,
        username=text(given.get("username")).lstrip("@"),
        name=text(given.get("display_name")),
        host=("" if domain == ctx.settings.authority else domain) if domain else None,
    )
    async with ctx.db.read() as tx:
        found = await administration.people(tx, sought, asked)
    shown = [render(ctx, one) for one in found]
    return answer(shown, link=links(asked, [one.account.id for one in found]))


async def _person(ctx: Context, id: int) -> Person:
    async with ctx.db.read() as tx:
        found = await administration.person(tx, id)
    if found is None:
        raise NotFound("Record not found")
    return found


@accounts.get("/v1/admin/accounts/<int:account_id>")
@moderators("admin:read:accounts")
async def show(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Return somebody."""
    return answer(render(ctx, await _person(ctx, account_id)))


@accounts.post("/v1/admin/accounts/<int:account_id>/action")
@moderators("admin:write:accounts")
async def act(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Do what `type` says, `suspend`, `silence` or `none`, and end the complaint `report_id`.

    `text` is the reason that the person reads, without which nobody is suspended; with `none` it is a warning.
    """
    given = await fields()
    kind, report_id = text(given.get("type")), number(given.get("report_id"), "report_id")
    if kind not in ("suspend", "silence", "none"):
        raise Invalid(_WITHOUT)
    reason = text(given.get("text"))
    person = await _person(ctx, account_id)
    check_may_act_on(viewer, person)
    if kind == "suspend":
        await measures.suspend(ctx, account_id, by=viewer.account, reason=reason)
    elif kind == "silence":
        await measures.limit(ctx, account_id, by=viewer.account, reason=reason)
    elif reason.strip():
        await measures.warn(ctx, account_id, by=viewer.account, reason=reason)
    if report_id is not None:
        await complaints.close(ctx, report_id, by=viewer.account)
    return answer({})


@accounts.post("/v1/admin/accounts/<int:account_id>/unsuspend")
@moderators("admin:write:accounts")
async def restore(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Lift a suspension."""
    check_may_act_on(viewer, await _person(ctx, account_id))
    await measures.restore(ctx, account_id, by=viewer.account)
    return answer(render(ctx, await _person(ctx, account_id)))


@accounts.post("/v1/admin/accounts/<int:account_id>/<any(enable,unsilence,unsensitive):name>")
@moderators("admin:write:accounts")
async def lift(ctx: Context, viewer: Viewer, account_id: int, name: str) -> Response:
    """Lift a limit, or what is never laid on anybody here; return how somebody stands."""
    check_may_act_on(viewer, await _person(ctx, account_id))
    if name == "unsilence":
        await measures.unlimit(ctx, account_id, by=viewer.account)
    return answer(render(ctx, await _person(ctx, account_id)))


@accounts.post("/v1/admin/accounts/<int:account_id>/<any(approve,reject):name>")
@moderators("admin:write:accounts")
async def decide(ctx: Context, viewer: Viewer, account_id: int, name: str) -> Response:
    """Refuse: nobody waits for approval here."""
    await _person(ctx, account_id)
    raise Invalid("Nobody waits for approval here: members come by an invitation.")


@accounts.delete("/v1/admin/accounts/<int:account_id>")
@moderators("admin:write:accounts")
async def erase(ctx: Context, viewer: Viewer, account_id: int) -> Response:
    """Erase a suspended member with all they wrote, here and at every node that holds a copy. There is no way back.

    Under a legal hold they are hidden, and erased when it ends.
    """
    person = await _person(ctx, account_id)
    check_may_act_on(viewer, person, erase=True)
    if not person.account.local:
        raise Invalid("This account is at home at another node, and is erased there. Here it can be suspended.")
    if person.account.suspended_at is None:
        raise Forbidden("Only who is suspended can be erased. Suspend the account first.")
    shown = render(ctx, person)
    await profiles.delete(ctx, person.account)
    return answer(shown)
