"""Where others stand: written down by an administrator, and a condition for sharing a group with a partner."""

import logging

from node.context import Change, Context
from node.domain.accounts import Account
from node.domain.places import Place, check_place
from node.errors import Invalid
from node.store import places

audit = logging.getLogger("allmende.audit")


async def write(ctx: Context, by: Account, host: str, place: Place) -> None:
    """Write down where a host stands, and on what ground data may go there.

    Raises:
        Invalid: see `check_place`.
    """
    check_place(place)
    async with ctx.change() as change:
        await places.put(change.tx, host, place)
    audit.warning("%s stands in %s, by %s", host, place.country or "no country that is known", by.uri)


async def check_transfer(change: Change, host: str) -> None:
    """Check that a group may be shared with a host: outside the EEA only on a ground that is written down (D25).

    Where nobody has said where it stands, pages say so.

    Raises:
        Invalid: the ground is missing.
    """
    place = (await places.of(change.tx, [host]))[host]
    if place.outside and not place.note:
        raise Invalid(
            "%(host)s stands outside the European Economic Area. An administrator first writes down on what ground "
            "data may go there: Administration, Where data goes.",
            host=host,
        )
