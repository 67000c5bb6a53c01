"""What a member is told of, and by whom; what they would rather not hear, or be asked about first."""

from dataclasses import dataclass
from enum import StrEnum

from node.domain import ids
from node.domain.accounts import Account

_HOUR_MS = 3_600_000
_NEW_ACCOUNT_MS = 30 * 24 * _HOUR_MS
_NEW_FOLLOWER_MS = 3 * 24 * _HOUR_MS
_GROUP_SPAN_HOURS = 12


class Kind(StrEnum):
    """Kinds of notification, by the client API's names where it has one."""

    MENTION = "mention"
    STATUS = "status"
    FOLLOW = "follow"
    FOLLOW_REQUEST = "follow_request"
    FAVOURITE = "favourite"
    BOOST = "reblog"
    POLL = "poll"
    UPDATE = "update"
    WALL = "wall"
    QUOTE = "quote"
    QUOTED_UPDATE = "quoted_update"
    GROUP_REQUEST = "group_request"
    """Somebody wants to join a group that the member looks after; it comes from the group."""
    GROUP_INVITATION = "group_invitation"
    SIGN_UP = "admin.sign_up"
    REPORT = "admin.report"


KINDS = tuple(kind.value for kind in Kind)
GROUPED = (
    Kind.FAVOURITE.value, Kind.BOOST.value, Kind.FOLLOW.value, Kind.GROUP_REQUEST.value, Kind.SIGN_UP.value,
)  # fmt: skip
"""Those of one post, or of one sort, within half a day are shown together."""

PERSONAL = (Kind.MENTION.value, Kind.QUOTE.value, Kind.WALL.value)
"""Somebody turns to the member with a post: of these a request tells, when they are held back."""

OFFICIAL = frozenset({Kind.SIGN_UP, Kind.REPORT})
"""Told to whoever looks after the node, whoever caused it."""

_SIFTED = frozenset({Kind.MENTION, Kind.FOLLOW, Kind.FOLLOW_REQUEST, Kind.FAVOURITE, Kind.BOOST, Kind.QUOTE, Kind.WALL})


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification of one member.

    group_key: those with the same one are shown together, '' for one that stands alone. filtered: it waits among
    the requests (see `Policy`). report_id: the complaint it is about.
    """

    id: int
    account_id: int
    kind: Kind
    from_id: int
    post_id: int | None
    created_at: int
    group_key: str = ""
    filtered: bool = False
    report_id: int | None = None

    @property
    def key(self) -> str:
        """The group's name, or a name of its own."""
        return self.group_key or alone(self.id)


def alone(id: int) -> str:
    """Return the name of a group of one notification (Mastodon)."""
    return f"ungrouped-{id}"


def group_keys(kind: Kind, post_id: int | None, at: int) -> list[str]:
    """Return the groups that a notification of this moment (Unix ms) may join, first the one it may begin; [] for none.

    A group is named after the hour of its first notification, and open for half a day (Mastodon).
    """
    if kind.value not in GROUPED:
        return []
    about = kind.value if post_id is None else f"{kind.value}-{post_id}"
    hour = at // _HOUR_MS
    return [f"{about}-{hour - back}" for back in range(_GROUP_SPAN_HOURS)]


@dataclass(frozen=True, slots=True)
class Group:
    """Notifications shown together. newest_id: the newest of them; count: how many there are, those after it not.

    sample: the accounts behind the newest ones, newest first. oldest_id: the oldest of those on the page; latest_at
    is when the newest was made, Unix ms.
    """

    key: str
    kind: Kind
    post_id: int | None
    report_id: int | None
    count: int
    newest_id: int
    oldest_id: int
    latest_at: int
    sample: tuple[int, ...]


class Verdict(StrEnum):
    """What becomes of a notification: it is told, waits until the member asks for it, or is not made."""

    ACCEPT = "accept"
    FILTER = "filter"
    DROP = "drop"


_STRICTNESS = {Verdict.ACCEPT: 0, Verdict.FILTER: 1, Verdict.DROP: 2}


@dataclass(frozen=True, slots=True)
class Policy:
    """What becomes of notifications from people one does not follow, who do not follow one, and so on.

    limited: from accounts that a moderator limited. Colleagues answer for what they write by their names: unless one
    says otherwise, all else is told.
    """

    not_following: Verdict = Verdict.ACCEPT
    not_followers: Verdict = Verdict.ACCEPT
    new_accounts: Verdict = Verdict.ACCEPT
    private_mentions: Verdict = Verdict.ACCEPT
    limited: Verdict = Verdict.FILTER


@dataclass(frozen=True, slots=True)
class Standing:
    """How a member stands to who caused a notification, and to the post it is about.

    unwanted: the member blocked or muted the sender, their node or the conversation, or was blocked. seen: there is
    no post, or the member may see it. following: the member follows the sender; followed_by: the id of the sender's
    follow of the member. admitted: the member let the sender's notifications through before. private: the post is
    for named people; answered: in a thread in which the member had written to the sender so. official: the sender
    looks after this node. limited: a moderator limited the sender. group: the newest of the groups asked about that is
    there.
    """

    account_id: int
    unwanted: bool
    seen: bool
    following: bool
    followed_by: int | None
    admitted: bool
    private: bool
    answered: bool
    official: bool
    limited: bool
    group: str | None
    policy: Policy


def verdict(kind: Kind, standing: Standing, *, sender: Account, now: int) -> Verdict:
    """Return what becomes of a notification (`now`: Unix ms): the strictest of what the policy says (Mastodon).

    It holds back nobody whom the member let through, and no message of a moderator. Somebody is a follower after
    three days, and new for thirty.
    """
    if kind in OFFICIAL:
        return Verdict.ACCEPT
    if standing.unwanted or not standing.seen:
        return Verdict.DROP
    spoken = kind is Kind.MENTION and standing.official
    if kind not in _SIFTED or standing.admitted or spoken:
        return Verdict.ACCEPT
    policy, said = standing.policy, [Verdict.ACCEPT]
    if standing.followed_by is None or ids.moment(standing.followed_by) > now - _NEW_FOLLOWER_MS:
        said.append(policy.not_followers)
    if not standing.following:
        said.append(policy.not_following)
        if standing.limited:
            said.append(policy.limited)
        if sender.created_at > now - _NEW_ACCOUNT_MS:
            said.append(policy.new_accounts)
        if kind is Kind.MENTION and standing.private and not standing.answered:
            said.append(policy.private_mentions)
    return max(said, key=_STRICTNESS.__getitem__)
