"""Web Push: the key by which push services know this node, and messages sealed for one browser or app.

A push service (RFC 8030) learns when somebody is told something, and how long it is; what it says, only the client can
read (RFC 8291).
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from os import urandom
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from node.errors import Invalid

_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_KEPT_SECONDS = 2 * 86_400
_TOKEN_SECONDS = 12 * 3_600


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted to a push service."""

    body: bytes
    headers: Mapping[str, str]


def public_key(secret: bytes) -> str:
    """Return the key that clients subscribe with (applicationServerKey), in base64url; the node's `secret` makes it."""
    return _text(_point(_private_key(secret).public_key()))


def check_keys(p256dh: str, auth: str) -> None:
    """Check that a message can be sealed for these keys of a client.

    Raises:
        Invalid: no point of the curve, or no secret of 16 bytes.
    """
    try:
        _public_key(p256dh)
        whole = len(_bytes(auth)) == 16
    except (ValueError, NotBase64):
        whole = False
    if not whole:
        raise Invalid("The keys of this push subscription cannot be used. Subscribe again.")


def sealed(
    payload: bytes, *, secret: bytes, endpoint: str, p256dh: str, auth: str, standard: bool, contact: str, now: int
) -> Message:
    """Return a message for the client with these keys, and the headers by which its push service knows this node.

    standard: as RFC 8291 and 8292 have it; otherwise as their drafts did, which clients expect that do not say so
    (Mastodon). contact: whom the push service may write to, a mailto: or https: address. now: Unix ms. Takes half a
    millisecond.
    """
    mine, salt, key = ec.generate_private_key(_CURVE), urandom(16), _private_key(secret)
    version = "aes128gcm" if standard else "aesgcm"
    body: bytes = http_ece.encrypt(
        payload, salt=salt, private_key=mine, dh=_point(_public_key(p256dh)), auth_secret=_bytes(auth), version=version
    )
    headers = {"TTL": str(_KEPT_SECONDS), "Urgency": "normal", "Content-Encoding": version}
    service = urlsplit(endpoint)
    claims = {
        "aud": f"{service.scheme}://{service.netloc}",
        "exp": now // 1000 + _TOKEN_SECONDS,
        "sub": contact,
    }
    signed: str = Vapid02(key, {"no-strict": True}).sign(claims)["Authorization"]
    if standard:
        return Message(body, {**headers, "Authorization": signed})
    token = signed.removeprefix("vapid t=").partition(",")[0]
    return Message(
        body,
        {
            **headers,
            "Authorization": f"WebPush {token}",
            "Encryption": f"salt={_text(salt)}",
            "Crypto-Key": f"dh={_text(_point(mine.public_key()))};p256ecdsa={public_key(secret)}",
        },
    )


@lru_cache(maxsize=4)
def _private_key(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """Derive the key: 128 bits more than it has, so that every value is equally likely (FIPS 186-5, A.2.1)."""
    drawn = HKDF(algorithm=SHA256(), length=48, salt=None, info=b"allmende push messages").derive(secret)
    return ec.derive_private_key(int.from_bytes(drawn) % (_ORDER - 1) + 1, _CURVE)


def _public_key(p256dh: str) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, _bytes(p256dh))


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _bytes(text: str) -> bytes:
    """Decode either alphabet of base64, with or without its end: clients send each."""
    return urlsafe_b64decode(text.rstrip("=").replace("+", "-").replace("/", "_") + "=" * (-len(text.rstrip("=")) % 4))


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
