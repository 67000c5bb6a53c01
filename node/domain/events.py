"""What happened, told to open streams and waiting workers after the commit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PostAdded:
    """A post or boost is new here."""

    post_id: int


@dataclass(frozen=True, slots=True)
class PostDeleted:
    """A post is gone."""

    post_id: int


@dataclass(frozen=True, slots=True)
class Notified:
    """A member has a new notification."""

    account_id: int
    notification_id: int


@dataclass(frozen=True, slots=True)
class DeliveriesQueued:
    """The outbox worker has something to do."""


@dataclass(frozen=True, slots=True)
class InboxFilled:
    """The inbox worker has something to do."""


@dataclass(frozen=True, slots=True)
class ContentErased:
    """Text was deleted: storage should forget its traces soon."""


Event = PostAdded | PostDeleted | Notified | DeliveriesQueued | InboxFilled | ContentErased
