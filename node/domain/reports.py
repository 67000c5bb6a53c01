"""Complaints about what somebody did here, for moderators."""

from collections.abc import Collection
from dataclasses import dataclass

from node.errors import Invalid

CATEGORIES = ("other", "spam", "legal", "violation")


@dataclass(frozen=True, slots=True)
class Report:
    """A complaint about an account, and the posts it is about.

    from_id: who passed it on; for one from another node that node's own actor, never a person (federation.md 3.10).
    content: plain text. state: open or closed. category: what it is about; rules: numbers of the house rules that were
    broken, from 1 on. assigned_id: the moderator who looks after it; closed_by: who ended it, None for the operator.
    Times are Unix ms.
    """

    id: int
    uri: str
    from_id: int | None
    target_id: int
    content: str
    state: str
    created_at: int
    post_ids: tuple[int, ...] = ()
    category: str = "other"
    rules: tuple[int, ...] = ()
    assigned_id: int | None = None
    closed_by: int | None = None
    closed_at: int | None = None


def check_category(category: str, rules: tuple[int, ...], *, known_rules: Collection[int]) -> None:
    """Check what a complaint is about.

    Raises:
        Invalid: no such category, or a rule that is not there.
    """
    if category not in CATEGORIES:
        raise Invalid("A complaint is about one of these: spam, legal, violation or other.")
    if not set(rules) <= set(known_rules):
        raise Invalid("There is no such house rule.")
