"""Bridges that end soon: those who decide about them hear of it by mail, 30, 7 and 1 days before (requirements E4).

Renewing one takes both sides' yes again, and that takes time. Pages show the days that are left to everybody concerned.
"""

from node.context import Change, Context
from node.domain.bridges import Bridge, Part, Side
from node.domain.groups import Act, may
from node.domain.mails import Mailing
from node.domain.times import DAY_MS
from node.store import bridges, groups, mail_settings, recipients
from outbox.mail.letters import put

DAYS_BEFORE = (30, 7, 1)


async def of_bridges(ctx: Context) -> None:
    """Queue the reminders that are due, each once; of several days that passed meanwhile only the last."""
    if not ctx.mailer.enabled:
        return
    async with ctx.db.read() as tx:
        found = await bridges.ending(tx, now=ctx.clock(), before=ctx.clock() + DAYS_BEFORE[0] * DAY_MS)
    for bridge, reminded in found:
        days = min(n for n in DAYS_BEFORE if bridge.terms.ends_at - ctx.clock() <= n * DAY_MS)
        if reminded and reminded <= days:
            continue
        async with ctx.change() as change:
            for account_id in await _deciding(change, bridge):
                settings = await mail_settings.of(change.tx, account_id)
                if settings is not None:
                    about: dict[str, object] = {"bridge": bridge.id}
                    await put(change, Mailing.BRIDGE, account_id=account_id, address=settings.address, about=about)
            await bridges.put_reminded(change.tx, bridge.id, days=days)


async def _deciding(change: Change, bridge: Bridge) -> list[int]:
    """Return the members of this node who decide about a bridge: administrators, and who looks after the group."""
    deciding = set(await recipients.administrators(change.tx))
    if bridge.side is Side.HOME:
        officers = await groups.officers(change.tx, bridge.group_id, now=change.now)
        deciding |= {one.account.id for one in officers if one.account.local and may(one.role, Act.ADMINISTER)}
    else:
        lead = (await bridges.approvals(change.tx, [bridge.id])).get(bridge.id, {}).get(Part.PARTNER_LEAD)
        deciding |= {lead.account_id} if lead is not None and lead.account_id else set()
    return sorted(deciding)
