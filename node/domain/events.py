"""What happened, told after the commit: to open streams, to waiting workers, and to the node's other processes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PostAdded:
    """A post or boost is new here, or has come to people who did not have it."""

    post_id: int


@dataclass(frozen=True, slots=True)
class PostEdited:
    """A post says something else, or something else hangs on it."""

    post_id: int


@dataclass(frozen=True, slots=True)
class PostDeleted:
    """A post or boost is gone.

    wide: every member here could read it. had: the members into whose home or lists it came.
    """

    post_id: int
    wide: bool
    had: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Notified:
    """A member has a new notification."""

    account_id: int
    notification_id: int


@dataclass(frozen=True, slots=True)
class NotificationsMerged:
    """What waited among a member's notification requests stands among the notifications now."""

    account_id: int


@dataclass(frozen=True, slots=True)
class ConversationChanged:
    """A member's conversation (`conversation_id` is the id of that member's row) has a new message."""

    account_id: int
    conversation_id: int


@dataclass(frozen=True, slots=True)
class FiltersChanged:
    """A member filters other things than before."""

    account_id: int


@dataclass(frozen=True, slots=True)
class AnnouncementChanged:
    """An announcement is new, or says something else."""

    announcement_id: int


@dataclass(frozen=True, slots=True)
class AnnouncementReacted:
    """So many members have reacted to an announcement with `name` now."""

    announcement_id: int
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class AnnouncementDeleted:
    """An announcement is gone."""

    announcement_id: int


@dataclass(frozen=True, slots=True)
class TokensEnded:
    """One or all access tokens or sessions of a member ended, or the member was suspended: their streams end."""

    account_id: int


@dataclass(frozen=True, slots=True)
class DeliveriesQueued:
    """The outbox worker has something to do."""


@dataclass(frozen=True, slots=True)
class InboxFilled:
    """The inbox worker has something to do."""


@dataclass(frozen=True, slots=True)
class UploadQueued:
    """A film or sound is to be prepared."""


@dataclass(frozen=True, slots=True)
class ContentErased:
    """Text was deleted: storage should forget its traces soon."""


Streamed = (
    PostAdded
    | PostEdited
    | PostDeleted
    | Notified
    | NotificationsMerged
    | ConversationChanged
    | FiltersChanged
    | AnnouncementChanged
    | AnnouncementReacted
    | AnnouncementDeleted
    | TokensEnded
)
"""What open streams hear of, in whichever process it happened."""

Event = Streamed | DeliveriesQueued | InboxFilled | UploadQueued | ContentErased
