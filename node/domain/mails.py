"""Mails to members: where to, of what they tell, and how often."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from re import compile as pattern
from zoneinfo import ZoneInfo

from node.domain.notifications import Kind
from node.domain.visibility import Visibility
from node.errors import Invalid

_ADDRESS = pattern(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


class Topic(StrEnum):
    """What a member may be told of by mail."""

    MENTION = "mention"
    REPLY = "reply"
    DIRECT = "direct"
    FOLLOW_REQUEST = "follow_request"
    FOLLOW = "follow"
    STATUS = "status"
    REACTION = "reaction"
    REPORT = "report"


USUAL = frozenset({Topic.MENTION, Topic.REPLY, Topic.DIRECT, Topic.FOLLOW_REQUEST})
"""Somebody turns to the member: told by mail unless they choose otherwise."""

_TOPICS = {
    Kind.MENTION: Topic.MENTION,
    Kind.WALL: Topic.MENTION,
    Kind.QUOTE: Topic.MENTION,
    Kind.FOLLOW_REQUEST: Topic.FOLLOW_REQUEST,
    Kind.FOLLOW: Topic.FOLLOW,
    Kind.GROUP_REQUEST: Topic.FOLLOW_REQUEST,
    Kind.GROUP_INVITATION: Topic.FOLLOW_REQUEST,
    Kind.STATUS: Topic.STATUS,
    Kind.FAVOURITE: Topic.REACTION,
    Kind.BOOST: Topic.REACTION,
    Kind.POLL: Topic.STATUS,
    Kind.UPDATE: Topic.STATUS,
    Kind.QUOTED_UPDATE: Topic.STATUS,
    Kind.SIGN_UP: Topic.REPORT,
    Kind.REPORT: Topic.REPORT,
}


def topic(kind: Kind, *, visibility: Visibility | None, answers: bool) -> Topic:
    """Return what a notification counts as. visibility: of the post it is about; answers: that answers the member."""
    found = _TOPICS[kind]
    if found is Topic.MENTION and visibility is Visibility.DIRECT:
        return Topic.DIRECT
    return Topic.REPLY if kind is Kind.MENTION and answers else found


class Digest(StrEnum):
    """How often a member is told what is new."""

    NEVER = "never"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Where, and of what, a member is told by mail; the address is confirmed.

    Notifications up to `told_id` were told, or seen. Times are Unix ms; seen_at: when the member last asked for
    anything.
    """

    account_id: int
    address: str
    kinds: frozenset[Topic]
    digest: Digest
    told_id: int
    told_at: int
    digested_at: int
    seen_at: int


class Purpose(StrEnum):
    """What a link in a mail does, once."""

    CONFIRM = "confirm"
    PASSWORD = "password"  # noqa: S105 a word


class Mailing(StrEnum):
    """What a mail is for."""

    NOTICES = "notices"
    DIGEST = "digest"
    CONFIRM = "confirm"
    CHANGED = "changed"
    PASSWORD = "password"  # noqa: S105 a word
    RENEWED = "renewed"
    SECOND_FACTOR = "second_factor"
    UNTAKEN = "untaken"
    INACTIVE = "inactive"
    UNREACHED = "unreached"
    TEST = "test"
    FILED = "filed"
    CASE = "case"
    DESK = "desk"
    BRIDGE = "bridge"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail on its way, claimed by a worker. account_id: 0 for somebody who is no member. about: what it tells of."""

    id: int
    account_id: int
    kind: Mailing
    address: str
    about: dict[str, object]
    attempts: int
    gives_up_at: int
    created_at: int


def check_address(typed: str) -> str:
    """Return a mail address as it is kept: without blanks around it, its host in small letters.

    Raises:
        Invalid: it is none.
    """
    address = typed.strip()
    local, _, host = address.rpartition("@")
    if not _ADDRESS.fullmatch(address) or ".." in address or "." in (local[0], local[-1]) or len(address) > 254:
        raise Invalid("This is no mail address. It looks like ada@example.com.")
    return f"{local}@{host.lower()}"


def same_address(one: str, other: str) -> bool:
    """Tell whether two addresses mean one mailbox, as far as one can tell from outside."""
    return one.lower() == other.lower()


def digest_marks(now: int, zone: str) -> dict[Digest, int]:
    """Return since when a digest is due that was not sent: the last five o'clock in the morning, and that of a Monday.

    now, and what is returned: Unix ms; zone: whose clocks show five.
    """
    moment = datetime.fromtimestamp(now / 1000, ZoneInfo(zone))
    five = moment.replace(hour=5, minute=0, second=0, microsecond=0)
    day = five if five <= moment else five - timedelta(days=1)
    monday = day - timedelta(days=day.weekday())
    return {Digest.DAILY: int(day.timestamp() * 1000), Digest.WEEKLY: int(monday.timestamp() * 1000)}
