"""What time does: rows that have served their purpose are forgotten."""

import asyncio

from node.adapters import uploads
from node.context import Context
from node.domain.times import DAY_MS
from node.store import accounts, applications, attempts, bans, copies, erasures, media, queues, tokens


async def forget_old_rows(ctx: Context) -> None:
    """Forget finished queue rows, rotated keys, sessions, clients and more, by the periods in the limits."""
    limits = ctx.settings.limits
    async with ctx.change() as change:
        await media.expire(change.tx, before=change.now - limits.media_cache_seconds * 1000)
        unused = await media.abandoned(change.tx, before=change.now - limits.upload_seconds * 1000)
        await media.remove(change.tx, unused)
        await queues.purge_inbox(
            change.tx,
            done_before=change.now - limits.done_rows_seconds * 1000,
            ignored_before=change.now - limits.ignored_rows_seconds * 1000,
        )
        await erasures.forget(change.tx, before=change.now - limits.erasure_record_seconds * 1000)
        await queues.purge_activities(change.tx, before=change.now - limits.done_rows_seconds * 1000)
        await attempts.forget_old(change.tx, now=change.now)
        await bans.forget(change.tx, now=change.now)
        await accounts.drop_old_keys(change.tx)
        await tokens.forget_idle_sessions(change.tx, before=change.now - limits.session_idle_seconds * 1000)
        await tokens.forget_failures(change.tx, before=change.now - limits.login_failure_seconds * 1000)
        # A used code is kept for a day: who shows it again may have stolen it.
        await applications.forget_codes(change.tx, before=change.now - DAY_MS)
        await applications.forget_unused(
            change.tx,
            never_before=change.now - limits.unused_client_seconds * 1000,
            not_since=change.now - limits.idle_client_seconds * 1000,
        )
    await _forget_copies(ctx)
    await asyncio.to_thread(uploads.sweep, ctx.settings.incoming)
    await erase_files(ctx)


async def _forget_copies(ctx: Context) -> None:
    """Forget who had copies of what is gone everywhere, some at a time: an erased person had thousands."""
    forgotten = 1
    while forgotten:
        async with ctx.change() as change:
            forgotten = await copies.forget_erased(change.tx)


async def erase_files(ctx: Context) -> None:
    """Erase files that nothing needs, or that nobody looked at for long. Repeating it harms nothing."""
    while True:
        async with ctx.db.read() as tx:
            names = await media.doomed(tx, now=ctx.clock())
        if not names:
            return
        await ctx.files.erase(names)
        async with ctx.change() as change:
            await media.erased(change.tx, names)
