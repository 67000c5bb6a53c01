"""Complaints about what somebody did here, for moderators."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Report:
    """A complaint about one of our accounts, and the posts it is about.

    from_id: who passed it on; for one from another node that node's own actor, never a person (federation.md 3.10).
    content: plain text. state: open or closed. Times are Unix ms.
    """

    id: int
    uri: str
    from_id: int | None
    target_id: int
    content: str
    state: str
    created_at: int
    post_ids: tuple[int, ...] = ()
