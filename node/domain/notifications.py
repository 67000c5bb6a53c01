"""What a member is told of, and by whom."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of notification, by the client API's names where it has one."""

    MENTION = "mention"
    FOLLOW = "follow"
    FOLLOW_REQUEST = "follow_request"
    FAVOURITE = "favourite"
    BOOST = "reblog"
    WALL = "wall"
    REPORT = "admin.report"


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification of one member."""

    id: int
    account_id: int
    kind: Kind
    from_id: int
    post_id: int | None
    created_at: int
