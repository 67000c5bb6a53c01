"""Journals that several nodes vouch for: each signs how far the journals of the others have come (requirement C20)."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Head:
    """How far a journal has come: its last line's number and seal, 0 and '' for an empty one.

    epoch: how often its node came back from a backup, plus one; only then numbers are given anew.
    """

    epoch: int
    number: int
    seal: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What this node signed last for the journal of another one. Times: Unix ms.

    document: as it was signed; first_at: when the first of this epoch was; refused_at: when a head was refused last.
    """

    host: str
    head: Head
    document: bytes
    first_at: int
    at: int
    refused_at: int | None


@dataclass(frozen=True, slots=True)
class Witness:
    """What another node signed last for the journal of this one. at: its moment; key: what it signed with, multibase.

    doubted_at: when somebody here was told last that it contradicts the journal. Times: Unix ms.
    """

    host: str
    head: Head
    document: bytes
    key: str
    at: int
    doubted_at: int | None


class Verdict(StrEnum):
    """What a witness says to a head."""

    HOLDS = "holds"
    RESTORED = "restored"
    """It holds, and begins anew after a backup."""
    UNCLEAR = "unclear"
    """It does not say what became of the head that was signed before."""
    WRONG = "wrong"
    """The journal was cut off or written anew."""


def judge(last: Head | None, head: Head, *, former: tuple[int, str] | None) -> Verdict:
    """Say whether a head may be signed after the last one that was.

    former: number and seal of a line as the journal has it now; it has to be the one that was signed last.
    """
    if last is None:
        return Verdict.HOLDS
    if head.epoch != last.epoch:
        return Verdict.RESTORED if head.epoch > last.epoch else Verdict.WRONG
    if head.number <= last.number:
        return Verdict.HOLDS if head == last else Verdict.WRONG
    if former is None or former[0] != last.number:
        return Verdict.UNCLEAR
    return Verdict.HOLDS if former[1] == last.seal else Verdict.WRONG


class Standing(StrEnum):
    """How what a witness signed stands to the journal of now."""

    HOLDS = "holds"
    LOST = "lost"
    """The line went with a backup that was put back, and the journal says so."""
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Testimony:
    """A witness, and how what it signed stands to the journal."""

    witness: Witness
    standing: Standing
