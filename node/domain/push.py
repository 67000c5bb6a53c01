"""Push subscriptions: where an app or a browser wants to be told of notifications, and of which."""

from dataclasses import dataclass
from enum import StrEnum

from node.domain.notifications import Kind


class Circle(StrEnum):
    """From whom notifications are pushed, by the client API's names: everybody, or those who are tied to one."""

    ALL = "all"
    FOLLOWED = "followed"
    FOLLOWER = "follower"
    NONE = "none"


class Way(StrEnum):
    """How a client acts for its member: an app by an access token, a browser by a session."""

    APP = "app"
    BROWSER = "browser"


@dataclass(frozen=True, slots=True)
class Holder:
    """The access token or session of a client, by its hash. It has one subscription at most."""

    way: Way
    hash: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """One client of a member.

    holder: whose it is, and with what it ends. endpoint: its address at a push service.
    p256dh, auth: the keys its messages are sealed for, in base64. standard: by the standards, not their drafts.
    alerts: kinds of notification. created_at: Unix ms.
    """

    id: int
    holder: Holder
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
