"""Accounts: who acts. A local one has a user behind it; a remote one is what its node told us."""

from dataclasses import dataclass, replace
from enum import StrEnum
from re import compile as pattern

from node.domain.visibility import Visibility
from node.errors import Invalid

_USERNAME = pattern(r"[a-zA-Z0-9_]([a-zA-Z0-9_.-]{0,28}[a-zA-Z0-9_])?")
RESERVED = frozenset({"organization", "actor", "admin", "inbox", "outbox", "root", "system"})


class Role(StrEnum):
    """What a member may do beyond being one."""

    MEMBER = "member"
    MODERATOR = "moderator"
    OFFICER = "officer"
    """For data protection: looks after requests and erasures, and into nothing else."""
    ADMIN = "admin"


MODERATING = (Role.MODERATOR, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Account:
    """An actor, ours (`host` is '') or a peer's. Times are Unix ms; texts are plain but `summary`, HTML.

    Empty text stands for "none" in every uri field. also_known_as: ids of the same person's other accounts;
    moved_to: the id of the one they go on under. indexable: what they write may be found by search (FEP-5feb);
    discoverable: they may be listed, and found beyond their unit; hides_follows: whom they follow, and who them, is
    their own affair. bot: what they write is not written by a person. guest: somebody from outside who is here for a
    time and for some groups only (`node.domain.guests`). persona: a member writes here under a pseudonym
    (`node.domain.personas`). hidden_at: since when its node keeps it from
    everybody, without any blame: the person has been away for long, or leaves.
    fields: further (name, HTML) pairs of the profile. icon, image: where a peer keeps the small and the wide picture,
    '' for our own; icon_file, image_file: their names in the media folder, '' when they are not here; icon_alt,
    image_alt: what they show, in words. site: where somebody works. narrow: what of the profile only the own unit is
    told (`node.domain.profiles.NARROWED`). emojis: (shortcode, number) of the little pictures in a peer's name. board:
    a page is a notice board. revision: grows with every change; it is the store's.
    """

    id: int
    uri: str
    host: str
    username: str
    kind: str
    name: str
    summary: str
    fields: tuple[tuple[str, str], ...]
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
    discoverable: bool
    hides_follows: bool
    icon: str
    icon_file: str
    image: str
    image_file: str
    also_known_as: tuple[str, ...]
    moved_to: str
    moved_at: int | None
    created_at: int
    fetched_at: int
    suspended_at: int | None
    deleted_at: int | None
    revision: int = 0
    bot: bool = False
    icon_alt: str = ""
    image_alt: str = ""
    board: bool = False
    guest: bool = False
    persona: bool = False
    hidden_at: int | None = None
    site: str = ""
    narrow: tuple[str, ...] = ()
    emojis: tuple[tuple[str, int], ...] = ()

    @property
    def local(self) -> bool:
        """Whether this node is the account's home."""
        return not self.host

    @property
    def may_act(self) -> bool:
        """Whether it may do anything, which brings it back when it is hidden."""
        return self.suspended_at is None and self.deleted_at is None

    @property
    def active(self) -> bool:
        """Whether it may act and be shown."""
        return self.may_act and self.hidden_at is None

    @property
    def page(self) -> bool:
        """Whether it is one in whose name several people write; the actor of an organisation itself shows nothing."""
        return self.kind == "Organization" and bool(self.featured)

    @property
    def shown(self) -> bool:
        """Whether it has a profile and followers here: people, groups and pages, not the actor of a node."""
        return self.kind in ("Person", "Group") or self.page

    @property
    def address(self) -> str:
        """Return `user` of a member here, `user@host` of anybody else."""
        return f"{self.username}@{self.host}" if self.host else self.username

    def handle(self, own_authority: str) -> str:
        """Return `user@host`, the same on every node."""
        return f"{self.username}@{self.host or own_authority}"


def emptied(account: Account) -> Account:
    """Return what is left of an account when nothing of the person is told: its name in the network, and its keys."""
    return replace(
        account,
        name="",
        summary="",
        fields=(),
        position="",
        department="",
        site="",
        skills=(),
        icon="",
        icon_file="",
        icon_alt="",
        image="",
        image_file="",
        image_alt="",
        emojis=(),
    )


@dataclass(frozen=True, slots=True)
class Habits:
    """How a member writes unless they say otherwise: for whom, behind a warning, in which language, quotable by whom.

    bio: the profile's text as it was typed. language: '' for none. quote_policy: nobody, followers or public.
    """

    bio: str = ""
    audience: Visibility = Visibility.UNIT
    sensitive: bool = False
    language: str = ""
    quote_policy: str = "nobody"


class Appearance(StrEnum):
    """Light or dark pages: as the member's system has it, unless they choose."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Comfort:
    """How pages and messages meet a member.

    simple: large type, three actions and nothing else. shortcuts: single keys do things (WCAG 2.2, 2.1.4: they can be
    switched off).
    """

    language: str = "en"
    appearance: Appearance = Appearance.SYSTEM
    simple: bool = False
    shortcuts: bool = True


@dataclass(frozen=True, slots=True)
class User:
    """The sign-in behind a local account. seen_day: the last day of use, in days since 1970; told to nobody."""

    account: Account
    role: Role
    password_hash: str
    comfort: Comfort
    habits: Habits
    seen_day: int


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person tells of themselves, as typed; `None` leaves a field as it is. For the rest see `Account`.

    fields: all (name, text) pairs of the profile, those named in `node.domain.profiles.NAMED` too. icon_file,
    image_file: '' takes the picture away.
    """

    name: str | None = None
    summary: str | None = None
    position: str | None = None
    department: str | None = None
    site: str | None = None
    skills: tuple[str, ...] | None = None
    narrow: tuple[str, ...] | None = None
    locked: bool | None = None
    wall_open: bool | None = None
    fields: tuple[tuple[str, str], ...] | None = None
    bot: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    hides_follows: bool | None = None
    icon_file: str | None = None
    image_file: str | None = None
    icon_alt: str | None = None
    image_alt: str | None = None


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
