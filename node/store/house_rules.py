"""Rows of the house rules. Those of the settings hold until an administrator writes others; then these do.

A rule keeps its number for good, for complaints name it: one that is taken back stays here, withdrawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from node.store.database import Tx


@dataclass(frozen=True, slots=True)
class HouseRule:
    """A house rule. holds: it is one now."""

    id: int
    text: str
    holds: bool


async def every(tx: Tx, *, first: Sequence[str]) -> list[HouseRule]:
    """Return all rules that there ever were, those that hold in their order. first: those of the settings."""
    rows = await tx.all("SELECT id, text, place FROM house_rules ORDER BY place, id")
    if not rows:
        return [HouseRule(number, text, True) for number, text in enumerate(first, 1)]
    return [HouseRule(row["id"], row["text"], row["place"] > 0) for row in rows]


async def current(tx: Tx, *, first: Sequence[str]) -> list[HouseRule]:
    """Return the rules that hold, in their order."""
    return [rule for rule in await every(tx, first=first) if rule.holds]


async def write(tx: Tx, rules: Sequence[HouseRule]) -> None:
    """Write all rules down; those that hold stand in this order from now on."""
    places = {rule.id: place for place, rule in enumerate([rule for rule in rules if rule.holds], 1)}
    await tx.many(
        """INSERT INTO house_rules (id, text, place) VALUES (:id, :text, :place)
           ON CONFLICT (id) DO UPDATE SET place = excluded.place""",
        [{"id": rule.id, "text": rule.text, "place": places.get(rule.id, 0)} for rule in rules],
    )
