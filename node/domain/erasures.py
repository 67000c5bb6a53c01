"""Erasures that can be shown: what was ordered, who had a copy, and what each of them answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from node.domain.times import DAY_MS

LONGEST_HOLD_MS = 3_653 * DAY_MS
"""A legal hold is for ten years at most. What is needed longer is held anew; so none is without an end."""


class Scope(StrEnum):
    """What an order is about: one object, an actor and everything of theirs, or all that came over a bridge.

    A passage: words of one object, of which the present version may be kept, and none from before the order.

    A copy and an audience may come again: nobody at the node is in the audience any more, and may be later. A copy: one
    object, as it was before the order. An audience: what was for the followers of an actor or the members of a group
    before the order; of a node, all that came from there. `object` is then that actor's collection of followers.
    """

    OBJECT = "object"
    ACTOR = "actor"
    BRIDGE = "bridge"
    PASSAGE = "passage"
    COPY = "copy"
    AUDIENCE = "audience"


class Ground(StrEnum):
    """Why something is erased, as far as a holder has to know."""

    WISH = "wish"
    """Its author wants it so."""
    MODERATION = "moderation"
    """Those who look after the node decided it."""
    BRIDGE = "bridge"
    """It came over a bridge that has ended."""
    TIME = "time"
    """Its time was over: nobody used the account any more, or its person has left."""
    NARROWED = "narrowed"
    """Nobody at that node is in its audience any more."""


class State(StrEnum):
    """What is known of a holder."""

    ORDERED = "ordered"
    TAKEN = "taken"
    """It has taken the Delete (2xx) and said nothing else: all that other software does."""
    HELD = "held"
    """It signed that it must not erase it before a day, for a legal hold, and has hidden it."""
    ERASED = "erased"
    """It signed a receipt."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """An order of ours. object, owner: uris of what is erased and of its actor. Times in Unix ms.

    document: the order as it was signed; key: the public key (multibase) it was signed with.
    done_at: when every holder that can had answered.
    """

    id: int
    uri: str
    object: str
    owner: str
    scope: Scope
    ground: Ground
    document: bytes
    key: str
    ordered_at: int
    due_at: int
    done_at: int | None = None

    def overdue(self, holders: Iterable["Holder"], *, now: int) -> bool:
        """Whether one of its holders should have answered; a legal hold that stands is an answer for its time."""
        late = self.done_at is None and self.due_at < now
        return late and any(not one.answered and not one.holds(now) for one in holders)


@dataclass(frozen=True, slots=True)
class Holder:
    """A node that had a copy. signs: it answers with receipts; receipt: that, as it was signed, b'' without one.

    key: the public key (multibase) that the receipt was checked with. at: of the last change of `state`, Unix ms.
    held_until: the end of a legal hold there, which its receipt names.
    """

    host: str
    inbox: str
    signs: bool
    state: State
    at: int
    receipt: bytes = b""
    key: str = ""
    held_until: int | None = None

    def holds(self, now: int) -> bool:
        """Whether a legal hold stands there now, as far as we know."""
        return self.state is State.HELD and self.held_until is not None and self.held_until > now

    @property
    def answered(self) -> bool:
        """Whether nothing more is to be expected of it."""
        return self.state is State.ERASED or (self.state is State.TAKEN and not self.signs)


@dataclass(frozen=True, slots=True)
class Kept:
    """Files of a deleted post that its author may hang on a new one, at the post's own node alone; until: Unix ms."""

    files: int
    until: int
