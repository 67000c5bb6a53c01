"""What time does: rows that have served their purpose are forgotten."""

from node.context import Context
from node.store import accounts, media, queues, tokens

_DAY_MS = 86_400_000
_HOUR_SECONDS = 3_600


async def forget_old_rows(ctx: Context) -> None:
    """Forget finished queue rows, rotated keys, idle sessions and old failed sign-ins, by the periods in the limits."""
    limits = ctx.settings.limits
    async with ctx.change() as change:
        await media.expire(change.tx, before=change.now - limits.media_cache_seconds * 1000)
        await queues.purge_inbox(
            change.tx,
            done_before=change.now - limits.done_rows_seconds * 1000,
            ignored_before=change.now - limits.ignored_rows_seconds * 1000,
        )
        await queues.purge_activities(change.tx, before=change.now - limits.done_rows_seconds * 1000)
        await accounts.drop_old_keys(change.tx)
        await tokens.forget_idle_sessions(change.tx, before=change.now - limits.session_idle_seconds * 1000)
        await tokens.forget_failures(change.tx, before=change.now - _DAY_MS)
    old = await ctx.files.older_than(_HOUR_SECONDS)
    async with ctx.change() as change:
        # A process that died between writing a file and saying so leaves one that belongs to nothing.
        await media.doom(change.tx, await media.orphans(change.tx, old))
    await erase_files(ctx)


async def erase_files(ctx: Context) -> None:
    """Erase files whose posts are gone, or that nobody looked at for long. Repeating it harms nothing."""
    while True:
        async with ctx.db.read() as tx:
            names = await media.doomed(tx)
        if not names:
            return
        await ctx.files.erase(names)
        async with ctx.change() as change:
            await media.erased(change.tx, names)
