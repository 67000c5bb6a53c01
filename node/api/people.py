"""What several routes need of accounts: one by its number, pages of them, and finding somebody."""

from contextlib import suppress

from quart import Response

from federation import resolve
from federation.errors import FederationError
from node.api.answers import answer, links
from node.api.render.account import account as render
from node.context import Context
from node.domain.accounts import Account, split_handle
from node.domain.text import plain
from node.domain.viewer import Viewer
from node.errors import Gone, NotFound, Throttled
from node.store import accounts, people
from node.store.database import Tx
from node.store.pages import Page
from node.store.people import Related

_LONGEST_QUERY = 300


async def shown(tx: Tx, id: int, viewer: Viewer) -> Account:
    """Return an account.

    Raises:
        NotFound: there is none, or none that is shown to the viewer.
    """
    account = await accounts.by_id(tx, id)
    if account is None or not account.active or await people.hidden(tx, [id], viewer_id=viewer.account.id):
        raise NotFound("Record not found")
    return account


def answer_page(ctx: Context, found: list[Related], page: Page) -> Response:
    """Answer with a page of accounts; its cursors are the ids of the rows that relate them."""
    return answer([render(ctx, account) for _, account in found], link=links(page, [row_id for row_id, _ in found]))


async def find(
    ctx: Context,
    viewer: Viewer,
    query: str,
    *,
    resolving: bool = False,
    following: bool = False,
    limit: int = 40,
    offset: int = 0,
) -> list[Account]:
    """Return people by what they tell of themselves, and first of all who has the very handle that is asked for.

    resolving: a handle that is not known here is asked for at its node. following: only whom the viewer follows.
    """
    exact = None if offset or following else await named(ctx, viewer, query, resolving=resolving)
    async with ctx.db.read() as tx:
        found = await people.search(
            tx,
            plain(query, longest=_LONGEST_QUERY),
            viewer_id=viewer.account.id,
            following=following,
            limit=limit,
            offset=offset,
        )
    others = [one for one in found if exact is None or one.id != exact.id]
    return [*([exact] if exact else []), *others][:limit]


async def named(ctx: Context, viewer: Viewer, handle: str, *, resolving: bool) -> Account | None:
    """Return whoever has a handle; an unknown one, and a node that does not answer, lead to nobody.

    resolving: one that is not known here is asked for at its node; for guests, who meet nobody there, never.
    """
    found = await _named(ctx, handle, resolving=resolving and not viewer.account.guest)
    return await known(ctx, viewer, found) if found is not None else None


async def known(ctx: Context, viewer: Viewer, account: Account) -> Account | None:
    """Return an account if the viewer may know that it is there."""
    async with ctx.db.read() as tx:
        return None if await people.hidden(tx, [account.id], viewer_id=viewer.account.id) else account


async def _named(ctx: Context, handle: str, *, resolving: bool) -> Account | None:
    username, host = split_handle(plain(handle, longest=_LONGEST_QUERY))
    if not username or any(sign.isspace() for sign in username + host):
        return None
    if not resolving:
        async with ctx.db.read() as tx:
            local = host in ("", ctx.settings.authority)
            found = await accounts.by_handle(tx, username, "" if local else host.lower())
        return found if found is not None and found.active else None
    with suppress(FederationError, Gone, Throttled):
        found = await resolve.handle(ctx, username, host)
        return found if found is not None and found.active else None
    return None
