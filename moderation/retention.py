"""What time does: rows that have served their purpose are forgotten."""

from node.context import Context
from node.store import accounts, queues, tokens

_DAY_MS = 86_400_000


async def forget_old_rows(ctx: Context) -> None:
    """Forget finished queue rows, rotated keys, idle sessions and old failed sign-ins, by the periods in the limits."""
    limits = ctx.settings.limits
    async with ctx.change() as change:
        await queues.purge_inbox(
            change.tx,
            done_before=change.now - limits.done_rows_seconds * 1000,
            ignored_before=change.now - limits.ignored_rows_seconds * 1000,
        )
        await queues.purge_activities(change.tx, before=change.now - limits.done_rows_seconds * 1000)
        await accounts.drop_old_keys(change.tx)
        await tokens.forget_idle_sessions(change.tx, before=change.now - limits.session_idle_seconds * 1000)
        await tokens.forget_failures(change.tx, before=change.now - _DAY_MS)
