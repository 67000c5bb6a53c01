"""Bridges: one group is opened to one partner outside the organisation, by a contract that has an end."""

from dataclasses import dataclass, replace
from enum import StrEnum

from node.domain.accounts import Account
from node.domain.times import DAY_MS
from node.errors import Invalid

LONGEST_DAYS = 730
LONGEST_TEXT = 500


class State(StrEnum):
    """How far a bridge has come. Only over an active one anything crosses."""

    DRAFTED = "drafted"
    """An administrator of the group wants it; nobody outside knows."""
    OFFERED = "offered"
    """An administrator of the node agrees: the partner may read the contract."""
    ACCEPTED = "accepted"
    """Both sides have signed; its first day is still to come."""
    ACTIVE = "active"
    PAUSED = "paused"
    ENDING = "ending"
    """It is over: nothing crosses, and the partner erases what it has."""
    ERASED = "erased"
    """The partner said that it has."""
    WITHDRAWN = "withdrawn"
    """It was never signed by both, and will not be."""


OPEN = (State.DRAFTED, State.OFFERED, State.ACCEPTED, State.ACTIVE, State.PAUSED)
"""A group has one bridge at a time in such a state."""

SPEAKING = (State.OFFERED, State.ACCEPTED, State.ACTIVE, State.PAUSED, State.ENDING)
"""In these the nodes that take part exchange messages about the bridge."""


class Side(StrEnum):
    """What a node is to a bridge."""

    HOME = "home"
    """The group lives here."""
    PARTNER = "partner"
    ALONG = "along"
    """A node of the home's organisation with members in the group."""


class Part(StrEnum):
    """Whose yes a bridge needs: an administrator of the group and one of its node, and the same at the partner."""

    GROUP = "group"
    NODE = "node"
    PARTNER_LEAD = "partner_lead"
    PARTNER_NODE = "partner_node"
    CONSENT = "consent"
    """A partner with other software signs nothing: an administrator here writes down who consented there."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What both sides sign; it never changes, whoever wants other terms makes another contract.

    name: what the group was called. partner: the host. contact, partner_contact: who answers questions, as people write
    it. files: whether posts with files cross. starts_at, ends_at: Unix ms. pseudonyms: only what people write under a
    pseudonym crosses, and the partner meets nobody by name. one_sided: its server has other software, and signs
    nothing.
    """

    name: str
    partner: str
    purpose: str
    contact: str
    partner_contact: str
    files: bool
    starts_at: int
    ends_at: int
    pseudonyms: bool = False
    one_sided: bool = False

    def met(self, account: Account) -> bool:
        """Whether people of the other side may meet somebody of this one, and read what they write."""
        return account.persona or not self.pseudonyms


@dataclass(frozen=True, slots=True)
class Bridge:
    """A bridge as this node knows it. home: the host of the group's node. version: counts what the home said of it.
    group_id: 0 when the group is not here any more.

    opened_at: since when it is active without a break: what was written before does not cross.
    document: as the home signed it last. agreed: the terms as the partner signed them, b'' before. Both are JSON.
    """

    id: int
    uri: str
    group_id: int
    side: Side
    home: str
    terms: Terms
    state: State
    version: int
    document: bytes = b""
    agreed: bytes = b""
    opened_at: int | None = None

    @property
    def partner(self) -> str:
        return self.terms.partner

    @property
    def beyond(self) -> str:
        """The host on the other side."""
        return self.home if self.side is Side.PARTNER else self.terms.partner

    def stands(self, state: State, *, now: int) -> "Bridge":
        """Return the bridge as it stands from this moment on (Unix ms)."""
        opens = state is State.ACTIVE and self.state is not State.ACTIVE
        return replace(self, state=state, opened_at=now if opens else self.opened_at)


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody's yes. at: None while it is waited for."""

    part: Part
    account_id: int | None
    name: str
    at: int | None


def yes_of(part: Part, who: Account, *, at: int | None) -> Approval:
    """Return somebody's yes, or that it is waited for (`at`: None), by the name they have now."""
    return Approval(part, who.id, who.name or who.username, at)


def check_terms(terms: Terms, *, now: int) -> None:
    """Check what a group's administrator writes into a contract; `now`: Unix ms.

    Raises:
        Invalid: something is missing, too long, or no time that a bridge can have.
    """
    if not terms.purpose.strip():
        raise Invalid("Say what the group is shared for.")
    if max(map(len, (terms.purpose, terms.contact, terms.partner_contact))) > LONGEST_TEXT:
        raise Invalid("That is too long. Keep it to %(longest)d characters.", longest=LONGEST_TEXT)
    if not terms.contact.strip() or not terms.partner_contact.strip():
        raise Invalid("Say who answers questions, on both sides.")
    if terms.ends_at <= max(now, terms.starts_at):
        raise Invalid("Choose a last day that is still to come, after the first one.")
    if terms.ends_at - terms.starts_at > LONGEST_DAYS * DAY_MS:
        raise Invalid("A group is shared for %(most)d days at most. Renew it then.", most=LONGEST_DAYS)
