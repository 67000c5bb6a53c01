"""The house rules: written anew by administrators, while complaints still say which of them was broken."""

from collections.abc import Sequence
from dataclasses import replace

from moderation import journal
from node.context import Context
from node.domain import text
from node.domain.accounts import Account
from node.errors import Invalid
from node.store import house_rules
from node.store.house_rules import HouseRule

MOST = 30
LONGEST = 300


async def write(ctx: Context, by: Account, lines: Sequence[str]) -> None:
    """Let just these rules hold, in this order; one that is worded as before is the same one.

    Raises:
        Invalid: there are too many, or one is too long.
    """
    wanted = list(dict.fromkeys(filter(None, (text.plain(line, longest=LONGEST + 1) for line in lines))))
    if len(wanted) > MOST or any(len(line) > LONGEST for line in wanted):
        raise Invalid("A node has at most %(most)d house rules of %(longest)d characters.", most=MOST, longest=LONGEST)
    async with ctx.change() as change:
        known = {rule.text: rule for rule in await house_rules.every(change.tx, first=ctx.settings.node.rules)}
        last = max((rule.id for rule in known.values()), default=0)
        new = [line for line in wanted if line not in known]
        fresh = {line: HouseRule(last + n, line, True) for n, line in enumerate(new, 1)}
        holding = [replace(known[line], holds=True) if line in known else fresh[line] for line in wanted]
        gone = [replace(rule, holds=False) for line, rule in known.items() if line not in wanted]
        if holding or gone:
            await house_rules.write(change.tx, [*holding, *gone])
        await journal.append(change, "house.rules", subject=str(len(holding)), by=by)
