"""Accounts: who acts. A local one has a user behind it; a remote one is what its node told us."""

from dataclasses import dataclass
from enum import StrEnum
from re import compile as pattern

from node.errors import Invalid

_USERNAME = pattern(r"[a-zA-Z0-9_]([a-zA-Z0-9_.-]{0,28}[a-zA-Z0-9_])?")
RESERVED = frozenset({"organization", "actor", "admin", "inbox", "outbox", "root", "system"})


class Role(StrEnum):
    """What a member may do beyond being one."""

    MEMBER = "member"
    MODERATOR = "moderator"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Account:
    """An actor, ours (`host` is '') or a peer's. Times are Unix ms; texts are plain but `summary`, HTML.

    Empty text stands for "none" in every uri field. also_known_as: ids of the same person's other accounts;
    moved_to: the id of the one they go on under. indexable: may be found by search (FEP-5feb).
    """

    id: int
    uri: str
    host: str
    username: str
    kind: str
    name: str
    summary: str
    position: str
    department: str
    skills: tuple[str, ...]
    url: str
    inbox: str
    shared_inbox: str
    outbox: str
    followers: str
    following: str
    wall: str
    wall_open: bool
    featured: str
    locked: bool
    indexable: bool
    also_known_as: tuple[str, ...]
    moved_to: str
    moved_at: int | None
    created_at: int
    fetched_at: int
    suspended_at: int | None
    deleted_at: int | None

    @property
    def local(self) -> bool:
        """Whether this node is the account's home."""
        return not self.host

    @property
    def active(self) -> bool:
        """Whether it may act and be shown."""
        return self.suspended_at is None and self.deleted_at is None

    def handle(self, own_authority: str) -> str:
        """Return `user@host`, the same on every node."""
        return f"{self.username}@{self.host or own_authority}"


@dataclass(frozen=True, slots=True)
class User:
    """The sign-in behind a local account."""

    account: Account
    role: Role
    password_hash: str
    language: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person tells of themselves; `None` leaves a field as it is."""

    name: str | None = None
    summary: str | None = None
    position: str | None = None
    department: str | None = None
    skills: tuple[str, ...] | None = None
    locked: bool | None = None
    wall_open: bool | None = None


def check_username(username: str) -> str:
    """Return the name if it may be taken: letters, digits, `_`, and `.` or `-` inside, 30 at most.

    Raises:
        Invalid: another character, too long, or a name the node itself needs.
    """
    if not _USERNAME.fullmatch(username) or username.lower() in RESERVED:
        raise Invalid("A user name has 1 to 30 letters, digits or _ (and . or - inside). Choose another one.")
    return username


def split_handle(handle: str) -> tuple[str, str]:
    """Return (user name, host) of `user@host`, `@user@host` or `@user`; the host is '' for this node."""
    username, _, host = handle.strip().lstrip("@").partition("@")
    return username, host


def check_password(password: str) -> str:
    """Return the password if it is long enough to be one: 12 characters at least, 200 at most."""
    if not 12 <= len(password) <= 200:
        raise Invalid("A password has at least 12 characters. A few random words are good.")
    return password
