"""Commands on pages of this unit: found one, change it, name its editors, give it up; new members follow some."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from federation import keys
from node.context import Change, Context
from node.domain import uris
from node.domain.accounts import Account, Role, check_username
from node.domain.pages import Masthead, UnitPage, check_masthead, may_appoint, may_dismiss, may_look_after
from node.domain.personas import check_may_look_after
from node.domain.profiles import presented
from node.domain.relationships import Follow
from node.domain.viewer import Viewer
from node.effects import accounts as account_effects
from node.errors import Conflict, Forbidden, Invalid, NotFound
from node.store import accounts, pages_of_unit, relationships
from outbox import profiles
from outbox.organisation import local_actor, sealed_keys
from outbox.publish import new_uri
from outbox.relationships import begin


async def found(
    ctx: Context,
    by: Viewer,
    username: str,
    masthead: Masthead,
    *,
    editors: Sequence[str],
    followed_by_all: bool = False,
) -> Account:
    """Found a page with its first editors, by their user names; return its account.

    Raises:
        Forbidden: only administrators do. Invalid: no such name, or no editor. Conflict: the name is taken.
        NotFound: there is no such member.
    """
    if by.role is not Role.ADMIN:
        raise Forbidden("Only administrators found pages.")
    check_username(username)
    check_masthead(masthead)
    if masthead.name is None:
        raise Invalid("A page has a name. Write one.")
    if not editors:
        raise Invalid("A page needs an editor. Name one at least.")
    rsa, proof = await asyncio.gather(asyncio.to_thread(keys.generate_rsa), asyncio.to_thread(keys.generate_ed25519))
    async with ctx.change() as change:
        uri = uris.user(ctx.settings.url, username)
        blank = replace(local_actor(change, uri, username=username, kind="Organization", name=""), discoverable=True)
        actor, page = _set(blank, UnitPage(blank.id, followed_by_all=followed_by_all), masthead, ctx)
        if not await account_effects.create(change, actor, sealed_keys(ctx, uri, rsa, proof)):
            raise Conflict("This name is taken. Choose another one.")
        await pages_of_unit.put(change.tx, page)
        for name in dict.fromkeys(editors):
            await _make_editor(change, actor, await _member(change, name))
        if page.followed_by_all:
            await _let_all_follow(change, actor)
        return actor


def _set(account: Account, page: UnitPage, masthead: Masthead, ctx: Context) -> tuple[Account, UnitPage]:
    board = account.board if masthead.board is None else masthead.board
    return (
        replace(presented(account, masthead, ctx.settings.limits), board=board),
        replace(page, closed=page.closed if masthead.closed is None else masthead.closed),
    )


async def change(ctx: Context, by: Viewer, page_id: int, masthead: Masthead) -> Account:
    """Change what a page tells of itself, and is; every node that knows it is told.

    Raises:
        NotFound, Forbidden: see `_looked_after`. Invalid: see `check_masthead`.
    """
    check_masthead(masthead)
    async with ctx.change() as change:
        before, page = await _looked_after(change, by, page_id)
        account, page = _set(before, page, masthead, ctx)
        await pages_of_unit.put(change.tx, page)
        if account != before:
            await profiles.replace_pictures(change, before, account)
            await accounts.update(change.tx, account)
            await profiles.announce(change, account)
        return account


async def spread(ctx: Context, by: Viewer, page_id: int, *, to_all: bool = True) -> None:
    """Let every member follow a page from now on, and whoever joins later; or let newcomers choose.

    What it wrote before is not put into their homes, and who follows it goes on to.

    Raises:
        NotFound: no such page. Forbidden: only administrators do.
    """
    if by.role is not Role.ADMIN:
        raise Forbidden("Only administrators let all members follow a page.")
    async with ctx.change() as change:
        account, page = await _page(change, page_id)
        await pages_of_unit.put(change.tx, replace(page, followed_by_all=to_all))
        if to_all and not page.followed_by_all:
            await _let_all_follow(change, account)


async def appoint(ctx: Context, by: Viewer, page_id: int, username: str) -> None:
    """Make a member of this node an editor; they follow the page, too.

    Raises:
        NotFound: no such page or member. Forbidden: see `may_appoint`; or it is a guest.
    """
    async with ctx.change() as change:
        account, page = await _page(change, page_id)
        editors = {one.id for one in await pages_of_unit.editors(change.tx, account.id)}
        admin = by.role is Role.ADMIN
        if not may_appoint(page, editor=by.account.id in editors, admin=admin, editors=len(editors)):
            raise _refusal(page)
        await _make_editor(change, account, await _member(change, username))


async def dismiss(ctx: Context, by: Viewer, page_id: int, account_id: int) -> None:
    """Let somebody be an editor no more; what they wrote stays. An editor may go by themselves.

    Raises:
        NotFound: no such page, or no such editor. Forbidden: see `may_dismiss`.
    """
    async with ctx.change() as change:
        account, page = await _page(change, page_id)
        editors = {one.id for one in await pages_of_unit.editors(change.tx, account.id)}
        editor, admin = by.account.id in editors, by.role is Role.ADMIN
        if not may_look_after(page, editor=editor, admin=admin):
            raise _refusal(page)
        if account_id not in editors:
            raise NotFound("There is no such editor.")
        if not may_dismiss(page, editor=editor, admin=admin, editors=len(editors)):
            raise Forbidden("A closed page keeps one editor. Name another one first.")
        await pages_of_unit.dismiss(change.tx, account.id, account_id)


async def give_up(ctx: Context, by: Viewer, page_id: int) -> None:
    """Erase a page with all that was written in its name, here and at every node; its name stays taken.

    Raises:
        NotFound, Forbidden: see `_looked_after`.
    """
    async with ctx.change() as change:
        account, _ = await _looked_after(change, by, page_id)
        await profiles.erase(change, account)


async def welcome(change: Change, member: Account) -> None:
    """Let a new member follow the pages that all follow."""
    for page in await pages_of_unit.followed_by_all(change.tx):
        await begin(change, member, page)


async def _let_all_follow(change: Change, page: Account) -> None:
    for id in await pages_of_unit.not_following(change.tx, page.id):
        number, uri = new_uri(change)
        await relationships.insert(change.tx, Follow(number, uri, id, page.id, True))


async def _make_editor(change: Change, page: Account, member: Account) -> None:
    await pages_of_unit.appoint(change.tx, page.id, member.id)
    await begin(change, member, page)


async def _member(change: Change, username: str) -> Account:
    found = await accounts.by_handle(change.tx, username.strip().removeprefix("@"), "")
    if found is None or not found.active or found.kind != "Person":
        raise NotFound("There is no member called %(name)s here.", name=username)
    if found.guest:
        raise Forbidden("Guests look after no page.")
    check_may_look_after(found)
    return found


async def _page(change: Change, page_id: int) -> tuple[Account, UnitPage]:
    """Return a page of ours, which nobody else changes until this is done.

    Raises:
        NotFound: there is none.
    """
    await pages_of_unit.hold(change.tx, page_id)
    account, page = await accounts.by_id(change.tx, page_id), await pages_of_unit.by_id(change.tx, page_id)
    if account is None or page is None or not account.active:
        raise NotFound("There is no such page.")
    return account, page


async def _looked_after(change: Change, by: Viewer, page_id: int) -> tuple[Account, UnitPage]:
    """Return a page of ours.

    Raises:
        NotFound: there is none. Forbidden: see `may_look_after`.
    """
    account, page = await _page(change, page_id)
    editor = await pages_of_unit.is_editor(change.tx, account.id, by.account.id)
    if not may_look_after(page, editor=editor, admin=by.role is Role.ADMIN):
        raise _refusal(page)
    return account, page


def _refusal(page: UnitPage) -> Forbidden:
    if page.closed:
        return Forbidden("Only its editors change this page: it is closed to administrators.")
    return Forbidden("Only its editors and administrators change this page.")
