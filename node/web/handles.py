"""Whoever has a handle, as far as the one who looks may know of them."""

from contextlib import suppress
from re import compile as pattern

from federation import resolve
from federation.errors import FederationError
from node.context import Context
from node.domain.accounts import Account, split_handle
from node.domain.viewer import Viewer
from node.errors import Gone, Throttled
from node.store import accounts, people

_HANDLE = pattern(r"@?[a-zA-Z0-9_.-]{1,30}@[a-zA-Z0-9.-]{1,253}(?::\d{1,5})?")


async def known(ctx: Context, viewer: Viewer, username: str, host: str) -> Account | None:
    """Return whoever has a handle, asked for at their node; None for nobody of whom the viewer may know.

    For guests nobody is asked for: whom they meet is known here.

    Raises:
        FederationError: the other node does not answer.
    """
    async with ctx.db.read() as tx:
        local = host in ("", ctx.settings.authority)
        found = await accounts.by_handle(tx, username, "" if local else host.lower()) if viewer.account.guest else None
    if not viewer.account.guest:
        found = await resolve.handle(ctx, username, host)
    async with ctx.db.read() as tx:
        hidden = await people.hidden(tx, [found.id], viewer_id=viewer.account.id) if found else set()
    return None if hidden else found


async def named(ctx: Context, viewer: Viewer, q: str) -> Account | None:
    """Return whoever has a whole handle; nobody, when it is none, or when their node does not answer."""
    if not _HANDLE.fullmatch(q):
        return None
    with suppress(FederationError, Gone, Throttled):
        found = await known(ctx, viewer, *split_handle(q))
        if found is not None and found.active and (found.shown or found.kind == "Service"):
            return found
    return None
