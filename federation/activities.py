"""What actors do, as typed activities: the wire's verbs. `actor` is an id, checked against the signer elsewhere."""

from dataclasses import dataclass
from typing import Any

from federation.objects import Actor, Note


@dataclass(frozen=True, slots=True)
class Create:
    """Somebody published something."""

    id: str
    actor: str
    object: Note


@dataclass(frozen=True, slots=True)
class Update:
    """Somebody changed what they published, or themselves; or a group, if they look after it: its origin knows."""

    id: str
    actor: str
    object: Note | Actor


@dataclass(frozen=True, slots=True)
class Delete:
    """Somebody deleted an object, or themselves (then `object` is the actor). order: see `federation.erasures`.

    grouped: it is said for a group, as whoever looks after one does of others' posts (FEP-1b12).
    """

    id: str
    actor: str
    object: str
    former_type: str
    order: dict[str, Any] | None = None
    grouped: bool = False


@dataclass(frozen=True, slots=True)
class Follow:
    """Somebody wants to receive another's posts, or to join a group (Join). content: what they say to that."""

    id: str
    actor: str
    object: str
    content: str = ""


@dataclass(frozen=True, slots=True)
class Accept:
    """Yes to an activity: its id, and the whole Follow when it was embedded. result: what came of it, e.g. a stamp."""

    id: str
    actor: str
    object: str
    follow: Follow | None
    result: str = ""


@dataclass(frozen=True, slots=True)
class Reject:
    """No to an activity, before or after a yes."""

    id: str
    actor: str
    object: str
    follow: Follow | None


@dataclass(frozen=True, slots=True)
class Undo:
    """Somebody takes an activity back. `kind` says what it was, when it was embedded.

    about: what it was about; of an Invite, who was invited.
    """

    id: str
    actor: str
    object: str
    kind: str
    about: str


@dataclass(frozen=True, slots=True)
class Like:
    """Somebody favours an object, with a heart or (EmojiReact, FEP-c0e0) any other sign."""

    id: str
    actor: str
    object: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a group says was done, when it passes on an activity (FEP-1b12).

    verb: what kind of activity; undone: of an Undo, of what kind that is which it takes back. actor: who did it.
    target: of an Add or Remove, the collection.
    """

    verb: str
    undone: str
    actor: str
    target: str


@dataclass(frozen=True, slots=True)
class Announce:
    """Somebody passes an object on. Only its id counts: the object comes from its own origin.

    inner: what a group that passes on an activity says was done to the object; None: it passes on the object itself.
    """

    id: str
    actor: str
    object: str
    inner: Told | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published: int | None

    @property
    def tells_a_change(self) -> bool:
        """A group tells its followers that there is a newer version of something (FEP-1b12): its origin knows."""
        return self.inner is not None and self.inner.verb == "Update"


@dataclass(frozen=True, slots=True)
class Add:
    """An owner puts an object into a collection; `document` is the collection when it was embedded."""

    id: str
    actor: str
    object: str
    target: str
    document: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Remove:
    """An owner takes an object out of a collection."""

    id: str
    actor: str
    object: str
    target: str
    document: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Vote:
    """Somebody votes in a poll (`object`, a question's id) for these answers, by their names."""

    id: str
    actor: str
    object: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """Somebody asks to quote an object; `instrument` is the note that would (FEP-044f)."""

    id: str
    actor: str
    object: str
    instrument: str


@dataclass(frozen=True, slots=True)
class Block:
    """Somebody wants nothing to do with another."""

    id: str
    actor: str
    object: str


@dataclass(frozen=True, slots=True)
class Flag:
    """A server passes on a complaint about accounts and posts of ours (`objects`); `content` is plain text."""

    id: str
    actor: str
    object: str
    objects: tuple[str, ...]
    content: str


@dataclass(frozen=True, slots=True)
class Move:
    """Somebody goes on under another account."""

    id: str
    actor: str
    object: str
    target: str


@dataclass(frozen=True, slots=True)
class Invite:
    """A group (`object`) wants to have somebody (`target`)."""

    id: str
    actor: str
    object: str
    target: str


@dataclass(frozen=True, slots=True)
class Contract:
    """The home of a bridge (`object`, the contract's id) tells how it stands; `document` is the contract.

    order: at the end, to erase what came over it.
    """

    id: str
    actor: str
    object: str
    document: dict[str, Any]
    order: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A node wants no version of an object kept from before an order, for words were taken out of it."""

    id: str
    actor: str
    object: str
    order: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """A partner accepts a bridge (`object`); `document` is the contract as the partner signed it."""

    id: str
    actor: str
    object: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Receipt:
    """A node says that it has erased what an order (`object`) is about; `document` is what it signed."""

    id: str
    actor: str
    object: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Other:
    """Anything else: stored and acknowledged."""

    id: str
    actor: str
    type: str
    object: str


Activity = (
    Create | Update | Delete | Follow | Accept | Reject | Undo | Like | Announce | Add | Remove
    | Vote | QuoteRequest | Block | Flag | Move | Invite | Contract | Passage | Agreement | Receipt | Other
)  # fmt: skip


HEARD_FROM_ANYBODY = Delete | Receipt
"""Parting with a node ends no duty to erase (requirements E12): this is taken in from whoever we know of."""


def about(activity: Activity) -> str:
    """Return the id of what an activity is about."""
    return activity.object if isinstance(activity.object, str) else activity.object.id
