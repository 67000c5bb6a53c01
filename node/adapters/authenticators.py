"""Codes of an authenticator app (TOTP, RFC 6238): six digits, other ones every 30 seconds."""

import hmac
import secrets
from base64 import b32encode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

DIGITS = 6

_STEP_SECONDS = 30
_KEY_BYTES = 20
_ASTRAY = 1
"""How many steps a telephone's clock may be early or late (RFC 6238, 5.2)."""
_READABLE = 4


def fresh() -> bytes:
    """Return a key for an app."""
    return secrets.token_bytes(_KEY_BYTES)


def address(key: bytes, *, member: str, node: str) -> str:
    """Return the address of a key, which an app reads from a QR code (`otpauth:`)."""
    return _totp(key).get_provisioning_uri(member, node)


def readable(key: bytes) -> str:
    """Return a key as it is typed into an app that reads no QR codes."""
    letters = b32encode(key).decode().rstrip("=")
    return " ".join(letters[start : start + _READABLE] for start in range(0, len(letters), _READABLE))


def code(key: bytes, *, at: int) -> str:
    """Return the code that an app shows. at: Unix ms."""
    return _totp(key).generate(at // 1000).decode()


def step(key: bytes, said: str, *, at: int) -> int | None:
    """Return the step of time whose code somebody says; None: of none that is near. at: Unix ms."""
    now, typed = at // 1000 // _STEP_SECONDS, said.encode()
    for one in range(now - _ASTRAY, now + _ASTRAY + 1):
        if hmac.compare_digest(_totp(key).generate(one * _STEP_SECONDS), typed):
            return one
    return None


def _totp(key: bytes) -> TOTP:
    return TOTP(key, DIGITS, SHA1(), _STEP_SECONDS)  # noqa: S303 what apps know; it is an HMAC
