"""Push subscriptions: where a client wants to be told of notifications, and of which."""

from dataclasses import dataclass
from enum import StrEnum

from node.domain.notifications import Kind


class Circle(StrEnum):
    """From whom notifications are pushed, by the client API's names: everybody, or those who are tied to one."""

    ALL = "all"
    FOLLOWED = "followed"
    FOLLOWER = "follower"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One client of a member.

    token_hash: of the access token it subscribed with, and ends with. endpoint: its address at a push service.
    p256dh, auth: the keys its messages are sealed for, in base64. standard: by the standards, not their drafts.
    alerts: kinds of notification. created_at: Unix ms.
    """

    id: int
    token_hash: str
    account_id: int
    endpoint: str
    p256dh: str
    auth: str
    standard: bool
    alerts: frozenset[str]
    policy: Circle
    created_at: int

    def wants(self, kind: Kind, *, followed: bool, follower: bool) -> bool:
        """Tell whether a notification is pushed: the member follows its sender, or is followed by them."""
        # Clients do not know walls: who writes on one turns to its owner, as with a mention.
        if (Kind.MENTION if kind is Kind.WALL else kind).value not in self.alerts:
            return False
        match self.policy:
            case Circle.ALL:
                return True
            case Circle.FOLLOWED:
                return followed
            case Circle.FOLLOWER:
                return follower
            case Circle.NONE:
                return False
