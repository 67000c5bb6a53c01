"""Personas: a second, pseudonymous account of a member, for questions and ideas (requirements A20, C10).

Whose it is stands nowhere in the open: the row of a persona holds only a seal and a mark, both made with a key that is
kept in a file of its own (`Vault`). The seal is opened for two named roles together, by `moderation.personas`; the mark
lets a member find their own persona again. Others see a persona as what it is, an account with the badge of one.
"""

import hmac
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from os import urandom

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from node.domain.accounts import MODERATING, Account, Role
from node.domain.times import DAY_MS
from node.domain.visibility import Visibility
from node.errors import Forbidden, Invalid

AUDIENCES = (Visibility.UNIT, Visibility.ORGANISATION, Visibility.GROUP)
"""For whom a persona may write: it asks and proposes among others, and whispers to nobody."""

AGREES_WITHIN_MS = 7 * DAY_MS
"""How long a wish to look waits for the second role."""

OPEN_MS = 30 * DAY_MS
"""When a look closes by itself, so that the person is told in any case."""

LINGERS_MS = 14 * DAY_MS
"""Within this time after its member a persona is erased, at a moment drawn at random: together they would be known."""

_NONCE = 12


@dataclass(frozen=True, slots=True)
class Vault:
    """What seals whose a persona is. key: 32 bytes, from a file beside the database that no backup of that holds."""

    key: bytes = field(repr=False)

    def mark(self, owner_id: int) -> str:
        """Return by what a member's persona is found; without the key it says nothing."""
        return hmac.digest(self._part(b"mark"), str(owner_id).encode(), sha256).hex()

    def seal(self, owner_id: int, *, persona_id: int) -> bytes:
        """Return whose a persona is, sealed."""
        nonce = urandom(_NONCE)
        return nonce + AESGCM(self._part(b"seal")).encrypt(nonce, owner_id.to_bytes(8), persona_id.to_bytes(8))

    def open(self, sealed: bytes, *, persona_id: int) -> int:
        """Return whose a persona is.

        Raises:
            cryptography.exceptions.InvalidTag: it was sealed for another persona, or with another key.
        """
        opened = AESGCM(self._part(b"seal")).decrypt(sealed[:_NONCE], sealed[_NONCE:], persona_id.to_bytes(8))
        return int.from_bytes(opened)

    def _part(self, name: bytes) -> bytes:
        return hmac.digest(self.key, b"persona " + name, sha256)


class Bench(StrEnum):
    """The two sides that look together: neither can alone."""

    PROTECTION = "protection"
    MODERATION = "moderation"


def bench_of(role: Role) -> Bench | None:
    """Return for which side somebody with this role speaks; None for everybody else."""
    if role is Role.OFFICER:
        return Bench.PROTECTION
    return Bench.MODERATION if role in MODERATING else None


@dataclass(frozen=True, slots=True)
class Look:
    """Two roles look whose a persona is. Times are Unix ms.

    bench: the side that asked; asked_by, agreed_by: account ids. told_at: since when the person can read of it.
    """

    id: int
    persona_id: int
    reason: str
    bench: Bench
    asked_by: int
    asked_at: int
    agreed_by: int | None
    agreed_at: int | None
    told_at: int | None

    def open_for(self, account_id: int) -> bool:
        """Whether somebody reads now whose the persona is: those two who looked, until it is closed."""
        return self.agreed_at is not None and self.told_at is None and account_id in (self.asked_by, self.agreed_by)

    def waits(self, now: int) -> bool:
        """Whether the second yes may still come (`now`: Unix ms)."""
        return self.agreed_at is None and now < self.asked_at + AGREES_WITHIN_MS


def check_member(account: Account, *, minor: bool) -> None:
    """Check that somebody may have a persona.

    Raises:
        Forbidden: they are a guest, a persona, or a minor, whose protection nobody could see to.
    """
    if account.guest or account.persona or minor or account.kind != "Person":
        raise Forbidden("This account has no pseudonym beside it. Ask an administrator.")


def check_name(account: Account, *, username: str, name: str) -> None:
    """Check that a pseudonym is none of the names that its member has anyway.

    Raises:
        Invalid: it is.
    """
    taken = {part for part in (account.username.lower(), *account.name.lower().split()) if len(part) > 2}
    if any(part in f"{username} {name}".lower() for part in taken):
        raise Invalid("This would tell who you are. Choose a name that has nothing of yours.")


def check_audience(author: Account, visibility: Visibility) -> None:
    """Check that somebody may write for an audience.

    Raises:
        Forbidden: a persona wants to write to somebody alone, or for others than those it is for.
    """
    if author.persona and visibility not in AUDIENCES:
        raise Forbidden("Under a pseudonym you write for your unit, the organisation or a group. Choose one of these.")


def check_oneself(account: Account) -> None:
    """Check that somebody is here as themselves.

    Raises:
        Forbidden: it is their persona.
    """
    if account.persona:
        raise Forbidden("You are here under your pseudonym. Go back to yourself for this.")


def check_moves(account: Account, other: Account) -> None:
    """Check that an account may go on as another one, or name it as an alias.

    Raises:
        Forbidden: one of them is a persona.
    """
    if account.persona or other.persona:
        raise Forbidden("A pseudonym stands for itself: what moves to it, or from it, would tell whose it is.")


def check_may_look_after(account: Account) -> None:
    """Check that somebody may have a role, be it at the node, in a group or for a page.

    Raises:
        Forbidden: it is a persona.
    """
    if account.persona:
        raise Forbidden("Nobody looks after others under a pseudonym.")
