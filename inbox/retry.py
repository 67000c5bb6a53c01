"""When a row is tried again that cannot be handled yet, and when no more."""

from federation.errors import Retry
from node.context import Change
from node.errors import AllmendeError
from node.store import queues

FIRST_MS = 5_000


async def later(change: Change, row: queues.InboxRow, error: AllmendeError) -> None:
    """Postpone a row, each time for twice as long; give it up when it has waited for as long as the limits let it."""
    longest = change.settings.limits.inbox_wait_seconds * 1000
    if change.now - row.received_at > longest:
        await queues.finish_inbox(change.tx, [row.id], state="ignored")
        return
    waits_for = error.waits_for or "" if isinstance(error, Retry) else ""
    pause = min(longest, FIRST_MS * 2 ** min(row.attempts, 12))
    await queues.postpone_inbox(change.tx, row.id, due_at=change.now + pause, waits_for=waits_for, error=error.message)
