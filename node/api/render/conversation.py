"""The Conversation entity."""

from collections.abc import Sequence
from typing import Any

from node.api.render import status as render_status
from node.api.render.account import account as render_account
from node.context import Context
from node.store import accounts
from node.store.conversations import Conversation, people
from node.store.database import Tx


async def conversations(ctx: Context, tx: Tx, found: Sequence[Conversation], *, viewer_id: int) -> list[dict[str, Any]]:
    """Return conversations of a member; one whose newest message they may not see (any more) is without it."""
    others = await people(tx, [one.thread_id for one in found], viewer_id=viewer_id)
    known = await accounts.by_ids(tx, {id for some in others.values() for id in some})
    latest = await render_status.by_id(ctx, tx, [one.last_id for one in found], viewer_id=viewer_id)
    return [
        {
            "id": str(one.id),
            "unread": one.unread,
            "accounts": [render_account(ctx, known[id]) for id in others.get(one.thread_id, []) if id in known],
            "last_status": latest.get(one.last_id),
        }
        for one in found
    ]
