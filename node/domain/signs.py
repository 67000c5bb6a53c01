"""Signs that mails carry in links and addresses: who holds one may do one thing, in one member's name; and marks.

Each is made of ids and the node's secret, and kept nowhere: whoever reads the database cannot make one.
"""

import hmac
from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass

from node.domain.times import DAY_MS

_LARGEST = (1 << 63) - 1
_LINK_MAC = 32
_ANSWER_MAC = 12  # a local part has room for 64 characters; nobody guesses 96 bits over SMTP
_ANSWER_SIZE = 8 + 8 + 2 + _ANSWER_MAC


def _mac(secret: bytes, purpose: str, said: bytes, size: int) -> bytes:
    return hmac.digest(secret, b"mail " + purpose.encode() + b"\0" + said, "sha256")[:size]


def mark(secret: bytes, purpose: str, name: str) -> str:
    """Return by what a name is found again, for this purpose only, without being written down."""
    return hmac.digest(secret, f"{purpose} {name}".encode(), "sha256").hex()


def link(secret: bytes, purpose: str, id: int, *, bound: str = "") -> str:
    """Return the sign of an id for a link, for this purpose only, and as long as `bound` stays what it is."""
    body = id.to_bytes(8)
    mac = _mac(secret, purpose, body + bound.encode(), _LINK_MAC)
    return urlsafe_b64encode(body + mac).rstrip(b"=").decode()


def link_id(sign: str) -> int | None:
    """Return the id that a sign is for, without believing it."""
    try:
        found = urlsafe_b64decode(sign + "=" * (-len(sign) % 4))
    except (ValueError, NotBase64):
        return None
    id = int.from_bytes(found[:8])
    return id if len(found) == 8 + _LINK_MAC and id <= _LARGEST else None


def is_link(secret: bytes, purpose: str, sign: str, *, bound: str = "") -> bool:
    """Tell whether `link` made this sign of these very things."""
    id = link_id(sign)
    return id is not None and hmac.compare_digest(sign.encode(), link(secret, purpose, id, bound=bound).encode())


@dataclass(frozen=True, slots=True)
class Answer:
    """Who may answer which post by mail, until when (Unix ms)."""

    account_id: int
    post_id: int
    until: int


def answer(secret: bytes, *, account_id: int, post_id: int, until: int) -> str:
    """Return the sign with which a member answers a post by mail, until the end of a day: small letters and digits."""
    body = account_id.to_bytes(8) + post_id.to_bytes(8) + (until // DAY_MS).to_bytes(2)
    return b32encode(body + _mac(secret, "answer", body, _ANSWER_MAC)).rstrip(b"=").decode().lower()


def read_answer(secret: bytes, sign: str) -> Answer | None:
    """Return what a sign allows, or allowed; None for one that we did not make."""
    try:
        found = b32decode(sign.upper() + "=" * (-len(sign) % 8))
    except (ValueError, NotBase64):
        return None
    body, mac = found[:-_ANSWER_MAC], found[-_ANSWER_MAC:]
    if len(found) != _ANSWER_SIZE or not hmac.compare_digest(mac, _mac(secret, "answer", body, _ANSWER_MAC)):
        return None
    days = int.from_bytes(body[16:])
    return Answer(int.from_bytes(body[:8]), int.from_bytes(body[8:16]), (days + 1) * DAY_MS)
