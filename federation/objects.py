"""What activities are about, as typed objects. Nothing beyond `federation` knows raw JSON."""

from dataclasses import dataclass

from node.domain.boards import NOTHING, Notice
from node.domain.groups import Group
from node.domain.polls import Poll

ACTOR_KINDS = frozenset({"Person", "Group", "Organization", "Application", "Service"})
CONTRACT_KIND = "Relationship"
ORDER_KIND, RECEIPT_KIND = "ErasureOrder", "ErasureReceipt"
HEAD_KIND, WITNESS_KIND = "JournalHead", "JournalWitness"
"""What the contract of a bridge is (`federation.contracts`)."""

NOTE_KINDS = frozenset(
    {"Note", "Article", "Page", "Question", "Event", "Image", "Video", "Audio", "Document", "ChatMessage"}
)


@dataclass(frozen=True, slots=True)
class ActorKey:
    """A public key an actor lists; `pem` as it was sent."""

    id: str
    owner: str
    pem: str


@dataclass(frozen=True, slots=True)
class Emoji:
    """A picture that stands for `:shortcode:` in a text."""

    shortcode: str
    url: str


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor. `summary` is HTML as it came; every uri has the actor's own origin, but for
    icon and image, the addresses of its pictures; icon_alt and image_alt say what they show. fields: what else its
    profile tells, (name, HTML). emojis: the little pictures in all of that. group: what makes it one, without our
    number. guest: somebody from outside the organisation, for a time. persona: somebody under a pseudonym. board: it is
    a notice board. suspended: its node keeps it from everybody. Times: Unix ms."""

    id: str
    kind: str
    username: str
    name: str
    summary: str
    url: str
    inbox: str
    outbox: str
    shared_inbox: str
    followers: str
    following: str
    wall: str
    featured: str
    locked: bool
    indexable: bool
    discoverable: bool
    icon: str
    image: str
    icon_alt: str
    image_alt: str
    fields: tuple[tuple[str, str], ...]
    emojis: tuple[Emoji, ...]
    position: str
    department: str
    site: str
    skills: tuple[str, ...]
    keys: tuple[ActorKey, ...]
    assertion_keys: tuple[tuple[str, str], ...]
    also_known_as: tuple[str, ...]
    moved_to: str | None
    published: int | None
    group: Group | None = None
    board: bool = False
    guest: bool = False
    persona: bool = False
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody named in a note."""

    href: str
    name: str


@dataclass(frozen=True, slots=True)
class Wall:
    """The wall a note stands on (FEP-400e): the collection's id and its owner's."""

    id: str
    owner: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to a note. kind: image, video, audio or document. focus: x and y from -1 to 1."""

    url: str
    kind: str
    media_type: str
    description: str
    width: int | None
    height: int | None
    blurhash: str
    focus: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Note:
    """Anything somebody wrote. `content` is HTML as it came, `summary` a content warning. Times: Unix ms.

    closed: what nobody else may do with it (reply, like, announce). quote_policy: who may quote it without asking.
    quote: the id of what it quotes, and quote_authorization of the stamp by which that is allowed (FEP-044f).
    replies: its collection of answers. notice: what it carries for a notice board, of whichever kind its author is.
    erases: its author's node had words of it erased, and wants no earlier version kept.
    """

    id: str
    kind: str
    author: str
    content: str
    summary: str
    sensitive: bool
    language: str
    published: int | None
    updated: int | None
    expires: int | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    in_reply_to: str | None
    url: str
    mentions: tuple[Mention, ...]
    hashtags: tuple[str, ...]
    emojis: tuple[Emoji, ...]
    attachments: tuple[Attachment, ...]
    poll: Poll | None
    quote: str
    quote_authorization: str
    replies: str
    closed: frozenset[str]
    quote_policy: str
    wall: Wall | None
    notice: Notice = NOTHING
    erases: bool = False

    @property
    def audience(self) -> frozenset[str]:
        """Everybody it is addressed to."""
        return frozenset({*self.to, *self.cc})


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What remains of a deleted object."""

    id: str
    former_type: str
