"""Cases: what people ask of the desk for complaints and data protection, and until when they are answered."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from node.domain import signs
from node.errors import Invalid

LONGEST_WISH = 5_000
LONGEST_LINKS = 2_000
LONGEST_PASSAGE = 200
LONGEST_ENTRY = 5_000
LONGEST_EXTENSION_MONTHS = 2

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Of references: nothing in it is taken for something else, said or written by hand."""


class Topic(StrEnum):
    """What a case is about: a complaint, or a right under the GDPR (articles 15 to 21)."""

    POST = "post"
    PERSON = "person"
    OTHER = "other"
    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    PORTABILITY = "portability"
    OBJECTION = "objection"

    @property
    def is_request(self) -> bool:
        """It is a right that only the person concerned has: who asks has to prove to be them."""
        return self not in (Topic.POST, Topic.PERSON, Topic.OTHER)


class State(StrEnum):
    """How a case stands. Who asks may appeal once, while it is answered; closed and withdrawn ones are over."""

    UNPROVEN = "unproven"
    OPEN = "open"
    ANSWERED = "answered"
    APPEALED = "appealed"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


WAITING = (State.OPEN, State.APPEALED)
"""The desk has to do something."""


class Proof(StrEnum):
    """How it was shown who asks."""

    NONE = ""
    ACCOUNT = "account"
    MAIL = "mail"
    HAND = "hand"


class Verdict(StrEnum):
    """What the desk answers."""

    NONE = ""
    GRANTED = "granted"
    PARTLY = "partly"
    REFUSED = "refused"


class Kind(StrEnum):
    """What is said in a case; a note is among officers."""

    MESSAGE = "message"
    NOTE = "note"
    EXTENSION = "extension"
    ANSWER = "answer"
    APPEAL = "appeal"


class Step(StrEnum):
    """What is done with a post because of a case."""

    BLACKED_OUT = "blacked_out"
    TAKEN_OUT = "taken_out"
    PASSED_ON = "passed_on"


@dataclass(frozen=True, slots=True)
class Case:
    """One case. Times are Unix ms.

    reference: the number that people are told. account_id: the member who asks; address: where somebody else is written
    to. wish: in their words; links: where what they mean stands, one a line; passage: the words or name concerned.
    salt: of its digests in the journal. decided_by: who gave the last answer. stripped_at: since when nothing of it
    says any more whom it was about.
    """

    id: int
    reference: str
    topic: Topic
    state: State
    language: str
    account_id: int | None
    address: str
    proof: Proof
    wish: str
    links: str
    passage: str
    salt: str
    created_at: int
    due_at: int
    extended: bool = False
    assigned_id: int | None = None
    verdict: Verdict = Verdict.NONE
    decided_by: int | None = None
    decided_at: int | None = None
    closed_at: int | None = None
    stripped_at: int | None = None
    report_id: int | None = None

    @property
    def actionable(self) -> bool:
        """The desk may do what is asked for: nobody has a right of somebody else carried out."""
        return self.state in WAITING and bool(self.proof or not self.topic.is_request)


def sign(secret: bytes, case: Case) -> str:
    """Return the sign of the link by which whoever asks sees how it stands; it is kept nowhere.

    Once an address is proven it is another one, which only goes there: who typed the address need not be whose it is.
    """
    return signs.link(secret, "case", case.id, bound=_bound(case))


def is_sign(secret: bytes, case: Case, given: str) -> bool:
    """Tell whether this is the sign of a case as it stands now."""
    return signs.is_link(secret, "case", given, bound=_bound(case))


def _bound(case: Case) -> str:
    return Proof.MAIL.value if case.proof is Proof.MAIL else ""


def proof_sign(secret: bytes, case: Case) -> str:
    """Return the sign of the link that proves an address: it goes there and is shown nowhere."""
    return signs.link(secret, "case proof", case.id, bound=case.address.lower())


def is_proof_sign(secret: bytes, case: Case, given: str) -> bool:
    """Tell whether this is the sign that proves the address of a case."""
    return bool(case.address) and signs.is_link(secret, "case proof", given, bound=case.address.lower())


@dataclass(frozen=True, slots=True)
class Filing:
    """What somebody typed into the form."""

    topic: Topic
    wish: str
    links: str = ""
    passage: str = ""
    address: str = ""


def check_filing(filing: Filing, *, member: bool) -> None:
    """Check what was typed. member: whoever asks is signed in.

    Raises:
        Invalid: nothing, too much, or no way to write to somebody who has to prove who they are.
    """
    if not filing.wish:
        raise Invalid("Say in a few words what it is about.")
    if len(filing.wish) > LONGEST_WISH or len(filing.links) > LONGEST_LINKS or len(filing.passage) > LONGEST_PASSAGE:
        raise Invalid("That is too long. Keep to what matters most; you can send more later.")
    if filing.topic.is_request and not member and not filing.address:
        raise Invalid("Give a mail address: we have to know that it is you who asks.")


def check_entry(text: str) -> str:
    """Return a text of a case without blanks around it.

    Raises:
        Invalid: nothing, or too much.
    """
    said = text.strip()
    if not said:
        raise Invalid("Write something first.")
    if len(said) > LONGEST_ENTRY:
        raise Invalid("That is too long. Keep it to %(longest)d characters.", longest=LONGEST_ENTRY)
    return said


def months_later(moment: int, months: int, zone: str) -> int:
    """Return the end of the day so many calendar months after a moment (Unix ms), on the clocks of a zone.

    Without such a day in that month it is its last one (Regulation 1182/71, Article 3).
    """
    clock = ZoneInfo(zone)
    start = datetime.fromtimestamp(moment / 1000, clock).date()
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    first_of_next = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last = date.fromordinal(first_of_next.toordinal() - 1).day
    end = datetime(year, month + 1, min(start.day, last), 23, 59, 59, 999_000, tzinfo=clock)
    return int(end.timestamp() * 1000)


def due(received: int, zone: str, *, extended_by: int = 0) -> int:
    """Return until when a case is to be answered (Unix ms): one month, and with reasons two more (GDPR, Art. 12(3))."""
    return months_later(received, 1 + extended_by, zone)
