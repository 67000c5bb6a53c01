"""How many read what is for the unit, or for the organisation: what a composer says beside each audience."""

from dataclasses import dataclass

import orjson

from node.context import Context
from node.store import nodes, people

_KEPT_MS = 600_000


@dataclass(frozen=True, slots=True)
class Sizes:
    """people: the members of this node. nodes: those of the organisation; how many work at the others none tells."""

    people: int
    nodes: int


async def sizes(ctx: Context) -> Sizes:
    """Return how many there are, as of the last ten minutes: composers stand on most pages."""
    stamp = ctx.clock() // _KEPT_MS
    kept = ctx.fragments.get("sizes", 0, stamp)
    if kept is None:
        async with ctx.db.read() as tx:
            kept = orjson.dumps([await people.count_members(tx), len(await nodes.members(tx)) or 1])
        ctx.fragments.put("sizes", 0, stamp, kept)
    return Sizes(*orjson.loads(kept))
