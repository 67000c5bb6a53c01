"""Writes files so that none is left over: a new one is erased after an hour, unless a row claims it before."""

from pathlib import Path

from node.adapters.files import new_name
from node.context import Change, Context
from node.store import media

_HOUR_MS = 3_600_000


async def put(ctx: Context, *files: tuple[bytes | Path, str]) -> list[str]:
    """Write new files, each a (content or path, media type); return their names.

    Whoever writes down where they are calls `keep` in the same transaction. A process that dies in between leaves
    nothing behind.
    """
    names = [new_name(media_type) for _, media_type in files]
    async with ctx.change() as change:
        await media.doom(change.tx, names, at=change.now + _HOUR_MS)
    for name, (source, _) in zip(names, files, strict=True):
        await ctx.files.put(name, source)
    return names


async def keep(change: Change, *names: str, instead_of: str = "") -> None:
    """Keep new files, and let the one that they replace be erased soon. '' is no file.

    Raises:
        Unavailable: they were written more than an hour ago, and may be gone.
    """
    await media.spare(change.tx, names, now=change.now)
    await media.doom(change.tx, [instead_of])


async def keep_until(change: Change, name: str, *, at: int) -> None:
    """Keep a new file until then (Unix ms): what may be fetched again. See `keep`."""
    await media.spare(change.tx, [name], now=change.now)
    await media.doom(change.tx, [name], at=at)
